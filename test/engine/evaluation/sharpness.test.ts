import { describe, expect, it } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import type { Batch, Selection } from '../../../src/engine/data/types'
import { sharpnessOf, type Task } from '../../../src/engine/evaluation'
import { expectedDropBound, pairedDropBound } from '../../../src/engine/evaluation/bounds'
import { expectedLoss } from '../../../src/engine/evaluation/expected-loss'
import { PairMeter } from '../../../src/engine/evaluation/pair-meter'

const softmax: Task = { kind: 'softmax', probabilities: false, metric: 'accuracy' }

/** Samples whose labels are drawn from the probabilities of their logits; the network answers with logits `scale` times as large. */
function drawn(count: number, classes: number, scale: number) {
  const random = stream(0, 'sharpness')
  const logits = Float32Array.from({ length: count * classes }, () => 4 * (random() - 0.5))
  const labels = Int32Array.from({ length: count }, (_, n) => {
    const weights = Array.from(logits.subarray(n * classes, (n + 1) * classes), Math.exp)
    const drawn = random() * weights.reduce((a, b) => a + b, 0)
    return weights.findIndex((_, k) => drawn <= weights.slice(0, k + 1).reduce((a, b) => a + b, 0))
  })
  const read = (indices: Int32Array): Batch => ({
    inputs: new Map([['', { dims: [indices.length, 1], data: Float32Array.from(indices) }]]),
    labels: Int32Array.from(indices, (i) => labels[i] as number),
    count: indices.length,
  })
  const selection = {
    table: { count, labels, read },
    indices: Int32Array.from({ length: count }, (_, i) => i),
  } as Selection
  const answer = async ({ inputs }: Batch) => {
    const rows = inputs.get('')?.data as Float32Array
    const data = new Float32Array(rows.length * classes)
    rows.forEach((row, i) => {
      for (let k = 0; k < classes; k++) data[i * classes + k] = scale * (logits[row * classes + k] as number)
    })
    return { dims: [rows.length, classes], data }
  }
  return { selection, answer }
}

describe('the sharpness of a classifier', () => {
  const options = { task: softmax, classes: 4, batch: 100 }

  it('undoes what makes it surer than it is right, or less sure', async () => {
    for (const scale of [1 / 3, 1, 5]) {
      const { selection, answer } = drawn(2000, 4, scale)
      const found = (await sharpnessOf(answer, selection, options)) as number
      expect(found * scale).toBeGreaterThan(0.9)
      expect(found * scale).toBeLessThan(1.1)
    }
  })

  it('asks whole batches of some 2,000 samples and no more', async () => {
    const { selection, answer } = drawn(5000, 4, 1)
    const asked: number[] = []
    await sharpnessOf(
      async (batch) => {
        asked.push(batch.count)
        return answer(batch)
      },
      selection,
      { ...options, batch: 300 },
    )
    expect(asked).toEqual(Array.from({ length: 7 }, () => 300))
  })

  it('is not told of results that name no class', async () => {
    const { selection, answer } = drawn(200, 4, 1)
    const rmse: Task = { kind: 'gaussian', probabilities: false, metric: 'rmse' }
    expect(await sharpnessOf(answer, selection, { ...options, task: rmse })).toBeNull()
    const several: Task = { kind: 'bernoulli', probabilities: false, metric: 'accuracy' }
    expect(await sharpnessOf(answer, selection, { ...options, task: several })).toBeNull()
  })
})

describe('what a classifier expects to lose', () => {
  it('is how much likelier its own class is', () => {
    const logits = [Math.log(0.5), Math.log(0.3), Math.log(0.2)]
    expect(expectedLoss(softmax, logits, 0, 3, 1, 0, 1)).toBeCloseTo(0.2)
    // Sharpened by two: squares, 0.25, 0.09 and 0.04 of 0.38.
    expect(expectedLoss(softmax, logits, 0, 3, 2, 0, 2)).toBeCloseTo(0.21 / 0.38)
    expect(expectedLoss(softmax, logits, 0, 3, 1, 1, 1)).toBe(0)
    const one: Task = { kind: 'bernoulli', probabilities: false, metric: 'accuracy' }
    expect(expectedLoss(one, [Math.log(3)], 0, 1, 1, 1, 0)).toBeCloseTo(0.5)
    expect(expectedLoss({ ...one, probabilities: true }, [0.75], 0, 1, 1, 1, 0)).toBeCloseTo(0.5)
  })

  it('bounds the drop where the labels happened to hide it', () => {
    const sure = [Math.log(9), 0]
    const output = (data: number[]) => ({ dims: [data.length / 2, 2], data: Float32Array.from(data) })
    const meter = (sharpness: number | null) => {
      const pair = new PairMeter(softmax, 2, sharpness)
      // Of 1,000 samples 20 are named otherwise, and by luck half of their labels agree with either.
      for (let n = 0; n < 1000; n++) {
        pair.add(output(sure), output(n < 20 ? [0, 1] : sure), Int32Array.of(n < 10 ? 1 : 0))
      }
      return pair.score()
    }
    const known = meter(1)
    expect(known.drop).toBeCloseTo(0)
    // Each of them was nine times as likely: 0.8 lost.
    expect(known.dropBound).toBeCloseTo(100 * expectedDropBound((20 * 0.8) / 1000, 10, 10, 1000), 6)
    expect(known.dropBound).toBeGreaterThan(1.6)
    expect(meter(null).dropBound).toBeCloseTo(100 * pairedDropBound(10, 10, 1000), 6)
  })

  it('never bounds less than the labels themselves do', () => {
    expect(expectedDropBound(-1, 30, 10, 1000)).toBeGreaterThan(0.02)
    expect(expectedDropBound(0.05, 30, 10, 1000)).toBeGreaterThan(0.05)
  })
})
