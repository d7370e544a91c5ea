/** The refit on the result on worker threads: the gradients of one thread to rounding, whoever dies on the way. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Graph } from '../../../src/engine/graph/graph'
import { toFloat32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { foldBatchNorm } from '../../../src/engine/recovery/folded-batch-norm'
import { resultRefit } from '../../../src/engine/recovery/refit-result'
import { resultGradients, Teacher } from '../../../src/engine/recovery/result-gradients'
import type { ResultForm } from '../../../src/engine/recovery/result-loss'
import { type Feed, initBackend, memoryUse, type WorkerPool } from '../../../src/engine/runtime'
import { createParameterSession } from '../../../src/engine/runtime/parameter-session'
import { numbers } from '../../engine/runtime/support/op-cases'
import { chainNetwork, range, tableOf } from '../../engine/strategies/result-oriented/chain-network'
import { endingAt, workerPools } from './support/workers'

const pool = workerPools()
const samples = 13
const feedOf = (batch: number): Feed =>
  new Map([['', { dims: [samples, 3, 8, 8], data: numbers(batch, samples * 192) }]])

/** The chain network with other numbers: what a student could be. */
function student(): Graph {
  const original = chainNetwork()
  const constants = new Map(
    [...original.constants].map(([name, constant]) =>
      constant.dtype === 'float32'
        ? [name, { ...constant, data: toFloat32(constant).map((value) => 0.8 * value) }]
        : [name, constant],
    ),
  )
  return inferShapes(foldBatchNorm(original.with({ constants })).graph)
}

/** Gradients of three batches, the first one twice. */
async function gradients(workers: WorkerPool | null, form: ResultForm): Promise<Map<string, Float32Array>[]> {
  const [original, graph] = [chainNetwork(), student()]
  const session = createParameterSession(graph, feedOf(0))
  const teacher = new Teacher(original)
  const question = { form, temperature: 2, atOnce: 128 }
  const of = await resultGradients(original, graph, feedOf(0), session, teacher, question, 128, workers)
  try {
    const all: Map<string, Float32Array>[] = []
    for (const batch of [0, 1, 2, 0]) {
      const found = await of.of(String(batch), feedOf(batch))
      all.push(new Map([...found].map(([name, value]) => [name, Float32Array.from(value.dataSync())])))
      for (const [name, value] of found) {
        if (batch === 1) session.move(name, value)
        value.dispose()
      }
    }
    return all
  } finally {
    of.dispose()
    session.dispose()
    teacher.dispose()
  }
}

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

describe('the refit on the result, on all cores', () => {
  it.each(['softmax', 'bernoulli', 'gaussian'] as const)('has the gradients of one thread: %s', async (kind) => {
    const alone = await gradients(null, { kind })
    const before = memoryUse()
    const shared = await gradients(pool(3), { kind })
    expect(memoryUse()).toEqual(before)
    alone.forEach((batch, i) => {
      for (const [name, values] of batch) {
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        const got = shared[i]?.get(name) as Float32Array
        values.forEach((value, k) => {
          expect(Math.abs((got[k] as number) - value), `${name} ${k}`).toBeLessThan(1e-4 * largest + 1e-9)
        })
      }
    })
  })

  it('gives the same bytes where workers end in the middle', async () => {
    const form = { kind: 'softmax' } as const
    const threads = pool(2)
    expect(
      await gradients(
        endingAt(threads, (run) => run === 3),
        form,
      ),
    ).toEqual(await gradients(pool(2), form))
    expect(threads.generation(0) + threads.generation(1)).toBeGreaterThan(0)
  })

  it('refits to the same bytes again, and stops between steps when it is cancelled', async () => {
    const workers = pool(2)
    const original = chainNetwork()
    const start = original.with({ constants: halved(original) })
    const calibration = { table: tableOf(numbers(5, 96 * 192), [3, 8, 8]), indices: range(96) }
    const options = { form: { kind: 'softmax' }, seed: 3, batch: 32, steps: 96, workers } as const
    const bytesOf = (graph: Graph) => [...graph.constants].map(([name, { data }]) => [name, data.slice()])
    const before = memoryUse()
    const refitted = await resultRefit(original, start, calibration, options)
    expect(refitted).not.toBe(start)
    expect(bytesOf(await resultRefit(original, start, calibration, options))).toEqual(bytesOf(refitted))
    const abort = new AbortController()
    const progress: number[] = []
    const stopped = resultRefit(original, start, calibration, options, {
      signal: abort.signal,
      progress(fraction) {
        progress.push(fraction)
        if (progress.length === 3) abort.abort()
      },
    })
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(progress).toHaveLength(3)
    expect(memoryUse()).toEqual(before)
  })
})

/** Constants with a third of the weights halved: something to regain. */
function halved(original: Graph) {
  return new Map(
    [...original.constants].map(([name, constant]) =>
      constant.dtype === 'float32' && constant.dims.length > 1
        ? [name, { ...constant, data: toFloat32(constant).map((value, i) => value * (i % 3 === 0 ? 0.5 : 1)) }]
        : [name, constant],
    ),
  )
}
