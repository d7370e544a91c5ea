import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { epochBatches, rateAt, shuffled } from '../../../src/engine/recovery/schedule'

describe('the training schedule', () => {
  it('lets the rate fall in a line to zero', () => {
    expect([0, 1, 2, 3].map((step) => rateAt('linear', 0.02, step, 4))).toEqual([0.02, 0.015, 0.01, 0.005])
    expect(rateAt('linear', 0.02, 4, 4)).toBe(0)
  })

  it('keeps the rate, follows half a cosine, or falls to a tenth twice', () => {
    const rates = (schedule: 'constant' | 'cosine' | 'step') => [0, 1, 2, 3].map((t) => rateAt(schedule, 1, t, 4))
    expect(rates('constant')).toEqual([1, 1, 1, 1])
    const half = Math.SQRT1_2
    for (const [i, expected] of [1, (1 + half) / 2, 0.5, (1 - half) / 2].entries()) {
      expect(rates('cosine')[i]).toBeCloseTo(expected, 12)
    }
    expect(rates('step')).toEqual([1, 1, 0.1, 0.01])
  })

  it('rises to the rate over the warm-up, and starts the schedule then', () => {
    const rates = Array.from({ length: 8 }, (_, t) => rateAt('linear', 1, t, 8, 0.5))
    expect(rates).toEqual([0.2, 0.4, 0.6, 0.8, 1, 0.75, 0.5, 0.25])
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
