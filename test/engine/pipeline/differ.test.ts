/** The samples on which networks answer most differently, over whole splits. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DataSource, SampleTable } from '../../../src/engine/data/types'
import type { Graph } from '../../../src/engine/graph/graph'
import { compress, differ, namesOneClass } from '../../../src/engine/pipeline'
import { furthest } from '../../../src/engine/pipeline/differ'
import { memoryStore, toyConfig, toyData, toyNetwork, watched } from '../support/toy'

describe('which samples are shown', () => {
  it('are the first ones of every two, all together those furthest apart first', () => {
    const near = Float32Array.of(0.1, 0, 0.3, 0.2, 0.15, 0.05, 0.12, 0.11)
    const far = Float32Array.of(0, 0.9, 0, 0, 0, 0, 0, 0)
    expect(furthest([near, far], 8)).toEqual([1, 2, 3, 4, 6])
    expect(furthest([near, far], 2)).toEqual([1, 2])
  })

  it('are none where all say the same', () => {
    expect(furthest([new Float32Array(3)], 8)).toEqual([])
  })
})

describe('networks that answer with numbers', () => {
  let graph: Graph
  let smaller: Graph
  const data = toyData({ train: 500, test: 60 })
  /** The toy's four classes as four numbers to come close to. */
  const numbers = (table: SampleTable): SampleTable => {
    const targets = (labels: ArrayLike<number>) =>
      Float32Array.from({ length: labels.length * 4 }, (_, i) => Number(labels[Math.floor(i / 4)] === i % 4))
    return {
      count: table.count,
      labels: targets(table.labels as Int32Array),
      read: (indices) => {
        const batch = table.read(indices)
        return { ...batch, labels: targets(batch.labels as Int32Array) }
      },
    }
  }
  const regression: DataSource = {
    ...data,
    classes: [],
    train: numbers(data.train),
    test: data.test && numbers(data.test),
  }

  beforeAll(async () => {
    graph = await toyNetwork()
    const config = toyConfig({ goal: { kind: 'keep-macs', value: 0.4 }, strategy: 'l2', refit: 'none' })
    smaller = (await compress({ graph, data, config }, watched(memoryStore()))).graph
  }, 120_000)

  const held = (...graphs: Graph[]) => graphs.map((each) => async () => each)

  it('are told from those that name one class a sample', () => {
    expect([namesOneClass(graph, data), namesOneClass(graph, regression)]).toEqual([true, false])
  })

  it('are laid side by side where they are furthest apart, with their errors', async () => {
    const { task, shape, samples } = await differ(held(graph, smaller, graph), regression, { split: 'test', limit: 9 })
    expect([task.metric, shape]).toEqual(['rmse', [4]])
    const [first] = samples
    const [before = [], after = [], again = []] = first?.said ?? []
    expect(again).toEqual(before)
    const between = Math.sqrt(
      Array.from(before).reduce((sum, value, k) => sum + (value - (after[k] as number)) ** 2, 0) / 4,
    )
    // (0, 1), (0, 2), (1, 2)
    expect(first?.apart[0]).toBeCloseTo(between, 5)
    expect(first?.apart[1]).toBe(0)
    expect(first?.apart[2]).toBeCloseTo(between, 5)
    const furthestFirst = samples.map(({ apart }) => apart[0] as number)
    expect(furthestFirst).toEqual([...furthestFirst].sort((a, b) => b - a))
    const target = (regression.test as SampleTable).read(Int32Array.of(first?.row ?? 0)).labels as Float32Array
    const error = Array.from(after).reduce((sum, value, k) => sum + (value - (target[k] as number)) ** 2, 0) / 4
    expect(first?.losses[1]).toBeCloseTo(error, 5)
  })

  it('are in memory one at a time, however many parts the split is gone through in', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const handedOut: WeakRef<Graph>[] = []
    const alive: number[] = []
    const left = async () => {
      // What was looked at through a WeakRef lives until the end of its turn.
      await new Promise(setImmediate)
      collect()
      return handedOut.filter((graph) => graph.deref() !== undefined).length
    }
    const load = (original: Graph) => async () => {
      // A frame that is done with may hold one for a turn longer; what is held on purpose stays.
      let count = await left()
      for (let turn = 0; count > 0 && turn < 5; turn++) count = await left()
      alive.push(count)
      const own = original.with({})
      handedOut.push(new WeakRef(own))
      return own
    }
    const loaders = [graph, smaller, graph].map(load)
    const whole = await differ(loaders, regression, { split: 'test', limit: 9, batch: 16 })
    const askedOnce = handedOut.length
    // An answer is four numbers, of three networks and the labels: so much is one batch of 16.
    const parts = await differ(loaders, regression, { split: 'test', limit: 9, batch: 16, mostKept: 16 * 4 * 4 * 4 })
    expect(parts).toEqual(whole)
    // What the data means, the whole split, the samples that are shown; of the second, four parts.
    expect([askedOnce, handedOut.length - askedOnce]).toEqual([1 + 3 + 3, 1 + 4 * 3 + 3])
    expect(alive).toEqual(alive.map(() => 0))
  })

  it('stop when they are told to', async () => {
    const signal = AbortSignal.abort()
    const asked = differ(held(graph, smaller), regression, { split: 'test', limit: 9, hooks: { signal } })
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
