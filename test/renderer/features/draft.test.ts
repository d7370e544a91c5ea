import { describe, expect, it } from 'vitest'
import * as contract from '../../../src/contract/run'
import * as choices from '../../../src/renderer/features/new-run/choices'
import { comparisonConfigs, defaultConfig } from '../../../src/renderer/features/new-run/config'
import { type Draft, draftConfigs, emptyDraft, goalValues } from '../../../src/renderer/features/new-run/draft'

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
  })

  it('compare four strategies at two budgets, each with the same refit', () => {
    const configs = comparisonConfigs('auto')
    expect(configs).toHaveLength(8)
    expect(new Set(configs.map((config) => config.refit))).toEqual(new Set(['sequential']))
    for (const config of configs) expect(contract.runConfigSchema.safeParse(config).success).toBe(true)
  })

  it('are strategies x values x seeds, twice with the published arm', () => {
    const of = draft({ strategies: ['l2', 'random'], goals: '50, 30 15', seeds: 3, firstSeed: 4 })
    expect(draftConfigs(of)).toHaveLength(18)
    expect(new Set(draftConfigs(of).map((config) => config.seed))).toEqual(new Set([4, 5, 6]))
    expect(draftConfigs({ ...of, published: true })).toHaveLength(36)
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
