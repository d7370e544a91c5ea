/** Units along two axes at once (weights that a network makes, experts of one stack): the finer of what can go. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import type { Graph } from '../../../src/engine/graph/graph'
import { encodeModel, integers, node, type SmallModel, smallModel, value } from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

const read = async (model: SmallModel): Promise<Graph> =>
  (await readModel({ name: 'small.onnx', bytes: encodeModel(smallModel(model)) })).graph

describe('a computed matrix', () => {
  it('loses what the features lose that it is multiplied with', async () => {
    const graph = await read({
      inputs: [value('x', [1, 6])],
      outputs: [value('y', [1, 8, 1])],
      weights: [
        weight('stem', 6, 10),
        weight('hyper', 6, 80),
        integers('rows', [1, 8, 10]),
        integers('column', [1, 10, 1]),
      ],
      nodes: [
        node('MatMul', ['x', 'stem'], ['a']),
        node('Reshape', ['a', 'column'], ['features']),
        node('MatMul', ['x', 'hyper'], ['h']),
        node('Reshape', ['h', 'rows'], ['made']),
        node('MatMul', ['made', 'features'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6])
    const left = outcome.graph.constants.get('stem')?.dims[1] as number
    expect(left).toBeLessThan(10)
    expect(outcome.graph.constants.get('hyper')?.dims).toEqual([6, 8 * left])
  })

  it('loses its columns where the features that it sums over stay', async () => {
    const graph = await read({
      inputs: [value('x', [1, 6])],
      outputs: [value('y', [1, 1, 4])],
      weights: [weight('hyper', 6, 60), weight('out', 10, 4), integers('rows', [1, 6, 10]), integers('row', [1, 1, 6])],
      nodes: [
        node('Reshape', ['x', 'row'], ['features']),
        node('MatMul', ['x', 'hyper'], ['h']),
        node('Reshape', ['h', 'rows'], ['made']),
        node('MatMul', ['features', 'made'], ['mixed']),
        node('MatMul', ['mixed', 'out'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6])
    const left = outcome.graph.constants.get('out')?.dims[0] as number
    expect(left).toBeLessThan(10)
    expect(outcome.graph.constants.get('hyper')?.dims).toEqual([6, 6 * left])
  })
})

describe('experts of one stack', () => {
  it('lose the same features of each, with their table of biases, beside gates that stay', async () => {
    const graph = await read({
      inputs: [value('x', [1, 6])],
      outputs: [value('y', [1, 4])],
      weights: [
        weight('experts', 6, 36),
        weight('bias', 3, 12),
        weight('gate', 6, 3),
        weight('out', 12, 4),
        integers('each', [1, 3, 12]),
        integers('column', [1, 3, 1]),
        integers('axes', [1]),
      ],
      nodes: [
        node('MatMul', ['x', 'experts'], ['a']),
        node('Reshape', ['a', 'each'], ['b']),
        node('Add', ['b', 'bias'], ['c']),
        node('Relu', ['c'], ['active']),
        node('MatMul', ['x', 'gate'], ['scores']),
        node('Softmax', ['scores'], ['shares'], { axis: { i: -1 } }),
        node('Reshape', ['shares', 'column'], ['gates']),
        node('Mul', ['active', 'gates'], ['weighted']),
        node('ReduceSum', ['weighted', 'axes'], ['mixed'], { keepdims: { i: 0 } }),
        node('MatMul', ['mixed', 'out'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6])
    const left = outcome.graph.constants.get('out')?.dims[0] as number
    expect(left).toBeLessThan(12)
    expect(outcome.graph.constants.get('bias')?.dims).toEqual([3, left])
    expect(outcome.graph.constants.get('experts')?.dims).toEqual([6, 3 * left])
  })
})
