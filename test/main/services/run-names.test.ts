/** What runs are called: alone, in a sweep, and in a sweep that was given a name. */
import { expect, test } from 'vitest'
import { type RunConfig, runConfigSchema } from '../../../src/contract/run'
import { runName } from '../../../src/main/services/run-names'

const of = (change: Partial<RunConfig>): RunConfig =>
  runConfigSchema.parse({ strategy: 'l2', goal: { kind: 'keep-macs', value: 0.5 }, ...change })
const named = (given: string | undefined, ...sweep: RunConfig[]) => sweep.map((config) => runName(config, sweep, given))

test('strategy and budget, and what else differs', () => {
  expect(named(undefined, of({}))).toEqual(['l2 · 50 % MACs'])
  expect(named(undefined, of({ seed: 0 }), of({ seed: 1 }))).toEqual([
    'l2 · 50 % MACs · seed 0',
    'l2 · 50 % MACs · seed 1',
  ])
})

test('a name that was given is followed by what differs alone', () => {
  expect(named('Too large', of({}))).toEqual(['Too large'])
  expect(named('Too large', of({ seed: 0 }), of({ seed: 1 }))).toEqual(['Too large · seed 0', 'Too large · seed 1'])
  expect(named('Try', of({}), of({ strategy: 'random' }))).toEqual(['Try · l2', 'Try · random'])
})
