/** What must be said of a network is kept with it: a run that goes on from a kept step says it too. */
import { beforeAll, expect, it, vi } from 'vitest'
import { EspalierError } from '../../../src/contract/errors'
import type { Graph } from '../../../src/engine/graph/graph'
import { compress } from '../../../src/engine/pipeline'
import type { PipelineHooks } from '../../../src/engine/pipeline/types'
import { memoryStore, toyConfig, toyData, toyNetwork, watched } from '../support/toy'

// As on a network with an operator that the runtime has no gradient of.
vi.mock('../../../src/engine/recovery/refit-result', async (original) => ({
  ...(await original<object>()),
  resultRefit: () => Promise.reject(new EspalierError('MODEL_UNSUPPORTED_FEATURE', 'Gradients cannot pass.')),
}))

let graph: Graph
const data = toyData({ train: 500, test: 100 })

beforeAll(async () => {
  graph = await toyNetwork()
}, 120_000)

it.each([
  ['a budget', { goal: { kind: 'keep-macs', value: 0.5 } }, /^pruned$/],
  ['a tolerance', { goal: { kind: 'max-kl', value: 0.2 } }, /^trial-/],
  ['a criterion in steps', { goal: { kind: 'keep-macs', value: 0.5 }, iterations: 2 }, /^decision$/],
] as const)('is said again after %s was resumed', async (_, config, step) => {
  const settings = toyConfig({ strategy: 'l2', calibration: 64, refit: 'sequential', ...config })
  const run = (hooks: PipelineHooks) => compress({ graph, data, config: settings }, hooks)
  const whole = memoryStore()
  const expected = await run(watched(whole))
  expect(expected.result.warnings).toContainEqual(expect.stringMatching(/layer by layer only.*Gradients cannot pass/))
  const last = whole.saves.findLastIndex((key) => step.test(key))
  expect(last).toBeGreaterThan(-1)
  const resumed = await run(watched(memoryStore(whole.before(last + 1))))
  expect(resumed.result.warnings).toEqual(expected.result.warnings)
  expect(resumed.result.warningsSaid).toEqual(expected.result.warningsSaid)
})
