import { describe, expect, it } from 'vitest'
import { analyseCoupling, type Layer } from '../../../src/engine/coupling'
import { float, Graph, numberAttribute } from '../../../src/engine/graph/graph'
import { float32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { readWeights, withBias, writeWeights } from '../../../src/engine/statistics/linear-layer'

/** A Gemm of [2, 3] with what it is to add, if anything, times `beta`. */
function gemm(beta: number, added: readonly number[]): { graph: Graph; layer: Layer } {
  const constants = new Map([['w', float32([2, 3], [1, 2, 3, 4, 5, 6])]])
  if (added.length > 0) constants.set('c', float32(added.length === 1 ? [] : [added.length], added))
  const graph = inferShapes(
    new Graph({
      name: 'gemm',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 3] }],
      nodes: [
        {
          name: 'g',
          op: 'Gemm',
          domain: '',
          inputs: added.length > 0 ? ['x', 'w', 'c'] : ['x', 'w'],
          outputs: ['y'],
          attributes: new Map([['beta', float(beta)]]),
        },
      ],
      constants,
      opsets: new Map([['', 17]]),
    }),
  )
  return { graph, layer: analyseCoupling(graph).layers[0] as Layer }
}

describe('a bias for a Gemm that has none', () => {
  // tf2onnx writes a beta of 0 where nothing is added.
  it.each([
    { beta: 0, added: [], bias: 0 },
    { beta: 1, added: [], bias: 0 },
    { beta: 0.5, added: [8], bias: 4 },
    { beta: 0, added: [8], bias: 0 },
  ])('counts once, with beta $beta and $added added', ({ beta, added, bias }) => {
    const { graph, layer } = gemm(beta, added)
    const biased = withBias(graph, layer)
    const node = biased.graph.nodes[0]
    expect(node && numberAttribute(node, 'beta', 1)).toBe(1)
    expect([...(biased.graph.constants.get(biased.layer.biasName as string)?.data ?? [])]).toEqual([bias, bias, bias])
    expect(readWeights(biased.graph, biased.layer)).toEqual(readWeights(graph, layer))
    const [weights = new Float64Array()] = readWeights(graph, layer)
    const changed = weights.map((value) => value + 1)
    for (const written of [
      writeWeights(graph, layer, [changed]),
      writeWeights(biased.graph, biased.layer, [changed]),
    ]) {
      const [again] = readWeights(written, analyseCoupling(written).layers[0] as Layer)
      expect(again).toEqual(changed)
    }
  })
})
