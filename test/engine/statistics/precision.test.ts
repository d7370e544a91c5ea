import { describe, expect, it } from 'vitest'
import { precisionOf } from '../../../src/engine/statistics/precision'

describe('precisionOf', () => {
  it('is the inverse of the moments with their ridge', () => {
    // Mean diagonal 3 without the constant.
    const precision = precisionOf(Float64Array.of(2, 0, 0, 0, 4, 0, 0, 0, 1), 3, 1e-3)
    expect(precision[0]).toBeCloseTo(1 / 2.003, 12)
    expect(precision[4]).toBeCloseTo(1 / 4.003, 12)
    expect(precision[8]).toBeCloseTo(1 / (1 + 1e-6), 12)
  })

  it('exists where every input is zero', () => {
    const precision = precisionOf(Float64Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1), 3)
    expect(precision.every(Number.isFinite)).toBe(true)
  })
})
