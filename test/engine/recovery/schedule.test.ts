import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { epochBatches, linearRate, shuffled } from '../../../src/engine/recovery/schedule'

describe('the training schedule', () => {
  it('lets the rate fall in a line to zero', () => {
    expect([0, 1, 2, 3].map((step) => linearRate(0.02, step, 4))).toEqual([0.02, 0.015, 0.01, 0.005])
    expect(linearRate(0.02, 4, 4)).toBe(0)
  })

  it('shuffles every row once, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer(), (count, seed) => {
        const rows = Int32Array.from({ length: count }, (_, i) => 3 * i)
        const order = shuffled(rows, seedrandom.alea(String(seed)))
        expect(order.slice().sort()).toEqual(rows)
        expect(shuffled(rows, seedrandom.alea(String(seed)))).toEqual(order)
      }),
    )
  })

  it('covers the epoch, and leaves no batch of one sample where it can', () => {
    expect(epochBatches(10, 4)).toEqual([
      [0, 4],
      [4, 8],
      [8, 10],
    ])
    expect(epochBatches(9, 4)).toEqual([
      [0, 4],
      [4, 9],
    ])
    expect(epochBatches(3, 128)).toEqual([[0, 3]])
  })
})
