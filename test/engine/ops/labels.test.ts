import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  expandLabels,
  onAxis,
  reshapeBlocks,
  reshapeLabels,
  simplify,
  transposeLabels,
} from '../../../src/engine/ops/labels'

const ids = (...values: number[]) => Int32Array.from(values)

describe('labels', () => {
  it('repeats a channel over the positions a flatten folds into it', () => {
    const { kept } = reshapeLabels([onAxis(1, ids(1, 2))], ['batch', 2, 1, 3], ['batch', 6])
    expect(kept).toEqual([{ axes: [1], dims: [6], ids: ids(1, 1, 1, 2, 2, 2) }])
  })

  it('gives the labels back when a flatten is undone', () => {
    const { kept } = reshapeLabels([onAxis(1, ids(1, 1, 1, 2, 2, 2))], ['batch', 6], ['batch', 2, 1, 3])
    expect(kept).toEqual([onAxis(1, ids(1, 2))])
  })

  it('finds runs of axes with equal products', () => {
    expect(reshapeBlocks([1, 6, 4, 4], [1, 2, 3, 16])).toEqual([
      [0, 1, 0, 1],
      [1, 2, 1, 3],
      [2, 4, 3, 4],
    ])
  })

  it('moves every label to where its element goes, whatever the permutation', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (permutation) => {
        const dims = [2, 3, 4]
        const labels = { axes: [0, 1, 2], dims, ids: Int32Array.from({ length: 24 }, (_, i) => i + 1) }
        const moved = transposeLabels(labels, permutation)
        const outDims = permutation.map((axis) => dims[axis] as number)
        expect(moved.dims).toEqual(outDims)
        for (let i = 0; i < 24; i++) {
          const at = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4]
          const to = permutation.map((axis) => at[axis] as number)
          const flat =
            ((to[0] as number) * (outDims[1] as number) + (to[1] as number)) * (outDims[2] as number) +
            (to[2] as number)
          expect(moved.ids[flat]).toBe(i + 1)
        }
      }),
    )
  })

  it('expands over more axes and simplifies back', () => {
    const labels = onAxis(1, ids(5, 6, 7))
    expect(simplify(expandLabels(labels, [1, 2], [3, 4]))).toEqual(labels)
    expect(simplify(expandLabels(labels, [0, 1], [2, 3]))).toEqual(labels)
  })

  it('says which labels are lost when two independent axes are folded into one', () => {
    const { kept, lost } = reshapeLabels([onAxis(1, ids(1, 2)), onAxis(2, ids(3, 4))], [1, 2, 2], [1, 4])
    expect(kept.length).toBe(1)
    expect(lost).toEqual([onAxis(2, ids(3, 4))])
  })
  it('gives a single unit up where it is folded with channels', () => {
    const channels = onAxis(2, ids(3, 4, 5, 6))
    const { kept, lost } = reshapeLabels([onAxis(1, ids(7)), channels], [1, 1, 4, 1], [1, 4, 1, 1])
    expect(kept).toEqual([onAxis(1, ids(3, 4, 5, 6))])
    expect(lost).toEqual([onAxis(1, ids(7))])
  })
})
