/** Two networks aligned layer by layer: by name, by order where names differ, with what is new and what is gone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GraphNodeView, ModelView } from '../../../src/contract'
import { alignGroups, alignModels } from '../../../src/renderer/features/diff/align'
import { resnetView, vggView } from '../fake/networks'

const renamed = (view: ModelView): ModelView => ({
  ...view,
  graph: view.graph.map((node, at) => ({
    ...node,
    name: `node_${at}`,
    inputs: node.inputs.map((value) => (value === 'input' ? value : `v_${value}`)),
    outputs: node.outputs.map((value) => `v_${value}`),
  })),
})

describe('the alignment of two networks', () => {
  const before = vggView()
  const after = vggView(0.5)

  it('finds every layer of a pruned network and what it saves', () => {
    const { layers, edges } = alignModels(before, after)
    expect(layers.map((layer) => layer.name)).toEqual(before.graph.map((node) => node.name))
    expect(edges).toEqual([])
    const conv = layers.find((layer) => layer.name === 'conv3')
    expect(conv).toMatchObject({ state: 'changed', width: { before: 64, after: 32 } })
    expect(layers.reduce((sum, layer) => sum + layer.macs.before - layer.macs.after, 0)).toBe(
      before.inspection.macs - after.inspection.macs,
    )
  })

  it('calls a network the same as itself', () => {
    expect(alignModels(before, before).layers.every((layer) => layer.state === 'same')).toBe(true)
  })

  it('goes by the order where another exporter gave other names', () => {
    const { layers } = alignModels(before, renamed(after))
    expect(layers).toHaveLength(before.graph.length)
    expect(layers.find((layer) => layer.name === 'conv3')).toMatchObject({
      state: 'changed',
      width: { before: 64, after: 32 },
    })
  })

  it('puts a new node behind what it reads and joins it to what reads it', () => {
    const at = after.graph.findIndex((node) => node.name === 'fc')
    const last = after.graph[at] as GraphNodeView
    const added: GraphNodeView = {
      ...last,
      name: 'fc/add_bias',
      op: 'Add',
      inputs: ['fc_out'],
      outputs: ['biased'],
      macs: 0,
    }
    const reader: GraphNodeView = {
      ...last,
      name: 'softmax',
      op: 'Softmax',
      inputs: ['biased'],
      outputs: ['p'],
      macs: 0,
    }
    const reads: GraphNodeView = { ...reader, inputs: ['fc_out'] }
    const { layers, edges, union } = alignModels(
      { ...before, graph: [...before.graph, reads] },
      { ...after, graph: [...after.graph, added, reader] },
    )
    expect(layers.slice(-3).map(({ name, state }) => [name, state])).toEqual([
      ['fc', 'changed'],
      ['fc/add_bias', 'new'],
      ['softmax', 'same'],
    ])
    expect(edges).toEqual([
      ['fc', 'fc/add_bias'],
      ['fc/add_bias', 'softmax'],
    ])
    expect(union.graph.map((node) => node.name)).toContain('fc/add_bias')
  })

  it('loses no layer of either side, whatever is left out', () => {
    const whole = resnetView()
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }), (stay) => {
        const part = { ...whole, graph: whole.graph.filter((_node, at) => stay[at] ?? true) }
        const { layers } = alignModels(whole, part)
        expect(layers.filter((layer) => layer.before).map((layer) => layer.name)).toEqual(
          whole.graph.map((node) => node.name),
        )
        expect(layers.filter((layer) => layer.after)).toHaveLength(part.graph.length)
        expect(new Set(layers.map((layer) => layer.name)).size).toBe(layers.length)
      }),
      { numRuns: 50 },
    )
  })

  it('tells what is left of each group, from the trace where there is one', () => {
    const { layers } = alignModels(before, after)
    const groups = alignGroups(before, layers, new Map([['conv1', 7]]))
    expect(groups.find((group) => group.name === 'conv1')?.units).toEqual({ before: 32, after: 7 })
    expect(groups.find((group) => group.name === 'conv4')?.units).toEqual({ before: 64, after: 32 })
    expect(groups.find((group) => group.name === 'fc:output')).toMatchObject({
      prunable: false,
      units: { before: 10, after: 10 },
    })
  })
})
