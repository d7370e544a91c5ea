import { describe, expect, it } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import { pairedDropBound, shareInterval } from '../../../src/engine/evaluation/bounds'
import { divergence } from '../../../src/engine/evaluation/divergence'
import { PairMeter } from '../../../src/engine/evaluation/pair-meter'
import { ScoreMeter } from '../../../src/engine/evaluation/score-meter'
import type { Task } from '../../../src/engine/evaluation/task'

const softmax: Task = { kind: 'softmax', probabilities: false, metric: 'accuracy' }
const gaussian: Task = { kind: 'gaussian', probabilities: false, metric: 'rmse' }
const output = (dims: number[], values: number[]) => ({ dims, data: Float32Array.from(values) })

describe('the score meter', () => {
  it('counts accuracy, accuracy a class and predictions over batches', () => {
    const meter = new ScoreMeter(softmax, 3)
    meter.add(output([2, 3], [2, 1, 0, 0, 3, -1]), Int32Array.of(0, 2))
    meter.add(output([1, 3], [1, 1, 4]), Int32Array.of(2))
    const score = meter.score()
    expect(score.value).toBeCloseTo(200 / 3)
    expect(score.perClass).toEqual([100, Number.NaN, 50])
    expect(Array.from(score.predictions ?? [])).toEqual([0, 1, 2])
  })

  it('has predictions but no value without labels', () => {
    const meter = new ScoreMeter(softmax, 3)
    meter.add(output([1, 3], [0, 0, 1]), null)
    expect(meter.score()).toMatchObject({ value: null, interval: null, samples: 1 })
  })

  it('measures regression as root mean square', () => {
    const meter = new ScoreMeter(gaussian, 0)
    meter.add(output([2, 1], [1, 5]), Float32Array.of(0, 2))
    expect(meter.score().value).toBeCloseTo(Math.sqrt((1 + 9) / 2))
  })

  it('refuses labels outside the classes and results that are not finite', () => {
    const meter = new ScoreMeter(softmax, 3)
    expect(() => meter.add(output([1, 3], [0, 0, 1]), Int32Array.of(3))).toThrow(
      expect.objectContaining({ code: 'DATA_LABELS_OUT_OF_RANGE' }),
    )
    expect(() => meter.add(output([1, 3], [0, Number.NaN, 1]), null)).toThrow(
      expect.objectContaining({ code: 'MODEL_NON_FINITE' }),
    )
  })
})

describe('the pair meter', () => {
  // scipy.special.rel_entr(softmax(a), softmax(b)).sum(1) = [0.42051248, 0.04020167, 0.01623945]
  it('agrees with scipy on KL and its bound', () => {
    const meter = new PairMeter(softmax, 3)
    const add = () =>
      meter.add(
        output([3, 3], [2, 1, 0, 0, 3, -1, 1, 1, 4]),
        output([3, 3], [1, 2, 0, 0, 2, -1, 1, 0, 4]),
        Int32Array.of(0, 1, 2),
      )
    add()
    // Three samples say nothing of their own spread.
    expect(meter.score().klBound).toBe(Number.POSITIVE_INFINITY)
    add()
    const score = meter.score()
    expect(score.kl).toBeCloseTo(0.15898453349, 8)
    // kl + scipy.stats.t.ppf(scipy.stats.norm.cdf(1.645 sqrt(2)), 5) std / sqrt(5)
    expect(score.klBound).toBeCloseTo(0.437626, 2)
    expect(score.agreement).toBeCloseTo(2 / 3)
    expect(score.drop).toBeCloseTo(100 / 3)
  })

  it('says that nothing changed, but bounds the drop above zero', () => {
    const meter = new PairMeter(softmax, 2)
    const same = output([2, 2], [1, 0, 0, 1])
    meter.add(same, same, Int32Array.of(0, 1))
    const score = meter.score()
    expect(score).toMatchObject({ kl: 0, agreement: 1, drop: 0 })
    expect(score.dropBound).toBeGreaterThan(0)
  })

  it('sums KL over the positions of a dense output and shares agreement among them', () => {
    const meter = new PairMeter({ ...softmax, metric: 'none' }, 2)
    // [1, 2, 2]: position 0 has columns (0, 0) and (0, 0); position 1 has (1, 0) and (0, 1).
    meter.add(output([1, 2, 2], [0, 1, 0, 0]), output([1, 2, 2], [0, 0, 0, 1]), null)
    const score = meter.score()
    const p = 1 / (1 + Math.exp(-1))
    expect(score.kl).toBeCloseTo(2 * p - 1, 6)
    expect(score.agreement).toBe(0.5)
  })

  it('measures regression by R squared and a Gaussian of unit variance', () => {
    const meter = new PairMeter(gaussian, 0)
    meter.add(output([4, 1], [1, 2, 3, 4]), output([4, 1], [1, 2, 3, 5]), null)
    const score = meter.score()
    expect(score.kl).toBeCloseTo(1 / 8)
    expect(score.agreement).toBeCloseTo(1 - 1 / 5)
  })
})

describe('the drop of a regression', () => {
  it('is percent of the RMSE, bounded by the paired change', () => {
    const meter = new PairMeter(gaussian, 0)
    const labels = Float32Array.of(0, 0, 0, 0)
    for (let k = 0; k < 2; k++) meter.add(output([4, 1], [1, 1, 1, 1]), output([4, 1], [2, 1, 1, 1]), labels)
    const score = meter.score()
    // MSE 1 -> 7/4; changes 3, 0, 0, 0 twice: mean 0.75, variance 27/16, bound 0.75 + t sqrt(27/112) by scipy's t with 7.
    expect(score.drop).toBeCloseTo(100 * (Math.sqrt(1.75) - 1))
    expect(score.dropBound).toBeCloseTo(79.4939, 0)
  })
})

describe('bounds and divergences', () => {
  // scipy.stats.binomtest(45, 50).proportion_ci(method='wilson')
  it('agrees with scipy on the Wilson interval', () => {
    const [low, high] = shareInterval(45, 50)
    expect(low).toBeCloseTo(0.7863976856, 8)
    expect(high).toBeCloseTo(0.9565242351, 8)
  })

  // (a - b)/N + z sqrt(((a + b)/N - d^2)/N) with a = 7.5, b = 3.5, N = 202
  it('bounds a paired drop', () => {
    expect(pairedDropBound(7, 3, 200)).toBeCloseTo(0.0578575259, 8)
    expect(pairedDropBound(7, 3, 20000)).toBeLessThan(pairedDropBound(7, 3, 200))
  })

  it('bounds what as many fresh samples lose in 19 of 20 cases', () => {
    const random = stream(0, 'fresh')
    const draw = (n: number) => {
      let [lost, gained] = [0, 0]
      for (let i = 0; i < n; i++) {
        const at = random()
        if (at < 0.03) lost++
        else if (at < 0.05) gained++
      }
      return [lost, gained] as const
    }
    let kept = 0
    for (let i = 0; i < 4000; i++) {
      const bound = pairedDropBound(...draw(1000), 1000)
      const [lost, gained] = draw(1000)
      if ((lost - gained) / 1000 <= bound) kept++
    }
    expect(kept / 4000).toBeGreaterThan(0.94)
    expect(kept / 4000).toBeLessThan(0.97)
  })

  // rel_entr of (0.8, 0.2) and (0.6, 0.4) is 0.0915162218
  it('takes probabilities as they are', () => {
    expect(divergence({ kind: 'bernoulli', probabilities: true }, [0.8], [0.6], 0, 1)).toBeCloseTo(0.0915162218, 8)
    expect(divergence({ kind: 'softmax', probabilities: true }, [0.8, 0.2], [0.6, 0.4], 0, 2)).toBeCloseTo(
      0.0915162218,
      8,
    )
  })
})
