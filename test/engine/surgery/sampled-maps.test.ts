/** GridSample on maps whose first axis holds heads, as in deformable attention. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import { encodeModel, floats, integers, node, smallModel, value } from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

const places = Array.from({ length: 24 * 5 * 2 }, (_, i) => Math.sin(i))

/** 24 channels as heads of the same number of features; `heads` of them share the first axis with a grid. */
const sampled = async (heads: number, grid: 'stored' | 'scaled' | 'given') =>
  (
    await readModel({
      name: 'small.onnx',
      bytes: encodeModel(
        smallModel({
          inputs: [value('x', [1, 3, 4, 4])],
          outputs: [value('y', [1, 2, 1, 5])],
          weights: [
            weight('w1', 24, 3, 1, 1),
            weight('w2', 2, 24, 1, 1),
            integers('apart', [heads, 24 / heads, 4, 4]),
            integers('together', [1, 24, 1, 5]),
            integers('places', [24, 1, 5, 2]),
            floats('stored', [heads, 1, 5, 2], places.slice(0, heads * 10)),
          ],
          nodes: [
            node('Conv', ['x', 'w1'], ['a']),
            node('Reshape', ['a', 'apart'], ['maps']),
            node('ReduceMean', ['x'], ['mean'], { axes: { ints: [1, 2, 3] }, keepdims: { i: 1 } }),
            node('Mul', ['stored', 'mean'], ['scaled']),
            node('Concat', ['x', 'x', 'x', 'x', 'x'], ['five'], { axis: { i: 0 } }),
            node('Reshape', ['five', 'places'], ['given']),
            node('GridSample', ['maps', grid], ['read'], { mode: { s: 'bilinear' } }),
            node('Reshape', ['read', 'together'], ['b']),
            node('Conv', ['b', 'w2'], ['y']),
          ],
        }),
      ),
    })
  ).graph

describe('maps sampled at grids', () => {
  it.each(['stored', 'scaled'] as const)('lose features of every head alike, with a %s grid', async (grid) => {
    const { outcome } = await expectPrunedAsMasked(await sampled(4, grid), [1, 3, 4, 4])
    const [heads, features] = outcome.graph.info('maps')?.shape ?? []
    expect(heads).toBe(grid === 'stored' ? 'batch*4' : 4)
    expect(features).toBeLessThan(6)
  })

  it('hold heads whose grid cannot lose them', async () => {
    const pruned = expectPrunedAsMasked(await sampled(24, 'given'), [1, 3, 4, 4])
    await expect(pruned).rejects.toMatchObject({ code: 'NOTHING_PRUNABLE' })
  })

  it.each(['stored', 'scaled'] as const)('lose heads together with a %s grid', async (grid) => {
    const { outcome } = await expectPrunedAsMasked(await sampled(24, grid), [1, 3, 4, 4])
    const [folded] = outcome.graph.info('maps')?.shape ?? []
    const heads = Number(/^(?:batch\*)?(\d+)$/.exec(String(folded))?.[1])
    expect(heads).toBeLessThan(24)
    // Stored for one sample, and stretched over all.
    const stored = [...outcome.graph.constants].filter(([name]) => name.startsWith('stored'))
    expect(stored.map(([, { dims }]) => dims.filter((dim) => dim !== 1))).toEqual([[heads, 5, 2]])
  })
})
