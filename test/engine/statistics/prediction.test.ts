/** Least squares from moments against the same thing done row by row. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import { type ChannelMoments, predictChannels } from '../../../src/engine/statistics/prediction'

function momentsOf(rows: readonly (readonly number[])[]): ChannelMoments {
  const channels = rows[0]?.length ?? 0
  const sum = new Float64Array(channels)
  const products = new Float64Array(channels * channels)
  for (const row of rows) {
    row.forEach((a, i) => {
      sum[i] = (sum[i] as number) + a
      row.forEach((b, j) => {
        products[i * channels + j] = (products[i * channels + j] as number) + a * b
      })
    })
  }
  return { channels, rows: rows.length, sum, products }
}

/** Rows of independent predictors and a target that is made of them, with noise. */
function made(seed: number, count: number, factors: readonly number[], noise: number) {
  const random = stream(seed, 'rows')
  return Array.from({ length: count }, () => {
    const x = factors.map(() => random.normal())
    return [...x, 2 + x.reduce((sum, value, i) => sum + value * (factors[i] as number), 0) + noise * random.normal()]
  })
}

describe('the prediction of channels', () => {
  it('is no worse on its own rows than any change of its coefficients, up to the ridge', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 1000 }),
        (factors, seed) => {
          const rows = made(seed, 300, factors, 0.5)
          const moments = momentsOf(rows)
          const n = factors.length
          const [found] = predictChannels(moments, moments, [...factors.keys()], [n])
          const error = (shift: number, at: number) =>
            rows.reduce((sum, row) => {
              let value = found?.intercept as number
              for (let i = 0; i < n; i++) {
                value += ((found?.coefficients[i] as number) + (i === at ? shift : 0)) * (row[i] as number)
              }
              return sum + ((row[n] as number) - value) ** 2
            }, 0) / rows.length
          const best = error(0, -1)
          for (let at = 0; at < n; at++) for (const shift of [-0.1, 0.1]) expect(error(shift, at)).toBeGreaterThan(best)
          const mean = rows.reduce((sum, row) => sum + (row[n] as number), 0) / rows.length
          const variance = rows.reduce((sum, row) => sum + ((row[n] as number) - mean) ** 2, 0) / rows.length
          expect(found?.explained).toBeCloseTo(1 - best / variance, 6)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('explains a combination wholly, noise not at all, and shares the work out as it is', () => {
    const [whole] = predictChannels(
      momentsOf(made(1, 2000, [3, 1], 0)),
      momentsOf(made(2, 500, [3, 1], 0)),
      [0, 1],
      [2],
    )
    expect(whole?.explained).toBeGreaterThan(0.999)
    expect(whole?.parts[0]).toBeCloseTo(0.9, 1)
    expect((whole?.parts[0] as number) + (whole?.parts[1] as number)).toBeCloseTo(1, 2)
    const [noise] = predictChannels(
      momentsOf(made(3, 2000, [0, 0], 1)),
      momentsOf(made(4, 500, [0, 0], 1)),
      [0, 1],
      [2],
    )
    expect(Math.abs(noise?.explained as number)).toBeLessThan(0.05)
  })

  it('says nothing of a channel that never changes, and predicts its value', () => {
    const rows = made(5, 50, [1], 0).map(([x]) => [x as number, 7])
    const [flat] = predictChannels(momentsOf(rows), momentsOf(rows), [0], [1])
    expect(flat?.explained).toBeNull()
    expect(flat?.intercept).toBeCloseTo(7, 9)
  })

  it('falls back to the mean where nothing stays', () => {
    const moments = momentsOf(made(6, 100, [1], 0))
    const [alone] = predictChannels(moments, moments, [], [1])
    expect(alone?.explained).toBeCloseTo(0, 9)
  })
})
