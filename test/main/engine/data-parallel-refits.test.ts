/** Refits of several plans on worker threads: the bytes of one thread, whoever dies on the way. */
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling'
import { type PlanRefits, planRefits } from '../../../src/engine/recovery/refit-elsewhere'
import { resultTrials } from '../../../src/engine/recovery/refit-trials'
import { initBackend, memoryUse, type WorkerPool } from '../../../src/engine/runtime'
import { applyPlan } from '../../../src/engine/surgery'
import {
  chainNetwork,
  chainTable,
  halfOf,
  range,
  weightsOf,
} from '../../engine/strategies/result-oriented/chain-network'
import { endingAt, workerPools } from './support/workers'

const pool = workerPools()
const original = chainNetwork()
const coupling = analyseCoupling(original)
const table = chainTable()
// Not the table's own order, and not all of it.
const calibration = { table, indices: range(table.count).reverse().subarray(3) }
const options = { batch: 16, seed: 0, positions: 8, rectifierSteps: 0 }

const plans = ['conv2', 'conv0', 'conv1'].map((name) => halfOf(name, coupling))
const all = (refits: PlanRefits) =>
  Promise.all(plans.map(async (plan) => weightsOf(await refits.refit(plan, applyPlan(original, coupling, plan)))))

describe('refits of plans on all cores', () => {
  let alone: Awaited<ReturnType<typeof all>>
  beforeAll(async () => {
    await initBackend({ backend: 'wasm' })
    const here = planRefits(original, coupling, calibration, options, {}, null)
    expect(here.atOnce).toBe(1)
    alone = []
    for (const plan of plans) {
      alone.push(weightsOf(await here.refit(plan, applyPlan(original, coupling, plan))))
    }
    here.dispose()
  })

  async function elsewhere(workers: WorkerPool, signal?: AbortSignal) {
    const refits = planRefits(original, coupling, calibration, options, signal ? { signal } : {}, workers)
    try {
      expect(refits.atOnce).toBe(workers.size + 1)
      return await all(refits)
    } finally {
      refits.dispose()
    }
  }

  it.each([2, 3])('have the bytes of one thread: %i workers', async (size) => {
    const before = memoryUse()
    expect(await elsewhere(pool(size))).toEqual(alone)
    expect(memoryUse()).toEqual(before)
  })

  it('are made again where a worker ended', async () => {
    expect(await elsewhere(endingAt(pool(2), (run) => run === 2))).toEqual(alone)
  })

  it('foretell the same of networks, here and there', async () => {
    const networks = plans.map((plan) => applyPlan(original, coupling, plan))
    const options = { form: { kind: 'softmax' as const }, seed: 0, steps: 3 }
    const foretold = async (workers: WorkerPool | null) => {
      const trials = resultTrials(original, calibration, new Int32Array(), options, undefined, workers)
      const found: number[] = []
      for (const network of networks) found.push(await trials.divergenceOf(network))
      trials.dispose()
      return found
    }
    const before = memoryUse()
    const here = await foretold(null)
    expect(memoryUse()).toEqual(before)
    expect(new Set(here).size).toBe(networks.length)
    expect(await foretold(pool(2))).toEqual(here)
  })

  it('end when they are cancelled, though a worker has not', async () => {
    const abort = new AbortController()
    const cancelled = elsewhere(pool(2), abort.signal)
    abort.abort()
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await elsewhere(pool(2))).toEqual(alone)
  })
})
