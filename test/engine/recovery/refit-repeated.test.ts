import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling, type PruningPlan } from '../../../src/engine/coupling/index'
import type { Graph } from '../../../src/engine/graph/graph'
import { sequentialRefit } from '../../../src/engine/recovery/refit'
import { RepeatedRefit } from '../../../src/engine/recovery/refit-repeated'
import { initBackend, memoryUse } from '../../../src/engine/runtime/index'
import { applyPlan } from '../../../src/engine/surgery/index'
import { chainNetwork, chainTable, halfOf, range, weightsOf } from '../strategies/result-oriented/chain-network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

const original = chainNetwork()
const coupling = analyseCoupling(original)
const table = chainTable()
const calibration = { table, indices: range(table.count) }
const options = { batch: 16, seed: 0, positions: 8, rectifierSteps: 0 }

async function alone(plan: PruningPlan): Promise<Graph> {
  const pruned = applyPlan(original, coupling, plan)
  return sequentialRefit(original, pruned, coupling, plan, calibration, options)
}

describe('RepeatedRefit', () => {
  // The second group's operators come before some of those that the first asked for, the third's again before both.
  for (const order of [
    ['conv0', 'conv1', 'conv2'],
    ['conv2', 'conv1', 'conv0'],
  ]) {
    it(`gives what refits by themselves give: ${order.join(', ')}`, async () => {
      const repeated = new RepeatedRefit(original, coupling, calibration, options)
      try {
        for (const name of order) {
          const plan = halfOf(name, coupling)
          const together = await repeated.refit(plan, applyPlan(original, coupling, plan))
          expect(weightsOf(together)).toEqual(weightsOf(await alone(plan)))
        }
      } finally {
        repeated.dispose()
      }
    })
  }

  it('leaves operators beyond its reach as they are', async () => {
    const plan = halfOf('conv0', coupling)
    const pruned = applyPlan(original, coupling, plan)
    const changed = async (reach: number) => {
      const repeated = new RepeatedRefit(original, coupling, calibration, { ...options, reach })
      const result = await repeated.refit(plan, pruned)
      repeated.dispose()
      const names = pruned.nodes
        .filter(({ op }) => op === 'Conv' || op === 'Gemm')
        .map(({ inputs }) => inputs[1] as string)
      return names.filter((name) => result.constants.get(name) !== pruned.constants.get(name))
    }
    const all = await changed(Number.POSITIVE_INFINITY)
    expect(all.length).toBeGreaterThan(2)
    expect(await changed(0)).toEqual(all.slice(0, 1))
    expect(await changed(1)).toEqual(all.slice(0, 2))
  })

  it('gives the same where the rows of the original are not kept', async () => {
    const repeated = new RepeatedRefit(original, coupling, calibration, { ...options, sharedBytes: 0, memoryBytes: 0 })
    const plans = ['conv1', 'conv0'].map((name) => halfOf(name, coupling))
    for (const plan of plans) {
      const together = await repeated.refit(plan, applyPlan(original, coupling, plan))
      expect(weightsOf(together)).toEqual(weightsOf(await alone(plan)))
    }
    repeated.dispose()
  })

  it('frees what it kept, also after it was cancelled', async () => {
    const before = memoryUse().tensors
    // Aborts when asked for the third time in the second refit: a clock would race with a refit that has kept everything.
    let asked = Number.NEGATIVE_INFINITY
    const signal = new AbortController().signal
    Object.defineProperty(signal, 'aborted', { get: () => ++asked >= 3 })
    const repeated = new RepeatedRefit(original, coupling, calibration, options, { signal })
    const plan = halfOf('conv0', coupling)
    const pruned = applyPlan(original, coupling, plan)
    await repeated.refit(plan, pruned)
    expect(memoryUse().tensors).toBeGreaterThan(before)
    asked = 0
    await expect(repeated.refit(plan, pruned)).rejects.toMatchObject({ code: 'CANCELLED' })
    repeated.dispose()
    expect(memoryUse().tensors).toBe(before)
  })
})
