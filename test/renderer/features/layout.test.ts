import { describe, expect, it } from 'vitest'
import { placeGraph } from '../../../src/renderer/features/graph/layout'
import { buildModelGraph } from '../../../src/renderer/features/graph/model-graph'
import { resnetView } from '../fake/networks'

describe('the layout', () => {
  it('places two thousand nodes, however deep, each below what it reads', () => {
    const { input } = buildModelGraph(resnetView(72))
    expect(input.nodes.length).toBeGreaterThan(2000)
    const placed = placeGraph(input)
    for (const [from, to] of input.edges) expect(placed.nodes[to]?.y).toBeGreaterThan(placed.nodes[from]?.y as number)
    expect(placed.edges).toHaveLength(input.edges.length)
  }, 60_000)
})
