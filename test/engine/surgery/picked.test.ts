/** Positions picked by index (GatherElements): heads of disentangled attention, channels beside the picked axis. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import type { Graph } from '../../../src/engine/graph/graph'
import { encodeModel, integers, node, type Plain, smallModel, value } from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

const places = [2, 0, 1, 4, 3, 5]

/** Eight channels at six positions, reordered along the positions; how the order reaches all channels differs. */
const picked = async (nodes: Plain[], weights: Plain[], axis = 2): Promise<Graph> =>
  (
    await readModel({
      name: 'small.onnx',
      bytes: encodeModel(
        smallModel({
          inputs: [value('x', [1, 4, 6])],
          outputs: [value('y', [1, 3, 6])],
          weights: [weight('w1', 8, 4, 1), weight('w2', 3, 8, 1), ...weights],
          nodes: [
            node('Conv', ['x', 'w1'], ['a']),
            ...nodes,
            node('GatherElements', ['a', 'order'], ['b'], { axis: { i: axis } }),
            node('Relu', ['b'], ['c']),
            node('Conv', ['c', 'w2'], ['y']),
          ],
        }),
      ),
    })
  ).graph

const everyChannel = Array.from({ length: 8 }, () => places).flat()

describe('positions picked by index', () => {
  it('leave the channels beside them free, where stored indices are the same for each', async () => {
    const graph = await picked([], [integers('order', everyChannel, [1, 8, 6])])
    const { outcome } = await expectPrunedAsMasked(graph, [1, 4, 6])
    expect(outcome.kept.Conv_a?.length).toBeLessThan(8)
    // Stored for one sample, and stretched over all.
    expect(outcome.graph.constants.get('order/one')?.dims).toEqual([1, outcome.kept.Conv_a?.length, 6])
  })

  it('do so where computed indices are stretched over the channels', async () => {
    const graph = await picked(
      [
        node('ReduceMax', ['x'], ['most'], { axes: { ints: [1] }, keepdims: { i: 1 } }),
        node('TopK', ['most', 'six'], ['values', 'ranked'], { axis: { i: 2 } }),
        node('Expand', ['ranked', 'stretched'], ['order']),
      ],
      [integers('six', [6]), integers('stretched', [1, 8, 6])],
    )
    const { outcome } = await expectPrunedAsMasked(graph, [1, 4, 6])
    expect(outcome.kept.Conv_a?.length).toBeLessThan(8)
    expect(outcome.graph.info('order')?.shape).toEqual(['batch', outcome.kept.Conv_a?.length, 6])
  })

  it('hold the channels that are picked among', async () => {
    const among = Array.from({ length: 48 }, (_, i) => (i * 5) % 8)
    const graph = await picked([], [integers('order', among, [1, 8, 6])], 1)
    await expect(expectPrunedAsMasked(graph, [1, 4, 6])).rejects.toMatchObject({ code: 'NOTHING_PRUNABLE' })
  })
})
