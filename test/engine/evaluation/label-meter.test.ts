/** Several labels a sample, against scikit-learn 1.x (f1_score, accuracy_score, average_precision_score; seed 5) and scipy. */
import { describe, expect, it } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import { meanInterval } from '../../../src/engine/evaluation/bounds'
import { PairMeter } from '../../../src/engine/evaluation/pair-meter'
import { ScoreMeter } from '../../../src/engine/evaluation/score-meter'
import type { Task } from '../../../src/engine/evaluation/task'

const task: Task = { kind: 'bernoulli', probabilities: false, metric: 'f1', classAxis: 'none' }

const before = [
  -0.8, -1.3, -0.2, -1, 1.1, 0.1, -0.6, -1, 0.7, 1.6, 0.3, -1, -1, 1.6, 0.2, -1, -0.1, -1.2, -0.6, -1, -0.7, 0.6, -0.1,
  -1, 0.4, 0.8, -1.6, -1, -1, -0.2, -1.3, -1, 0, -0.3, -1, -1, -1.1, -1.4, 0.2, -1, 1.2, 0.7, -2, -1, -1.1, 0, 0, -1,
]
const after = [
  -1.1, -1.1, -0.6, -1, 0.5, -0.3, -0.5, -1, 0.8, 3.1, 0.7, -1, 0.4, 1.9, -0.6, -1, -0.1, -1.7, -1.1, -1, -0.7, 1.5,
  -0.4, -1, 1.9, -0.2, -1.4, -1, -1.8, -1, -1.3, -1, -0.4, -0.3, -0.4, -1, -0.4, -1, 0.6, -1, 1.7, 0.8, -1.4, -1, -1.4,
  0.6, 0.5, -1,
]
const labels = Int32Array.of(
  ...[1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0],
)
const output = (values: readonly number[], width = 4) => ({
  dims: [values.length / width, width],
  data: Float32Array.from(values),
})

describe('several labels a sample', () => {
  it('are measured as scikit-learn does, batch by batch', () => {
    const meter = new ScoreMeter(task, 4)
    meter.add(output(before.slice(0, 20)), labels.slice(0, 20))
    meter.add(output(before.slice(20)), labels.slice(20))
    const { value, perClass, others, predictions, samples } = meter.score()
    expect([samples, predictions]).toEqual([12, null])
    expect(value).toBeCloseTo(53.70370370370371, 8)
    expect(perClass.slice(0, 3)).toEqual([expect.closeTo(200 / 3, 8), expect.closeTo(400 / 9, 8), 50])
    // Nobody wants or names the last label.
    expect(perClass[3]).toBeNaN()
    expect(others?.['micro-f1']).toBeCloseTo(53.84615384615385, 8)
    expect(others?.['exact-match']).toBe(25)
    expect(others?.['mean-average-precision']).toBeCloseTo(63.20634920634921, 8)
  })

  it('diverge as independent yes or no, agree label by label, and lose points of F1', () => {
    const meter = new PairMeter(task, 4)
    meter.add(output(before), output(after), labels)
    const score = meter.score()
    expect(score.kl).toBeCloseTo(0.11826841191496051, 6)
    expect(score.agreement).toBeCloseTo(0.875, 8)
    expect(score.drop).toBeCloseTo(53.70370370370371 - 53.333333333333336, 8)
    expect(score.dropBound).toBeGreaterThan(score.drop as number)
  })

  it('are taken from probabilities too', () => {
    const meter = new ScoreMeter({ ...task, probabilities: true }, 4)
    meter.add(output(before.map((z) => 1 / (1 + Math.exp(-z)))), labels)
    expect(meter.score().value).toBeCloseTo(53.70370370370371, 8)
  })

  it('below 0 ask for nothing', () => {
    const meter = new PairMeter(task, 2)
    meter.add(output([3, -3, 3, 3], 2), output([3, 3, 3, 3], 2), Int32Array.of(1, -1, 1, 1))
    const score = meter.score()
    expect([score.original.value, score.result.value, score.kl, score.agreement]).toEqual([100, 100, 0, 1])
    expect(score.original.others?.['exact-match']).toBe(100)
  })

  it('are refused where they are no yes or no', () => {
    expect(() => new ScoreMeter(task, 2).add(output([1, 1], 2), Int32Array.of(2, 0))).toThrow(
      expect.objectContaining({ code: 'DATA_LABELS_OUT_OF_RANGE' }),
    )
  })

  it('have the spread that drawing the samples anew shows', () => {
    const random = stream(1, 'labels')
    const draw = (count: number) => {
      const answers = Array.from({ length: 3 * count }, () => random.normal())
      const wanted = Int32Array.from(answers, (z) => (random() < 1 / (1 + Math.exp(-2 * z)) ? 1 : 0))
      const meter = new ScoreMeter(task, 3)
      meter.add(output(answers, 3), wanted)
      return meter
    }
    const values = Array.from({ length: 400 }, () => draw(300).score().value as number)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    const influences = draw(300).influences() as Float64Array
    const variance = influences.reduce((sum, each) => sum + each * each, 0) / influences.length
    const [, high] = meanInterval(0, variance, influences.length, 1)
    expect(100 * high).toBeGreaterThan(0.85 * spread)
    expect(100 * high).toBeLessThan(1.15 * spread)
  })
})
