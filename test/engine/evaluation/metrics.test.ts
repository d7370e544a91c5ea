/** Top-5, F1, mean IoU and perplexity on numbers that are worked out by hand. */
import { describe, expect, it } from 'vitest'
import type { DataSource, SampleTable } from '../../../src/engine/data/types'
import { describeTask, PairMeter, ScoreMeter, type Task } from '../../../src/engine/evaluation'
import { Graph } from '../../../src/engine/graph/graph'

const logits = (names: readonly number[], width: number) =>
  Float32Array.from(names.flatMap((name) => Array.from({ length: width }, (_, k) => (k === name ? 4 : -k / 10))))
const task = (metric: Task['metric'], classAxis: Task['classAxis'] = 'second'): Task => ({
  kind: 'softmax',
  probabilities: false,
  metric,
  classAxis,
})

describe('metrics', () => {
  it('count the five likeliest, and F1 of every class alike', () => {
    const meter = new ScoreMeter(task('accuracy'), 7)
    // Named 0, 0, 1, 6; labels 0, 1, 1, 5. Class 5 is sixth where 6 is named first: 6, 0, 1, 2, 3.
    meter.add({ dims: [4, 7], data: logits([0, 0, 1, 6], 7) }, Int32Array.of(0, 1, 1, 5))
    const score = meter.score()
    expect(score.value).toBe(50)
    expect(score.others?.['top-5']).toBe(75)
    // F1: class 0 2/3, class 1 2/3, class 5 0, class 6 0.
    expect(score.others?.f1).toBeCloseTo((100 * (2 / 3 + 2 / 3)) / 4, 10)
  })

  it('take mean IoU over the whole split, without what asks for nothing', () => {
    const meter = new ScoreMeter(task('mean-iou'), 3)
    // Two pictures of 2 x 2, classes behind the samples. Named 0 0 1 1 and 2 2 2 2.
    const named = [0, 0, 1, 1, 2, 2, 2, 2]
    const data = new Float32Array(2 * 3 * 4)
    named.forEach((name, i) => {
      data[(Math.floor(i / 4) * 3 + name) * 4 + (i % 4)] = 1
    })
    meter.add({ dims: [2, 3, 2, 2], data }, Int32Array.of(0, 1, 1, 1, 2, 2, 0, -1))
    // Class 0: 1 of {0, 1, 6}; class 1: 2 of {1, 2, 3}; class 2: 2 of {4, 5, 6}.
    const score = meter.score()
    expect(score.perClass.map((value) => Math.round(value * 1000) / 1000)).toEqual([33.333, 66.667, 66.667])
    expect(score.value).toBeCloseTo((100 / 3 + 200 / 3 + 200 / 3) / 3, 10)
  })

  it('take perplexity over all tokens that are asked for', () => {
    const meter = new ScoreMeter(task('perplexity', 'last'), 0)
    const data = Float32Array.from([0.5, 0.25, 0.25, 0.1, 0.8, 0.1, 1, 0, 0].map((p) => Math.log(Math.max(p, 1e-30))))
    meter.add({ dims: [1, 3, 3], data }, Int32Array.of(0, 1, -1))
    expect(meter.score().value).toBeCloseTo(Math.exp(-(Math.log(0.5) + Math.log(0.8)) / 2), 5)
  })

  it('compare two networks on every position', () => {
    const pair = new PairMeter(task('mean-iou', 'last'), 2)
    const output = (...names: number[]) => ({ dims: [2, 2, 1, 2], data: logits(names, 2) })
    pair.add(output(0, 1, 1, 1), output(0, 0, 1, 1), Int32Array.of(0, 1, 1, 1))
    const score = pair.score()
    expect(score.original.value).toBe(100)
    // Class 0: 1 of 2, class 1: 2 of 3.
    expect(score.drop).toBeCloseTo(100 - (50 + 200 / 3) / 2, 10)
    expect(score.dropBound).toBeGreaterThan(score.drop as number)
    expect(score.agreement).toBe(0.75)
  })

  const graphOf = (shape: (number | string)[]) =>
    new Graph({
      name: 'g',
      inputs: [],
      outputs: [{ name: 'y', dtype: 'float32', shape }],
      nodes: [],
      constants: new Map(),
      values: new Map([['y', { name: 'y', dtype: 'float32', shape }]]),
    })
  const dataOf = (kind: DataSource['kind'], count: number, labels: Int32Array, tokens?: Int32Array) =>
    ({
      kind,
      train: {
        count,
        labels,
        read: () => ({
          count,
          inputs: new Map(tokens ? [['ids', { dims: [count, tokens.length / count], data: tokens }]] : []),
          labels,
        }),
      } as SampleTable,
      validation: null,
      test: null,
      classes: [],
    }) as unknown as DataSource

  it.each([
    ['pictures with classes second', ['batch', 5, 4, 6], 'npz', 2, 48, { metric: 'mean-iou', classAxis: 'second' }],
    ['pictures with classes last', ['batch', 4, 6, 5], 'npz', 2, 48, { metric: 'mean-iou', classAxis: 'last' }],
    ['one logit a pixel', ['batch', 1, 4, 6], 'npz', 2, 48, { kind: 'bernoulli', metric: 'mean-iou' }],
    ['one logit a step', ['batch', 6, 1], 'npz', 2, 12, { kind: 'bernoulli', metric: 'accuracy', classAxis: 'last' }],
    ['a language model', ['batch', 'length', 50], 'jsonl', 3, 27, { metric: 'perplexity', classAxis: 'last' }],
    ['one label a sample', ['batch', 10], 'npz', 3, 3, { metric: 'accuracy' }],
    ['several labels a sample', ['batch', 10], 'npz', 3, 30, { kind: 'bernoulli', metric: 'f1', classAxis: 'none' }],
  ] as const)('are chosen by data and output: %s', (_what, shape, kind, count, labels, wanted) => {
    expect(describeTask(graphOf([...shape]), dataOf(kind, count, new Int32Array(labels)))).toMatchObject(wanted)
  })

  it('is that of a language model where labels are the tokens that follow, whatever file they come in', () => {
    const tokens = Int32Array.of(7, 3, 9, 4, 5, 2, 8, 1)
    const taskOf = (labels: number[]) =>
      describeTask(graphOf(['batch', 4, 20]), dataOf('npz', 2, Int32Array.from(labels), tokens))
    expect(taskOf([3, 9, 4, -1, 2, 8, 1, 6])).toMatchObject({ metric: 'perplexity', classAxis: 'last' })
    expect(taskOf([3, 9, 4, -1, 2, 8, 2, 6])).toMatchObject({ metric: 'accuracy', classAxis: 'last' })
    expect(taskOf([-1, -1, -1, -1, -1, -1, -1, 6])).toMatchObject({ metric: 'accuracy' })
  })
})
