/** Observing on worker threads: the bytes of one thread, whoever dies on the way. */
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling'
import type { Selection } from '../../../src/engine/data/types'
import { inferShapes } from '../../../src/engine/ops/infer'
import { findArchitecture } from '../../../src/engine/reference-networks'
import { initBackend, memoryUse, type WorkerPool, type WorkerRequest } from '../../../src/engine/runtime'
import { useWorkers } from '../../../src/engine/runtime/parallel'
import { type ObserveHooks, observe, type Statistics, type StatisticsRequest } from '../../../src/engine/statistics'
import { Places } from '../../../src/engine/statistics/places'
import { numbers } from '../../engine/runtime/support/op-cases'
import { range, tableOf } from '../../engine/strategies/result-oriented/chain-network'
import { residual } from './support/residual'
import { endingAt, workerPools } from './support/workers'

const pool = workerPools()
const batch = 8
/** Fourteen batches, the last one smaller: three parts, of which the last one ends with two more. */
const count = 13 * batch + 3
const everything: StatisticsRequest = {
  moments: true,
  sensitivity: true,
  propagation: true,
  activations: true,
  gradients: true,
  gradientOf: 'sampled',
  keepMaps: 40,
}

function calibration(): Selection & { read(): number } {
  let read = 0
  const table = tableOf(numbers(3, count * 128), [2, 8, 8])
  const counted: Selection['table'] = {
    ...table,
    count,
    read(indices) {
      read++
      return table.read(indices)
    },
  }
  return { table: counted, indices: range(count), read: () => read }
}

async function observed(
  workers: WorkerPool | null,
  hooks: ObserveHooks = {},
  samples: Selection = calibration(),
): Promise<Statistics> {
  const graph = residual()
  useWorkers(workers, 0)
  try {
    const options = { result: 'softmax', batch, seed: 1, positions: 6, propagationSamples: 16 } as const
    return await observe(graph, analyseCoupling(graph), samples, everything, options, hooks)
  } finally {
    useWorkers(null)
  }
}

/** Counts what a pool has to do at once. */
function watched(threads: WorkerPool, onRun: (run: number) => void = () => {}) {
  const under = Array.from({ length: threads.size }, () => 0)
  const seen = { runs: 0, most: 0, closed: 0 }
  const workers: WorkerPool = {
    ...threads,
    async call(worker: number, request: WorkerRequest) {
      if (request.kind === 'close') seen.closed++
      if (request.kind !== 'run') return threads.call(worker, request)
      under[worker] = (under[worker] as number) + 1
      seen.most = Math.max(seen.most, under[worker] as number)
      onRun(++seen.runs)
      try {
        return await threads.call(worker, request)
      } finally {
        under[worker] = (under[worker] as number) - 1
      }
    },
  }
  return { seen, workers }
}

describe('observing on all cores', () => {
  let alone: Statistics
  beforeAll(async () => {
    await initBackend({ backend: 'wasm' })
    alone = await observed(null)
  })

  it.each([2, 3])('has the bytes of one thread: %i workers', async (size) => {
    const before = memoryUse()
    const progress: number[] = []
    expect(await observed(pool(size), { progress: (fraction) => progress.push(fraction) })).toEqual(alone)
    expect(memoryUse()).toEqual(before)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(progress.at(-1)).toBe(1)
  })

  it('knows padding and recurrent layers in the workers too', async () => {
    const [texts, length] = [41, 6]
    const built = findArchitecture('bilstm').build({ sampleShape: [length], classes: 3, seed: 2, vocabulary: 20 })
    const graph = inferShapes(built)
    const table: Selection['table'] = {
      count: texts,
      labels: null,
      read: (indices) => {
        // Tokens, and zeros that fill up.
        const token = (row: number, at: number) => (at < 2 + (row % 5) ? 1 + ((row * 7 + at * 5) % 19) : 0)
        const rows = Array.from(indices, (row) => Array.from({ length }, (_, at) => token(row, at)))
        const ids = { dims: [indices.length, length], data: Int32Array.from(rows.flat()) }
        return { count: indices.length, inputs: new Map([['', ids]]), labels: null }
      },
    }
    const request = { ...everything, propagation: false, activations: false, keepMaps: 0 }
    const statistics = async (workers: WorkerPool | null) => {
      useWorkers(workers, 0)
      const options = { result: 'softmax', batch, seed: 1 } as const
      const samples = { table, indices: range(texts) }
      return observe(graph, analyseCoupling(graph), samples, request, options).finally(() => useWorkers(null))
    }
    expect(new Places(graph, table.read(range(texts))).padded).toBe(true)
    const here = await statistics(null)
    expect([...here.layers.values()].some(({ recurrent }) => recurrent)).toBe(true)
    expect(await statistics(pool(2))).toEqual(here)
  })

  it('observes a part again whose worker ended, to the same bytes', async () => {
    const threads = pool(2)
    expect(await observed(endingAt(threads, (run) => run === 6))).toEqual(alone)
    expect(threads.generation(0) + threads.generation(1)).toBeGreaterThan(0)
  })

  it('gives up where workers keep ending, with a code', async () => {
    await expect(observed(endingAt(pool(2), () => true))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  })

  it('reads no more than two batches a worker ahead', async () => {
    const { seen, workers } = watched(pool(2))
    await observed(workers)
    expect(seen).toEqual({ runs: 14, most: 2, closed: 2 })
  })

  it('ends when it is cancelled: nothing more is read, and the workers let go', async () => {
    const abort = new AbortController()
    const { seen, workers } = watched(pool(2), (run) => {
      if (run === 3) abort.abort()
    })
    const samples = calibration()
    const before = memoryUse()
    await expect(observed(workers, { signal: abort.signal }, samples)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(memoryUse()).toEqual(before)
    expect(seen.closed).toBe(2)
    expect(seen.runs).toBe(3)
    // And the samples that show what is padding.
    expect(samples.read()).toBe(4)
  })
})
