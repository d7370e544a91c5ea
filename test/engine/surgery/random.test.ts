/** Networks that draw random numbers: as many as what they meet is wide. The draws are scaled to nothing, so that two runs agree. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import type { Graph } from '../../../src/engine/graph/graph'
import { encodeModel, node, type Plain, smallModel, value } from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

const sampled = async (draw: Plain): Promise<Graph> =>
  (
    await readModel({
      name: 'small.onnx',
      bytes: encodeModel(
        smallModel({
          inputs: [value('x', [1, 6])],
          outputs: [value('y', [1, 3])],
          weights: [
            weight('w1', 6, 8),
            weight('w2', 6, 8),
            weight('w3', 8, 3),
            { ...weight('none', 1), float_data: [0] },
          ],
          nodes: [
            node('MatMul', ['x', 'w1'], ['mean']),
            node('MatMul', ['x', 'w2'], ['deviation']),
            draw,
            node('Mul', ['drawn', 'none'], ['quiet']),
            node('Mul', ['quiet', 'deviation'], ['scaled']),
            node('Add', ['mean', 'scaled'], ['z']),
            node('MatMul', ['z', 'w3'], ['y']),
          ],
        }),
      ),
    })
  ).graph

describe('random numbers in a network', () => {
  it.each(['RandomNormalLike', 'RandomUniformLike'])('of %s go with the value whose shape they take', async (op) => {
    const { outcome } = await expectPrunedAsMasked(await sampled(node(op, ['deviation'], ['drawn'])), [1, 6])
    expect(outcome.kept.MatMul_mean?.length).toBeLessThan(8)
  })

  it.each(['RandomNormal', 'RandomUniform'])('of %s are drawn in the width that is left', async (op) => {
    const graph = await sampled(node(op, [], ['drawn'], { shape: { ints: [1, 8] } }))
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6])
    const width = outcome.kept.MatMul_mean?.length as number
    expect(width).toBeLessThan(8)
    expect(outcome.graph.producer('drawn')?.attributes.get('shape')?.value).toEqual([1, width])
  })

  it('of an unknown type are refused', async () => {
    const drawn = sampled(node('RandomNormal', [], ['drawn'], { shape: { ints: [1, 8] }, dtype: { i: 77 } }))
    await expect(drawn).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' })
  })
})
