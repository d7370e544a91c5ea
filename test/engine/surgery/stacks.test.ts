/** Products with stored stacks of matrices: experts that all see every token, positions for every head, mixing from the left. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import type { Graph } from '../../../src/engine/graph/graph'
import { encodeModel, integers, node, type SmallModel, smallModel, value } from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

const read = async (model: SmallModel): Promise<Graph> =>
  (await readModel({ name: 'small.onnx', bytes: encodeModel(smallModel(model)) })).graph

describe('stored stacks of matrices', () => {
  it('of experts lose the same features in each, and read what is left of the tokens', async () => {
    const graph = await read({
      inputs: [value('x', [1, 5, 6])],
      outputs: [value('y', [3, 5, 4])],
      weights: [weight('w', 6, 10), weight('up', 3, 10, 12), weight('down', 3, 12, 4), integers('experts', [3, 5, 10])],
      nodes: [
        node('MatMul', ['x', 'w'], ['a']),
        node('Expand', ['a', 'experts'], ['tokens']),
        node('MatMul', ['tokens', 'up'], ['wide']),
        node('Relu', ['wide'], ['active']),
        node('MatMul', ['active', 'down'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 5, 6])
    const [tokens, features] = [outcome.kept.MatMul_a?.length as number, outcome.kept.MatMul_wide?.length as number]
    expect(tokens).toBeLessThan(10)
    expect(features).toBeLessThan(12)
    expect(outcome.graph.constants.get('up')?.dims).toEqual([3, tokens, features])
    expect(outcome.graph.constants.get('down')?.dims).toEqual([3, features, 4])
  })

  it('of positions follow the heads they are for', async () => {
    const graph = await read({
      inputs: [value('x', [1, 5, 6])],
      outputs: [value('y', [1, 5, 3])],
      weights: [
        weight('w', 6, 16),
        weight('positions', 1, 4, 4, 5),
        weight('v', 6, 16),
        weight('out', 16, 3),
        integers('folded', [1, 5, 4, 4]),
        integers('whole', [1, 5, 16]),
      ],
      nodes: [
        node('MatMul', ['x', 'w'], ['a']),
        node('Reshape', ['a', 'folded'], ['aHeads']),
        node('Transpose', ['aHeads'], ['q'], { perm: { ints: [0, 2, 1, 3] } }),
        node('MatMul', ['q', 'positions'], ['scores']),
        node('Softmax', ['scores'], ['shares'], { axis: { i: -1 } }),
        node('MatMul', ['x', 'v'], ['b']),
        node('Reshape', ['b', 'folded'], ['bHeads']),
        node('Transpose', ['bHeads'], ['values'], { perm: { ints: [0, 2, 1, 3] } }),
        node('MatMul', ['shares', 'values'], ['mixed']),
        node('Transpose', ['mixed'], ['turned'], { perm: { ints: [0, 2, 1, 3] } }),
        node('Reshape', ['turned', 'whole'], ['flat']),
        node('MatMul', ['flat', 'out'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 5, 6])
    const positions = outcome.graph.constants.get('positions')?.dims as readonly number[]
    expect((positions[1] as number) * (positions[2] as number)).toBeLessThan(16)
    expect(positions[3]).toBe(5)
  })

  it('from the left have rows of their own', async () => {
    const graph = await read({
      inputs: [value('x', [1, 2, 6, 5])],
      outputs: [value('y', [1, 2, 4, 5])],
      weights: [weight('first', 1, 2, 9, 6), weight('second', 1, 2, 4, 9)],
      nodes: [
        node('MatMul', ['first', 'x'], ['a']),
        node('Relu', ['a'], ['b']),
        node('MatMul', ['second', 'b'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 2, 6, 5])
    const rows = outcome.kept.MatMul_a?.length as number
    expect(rows).toBeLessThan(9)
    expect(outcome.graph.constants.get('first')?.dims).toEqual([1, 2, rows, 6])
    expect(outcome.graph.constants.get('second')?.dims).toEqual([1, 2, 4, rows])
  })

  it('of more axes than what they multiply read what is left of it', async () => {
    const graph = await read({
      inputs: [value('x', [5, 6])],
      outputs: [value('y', [3, 5, 4])],
      weights: [weight('w', 6, 10), weight('stack', 3, 10, 4)],
      nodes: [node('MatMul', ['x', 'w'], ['a']), node('MatMul', ['a', 'stack'], ['y'])],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [5, 6])
    const left = outcome.kept.MatMul_a?.length as number
    expect(left).toBeLessThan(10)
    expect(outcome.graph.constants.get('stack')?.dims).toEqual([3, left, 4])
  })

  it('of fewer axes from the left mix nodes of a graph for every sample', async () => {
    const graph = await read({
      inputs: [value('x', [2, 5, 6])],
      outputs: [value('y', [2, 5, 3])],
      weights: [weight('w', 6, 10), weight('graph', 5, 5), weight('out', 10, 3)],
      nodes: [
        node('MatMul', ['x', 'w'], ['a']),
        node('Softmax', ['graph'], ['adjacency'], { axis: { i: -1 } }),
        node('MatMul', ['adjacency', 'a'], ['mixed']),
        node('MatMul', ['mixed', 'out'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [2, 5, 6])
    expect(outcome.kept.MatMul_a?.length).toBeLessThan(10)
  })

  it('that are vectors from the right sum up what is left', async () => {
    const graph = await read({
      inputs: [value('x', [2, 5, 6])],
      outputs: [value('y', [2, 5])],
      weights: [weight('w', 6, 10), weight('v', 10)],
      nodes: [node('MatMul', ['x', 'w'], ['a']), node('MatMul', ['a', 'v'], ['y'])],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [2, 5, 6])
    expect(outcome.graph.constants.get('v')?.dims).toEqual([outcome.kept.MatMul_a?.length])
    expect(outcome.kept.MatMul_a?.length).toBeLessThan(10)
  })

  it('that are vectors from the left hold what they meet', async () => {
    const graph = await read({
      inputs: [value('x', [2, 5, 6])],
      outputs: [value('y', [2, 6])],
      weights: [weight('w', 6, 6), weight('v', 5)],
      nodes: [node('MatMul', ['x', 'w'], ['a']), node('MatMul', ['v', 'a'], ['y'])],
    })
    await expect(expectPrunedAsMasked(graph, [2, 5, 6])).rejects.toMatchObject({ code: 'NOTHING_PRUNABLE' })
  })
})
