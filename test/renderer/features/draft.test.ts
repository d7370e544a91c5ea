import { describe, expect, it } from 'vitest'
import type { Run, RunConfig } from '../../../src/contract'
import * as contract from '../../../src/contract/run'
import * as choices from '../../../src/renderer/features/new-run/choices'
import { comparisonConfigs, defaultConfig } from '../../../src/renderer/features/new-run/config'
import {
  type Draft,
  draftConfigs,
  emptyDraft,
  goalValues,
  wholeDraft,
} from '../../../src/renderer/features/new-run/draft'
import { estimatePace } from '../../../src/renderer/features/new-run/pace'
import { makeWorld } from '../fake/world'

const draft = (change: Partial<Draft>): Draft => ({ ...emptyDraft, ...change })

describe('configurations of new runs', () => {
  it('start from the defaults of the contract', () => {
    const goal = { kind: 'keep-macs' as const, value: 0.3 }
    expect(defaultConfig(goal)).toEqual(contract.runConfigSchema.parse({ goal }))
  })

  it('offer everything the contract knows', () => {
    expect([...choices.refits].sort()).toEqual([...contract.refits].sort())
    expect([...choices.allocations].sort()).toEqual([...contract.allocations].sort())
    expect([...choices.backends].sort()).toEqual([...contract.backends].sort())
    expect([...choices.rateSchedules].sort()).toEqual([...contract.rateSchedules].sort())
    expect([...choices.augmentations].sort()).toEqual([...contract.augmentations].sort())
  })

  it('compare four strategies at two budgets, each with the same refit', () => {
    const configs = comparisonConfigs('auto')
    expect(configs).toHaveLength(8)
    expect(new Set(configs.map((config) => config.refit))).toEqual(new Set(['layerwise']))
    for (const config of configs) expect(contract.runConfigSchema.safeParse(config).success).toBe(true)
  })

  it('are strategies x values x seeds x refits; from scratch there is one arm', () => {
    const of = draft({ strategies: ['l2', 'random'], goals: '50, 30 15', seeds: 3, firstSeed: 4 })
    expect(draftConfigs(of)).toHaveLength(18)
    expect(new Set(draftConfigs(of).map((config) => config.seed))).toEqual(new Set([4, 5, 6]))
    expect(draftConfigs({ ...of, refits: ['sequential', 'none'] })).toHaveLength(36)
    const withScratch = draftConfigs({ ...of, strategies: ['l2', 'scratch'], refits: ['sequential', 'bn', 'none'] })
    expect(withScratch).toHaveLength(3 * 3 * (3 + 1))
    expect(withScratch.filter((one) => one.strategy === 'scratch').every((one) => one.refit === 'none')).toBe(true)
  })

  it('prune in steps where a criterion scores, and nowhere else', () => {
    const of = draft({ strategies: ['result-oriented', 'l2', 'scratch'], iterations: 4 })
    const steps = Object.fromEntries(draftConfigs(of).map(({ strategy, iterations }) => [strategy, iterations]))
    expect(steps).toEqual({ 'result-oriented': undefined, l2: 4, scratch: undefined })
    for (const config of draftConfigs(of)) expect(contract.runConfigSchema.safeParse(config).success).toBe(true)
  })

  it('read shares from percent and leave out what is no budget', () => {
    expect(goalValues({ goals: '30 %, 0, abc, 150, 30', goalKind: 'keep-macs' })).toEqual([0.3])
    expect(goalValues({ goals: '250000;0.5', goalKind: 'max-bytes' })).toEqual([250000, 0.5])
  })

  it('are valid even while number fields are empty', () => {
    const broken = draft({ seeds: '' as unknown as number, roundTo: '' as unknown as number, calibration: 3, batch: 0 })
    for (const config of draftConfigs(broken)) expect(contract.runConfigSchema.safeParse(config).success).toBe(true)
  })
})

it('a draft of an earlier version opens with what it lacks', () => {
  const { refits: _refits, ...older } = emptyDraft
  expect(wholeDraft({ ...older, goals: '42' })).toEqual({ ...emptyDraft, goals: '42' })
})

describe('the time of a sweep', () => {
  const { runs } = makeWorld()
  const [first] = runs.filter((run) => run.status === 'done' && run.result) as [Run, ...Run[]]
  const result = first.result as NonNullable<Run['result']>
  const of = { modelId: first.modelId, datasetId: first.datasetId }
  const timed = (seconds: number, config: Partial<RunConfig> = {}): Run => ({
    ...first,
    config: { ...first.config, ...config },
    result: { ...result, timing: { ...result.timing, totalMs: seconds * 1000 } },
  })

  it('is the sum of the middle times of runs like these', () => {
    const past = [timed(10), timed(20), timed(90), timed(5, { strategy: 'fpgm' })]
    expect(estimatePace([first.config, first.config], past, of)).toEqual({ seconds: 40, from: 3, unknown: 0 })
  })

  it('falls back on other strategies with the same recovery, and says what is like nothing', () => {
    const past = [timed(30)]
    const other = { ...first.config, strategy: 'fpgm' }
    const longer = { ...first.config, finetune: { ...first.config.finetune, epochs: 77 } }
    expect(estimatePace([other, longer], past, of)).toEqual({ seconds: 30, from: 1, unknown: 1 })
    expect(estimatePace([longer], past, of)).toEqual({ seconds: null, from: 0, unknown: 1 })
  })

  it('learns nothing from other models and from runs that were cut short', () => {
    const past = [
      { ...timed(3), modelId: 'another' },
      { ...timed(4), status: 'cancelled' as const },
    ]
    expect(estimatePace([first.config], past, of).seconds).toBeNull()
  })
})
