/** What two networks say of a sample, and how far apart that is. */
import { describe, expect, it } from 'vitest'
import { apart, saidOf } from '../../../src/engine/evaluation/said'
import type { Task } from '../../../src/engine/evaluation/task'

const output = (dims: number[], values: number[]) => ({ dims, data: Float32Array.from(values) })

describe('what a network says', () => {
  it('is a class at every place, wherever the classes lie', () => {
    const second: Task = { kind: 'softmax', probabilities: false, metric: 'mean-iou' }
    // Two classes, two places: the planes are [1, 5] and [3, 2].
    expect(saidOf(second, output([1, 2, 2], [1, 5, 3, 2]))).toEqual({
      samples: 1,
      each: 2,
      values: Int32Array.of(1, 0),
    })
    const last: Task = { ...second, metric: 'perplexity', classAxis: 'last' }
    expect([...saidOf(last, output([1, 2, 2], [1, 5, 3, 2])).values]).toEqual([1, 0])
  })

  it('is a yes or no for each of several labels, and numbers as they are', () => {
    const labels: Task = { kind: 'bernoulli', probabilities: true, metric: 'f1', classAxis: 'none' }
    expect([...saidOf(labels, output([1, 3], [0.2, 0.7, 0.5])).values]).toEqual([0, 1, 0])
    const numbers: Task = { kind: 'gaussian', probabilities: false, metric: 'rmse' }
    expect(saidOf(numbers, output([2, 2], [1, 2, 3, 4]))).toEqual({
      samples: 2,
      each: 2,
      values: Float32Array.of(1, 2, 3, 4),
    })
  })
})

describe('how far apart two are', () => {
  const task: Task = { kind: 'softmax', probabilities: false, metric: 'mean-iou' }
  const said = (...values: number[]) => ({ samples: 2, each: values.length / 2, values: Int32Array.from(values) })

  it('is the share of what is asked that they say otherwise', () => {
    const [a, b] = [said(0, 1, 2, 0, 0, 0, 1, 1), said(0, 1, 1, 1, 0, 0, 1, 1)]
    expect(apart(task, a, b, 0, null)).toBe(0.5)
    expect(apart(task, a, b, 1, null)).toBe(0)
    // The last place is a border: nothing is asked there.
    expect(apart(task, a, b, 0, [0, 1, 2, -1, 0, 0, 1, 1])).toBeCloseTo(1 / 3)
  })

  it('is the root mean square between numbers', () => {
    const numbers = (...values: number[]) => ({ samples: 1, each: 2, values: Float32Array.from(values) })
    const gaussian: Task = { kind: 'gaussian', probabilities: false, metric: 'rmse' }
    expect(apart(gaussian, numbers(1, 5), numbers(4, 1), 0, null)).toBeCloseTo(Math.sqrt(12.5))
  })
})
