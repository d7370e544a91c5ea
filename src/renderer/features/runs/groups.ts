/** By what runs are grouped: which group a run is in, and what a group says of its runs. */
import type { Run, TableLayout } from '../../../contract'
import { type GroupField, groupKeys, mostGroups } from '../../../contract/arrangement'
import type { Column, ColumnHelp } from './columns'
import { metricOf } from './figures'
import { type Spread, spreadOf } from './spread'

const isField = (word: string): word is GroupField => word !== 'none' && groupKeys.some((key) => key === word)

/** Each field once, no more than a person can follow. */
const several = (words: readonly string[]): GroupField[] => [...new Set(words.filter(isField))].slice(0, mostGroups)

/** The fields of a layout, the outermost first. */
export const groupsOf = (group: TableLayout['group']): readonly GroupField[] =>
  several(typeof group === 'string' ? [group] : group)

/** The same as an address has them: `strategy,goal`. What is no field is left out. */
export const groupsFrom = (text: string): GroupField[] => several(text.split(','))

/** Budgets by kind and value: ten thousand runs have a few, and a text that is made anew each time is slow to look up. */
const goalKeys = new Map<string, Map<number, string>>()

function goalKey({ kind, value }: Run['config']['goal']): string {
  const ofKind = goalKeys.get(kind) ?? new Map<number, string>()
  goalKeys.set(kind, ofKind)
  const key = ofKind.get(value) ?? `${kind} ${value}`
  ofKind.set(value, key)
  return key
}

function keyOf(run: Run, field: GroupField): string {
  const { config } = run
  switch (field) {
    case 'strategy':
    case 'refit':
    case 'allocation':
      return config[field]
    case 'goal':
      return goalKey(config.goal)
    case 'status':
      return run.status
    case 'epochs':
      return String(config.finetune.epochs)
    case 'seed':
      return String(config.seed)
    case 'model':
      return run.modelId
    case 'dataset':
      return run.datasetId
    case 'tags':
      return [...run.tags].sort().join()
    case 'sweep':
      return run.sweepId ?? 'single'
  }
}

/** What a group is called, by any of its runs. */
export function titleOf(run: Run, field: GroupField, help: ColumnHelp): string {
  const { config } = run
  switch (field) {
    case 'strategy':
      return help.strategy(config.strategy)
    case 'goal':
      return help.goal(config.goal)
    case 'status':
      return help.t(`common.status.${run.status}`)
    case 'refit':
    case 'allocation':
      return help.t(`common.${field}.${config[field]}`)
    case 'epochs':
    case 'seed':
      return help.valued(field, keyOf(run, field))
    case 'model':
      return help.model(run.modelId)
    case 'dataset':
      return help.dataset(run.datasetId)
    case 'tags':
      return run.tags.length > 0 ? help.format.list([...run.tags].sort()) : help.t('grouping.withoutTags')
    case 'sweep':
      return run.sweepId ? help.format.time(run.createdAt) : help.t('grouping.single')
  }
}

type Parts = ReadonlyMap<string, readonly Run[]>

/** What was split stays for as long as its runs do: a further field, or one that is folded, splits no outer group anew. */
const known = new WeakMap<readonly Run[], Map<GroupField, Parts>>()

/** The groups of some runs by their keys, in the order in which the first run of each comes. */
export function split(runs: readonly Run[], field: GroupField): Parts {
  const ofRuns = known.get(runs) ?? new Map<GroupField, Parts>()
  known.set(runs, ofRuns)
  const found = ofRuns.get(field) ?? splitAnew(runs, field)
  ofRuns.set(field, found)
  return found
}

function splitAnew(runs: readonly Run[], field: GroupField): Map<string, Run[]> {
  const groups = new Map<string, Run[]>()
  for (const run of runs) {
    const key = keyOf(run, field)
    const found = groups.get(key)
    if (found) found.push(run)
    else groups.set(key, [run])
  }
  return groups
}

/** What a group says in a column. */
export interface GroupFigure {
  readonly mean: string
  /** ± the standard deviation; empty for a single figure. */
  readonly spread: string
  readonly n: number
}

/** What a run reached; a mean of settings would say nothing. */
const reached = new Set([
  'macs',
  'params',
  'bytes',
  'size',
  'accuracy',
  'drop',
  'agreement',
  'kl',
  'latency',
  'duration',
])
/** Shares are kept 0..1 and shown in percent. */
const shares = new Set(['macs', 'params', 'bytes', 'agreement'])
/** Figures with units of their own, which a deviation needs too. */
const withUnits = new Set(['size', 'latency', 'duration'])

interface Reached extends Spread {
  /** The first that has a figure; it says the unit of all. */
  readonly of: Run
}

/** Of the same runs and column it is the same, whatever is folded or grouped around them. */
const figuresOfRuns = new WeakMap<readonly Run[], Map<string, Reached | null>>()

function reachedBy(column: Column, runs: readonly Run[], help: ColumnHelp): Reached | null {
  const ofRuns = figuresOfRuns.get(runs) ?? new Map<string, Reached | null>()
  figuresOfRuns.set(runs, ofRuns)
  const found = ofRuns.get(column.id)
  if (found !== undefined) return found
  const made = reachedAnew(column, runs, help)
  ofRuns.set(column.id, made)
  return made
}

function reachedAnew(column: Column, runs: readonly Run[], help: ColumnHelp): Reached | null {
  if ((column.id === 'accuracy' || column.id === 'drop') && metricOf(runs) === 'none') return null
  const values: number[] = []
  let of: Run | undefined
  for (const run of runs) {
    const value = column.sort(run, help)
    if (typeof value !== 'number') continue
    of ??= run
    values.push(value)
  }
  const spread = spreadOf(values)
  return spread && of ? { ...spread, of } : null
}

/** Null where the column has no figures of results, or figures of several metrics. */
export function groupFigure(column: Column, runs: readonly Run[], help: ColumnHelp): GroupFigure | null {
  const { show } = column
  if (!show || !reached.has(column.id)) return null
  const found = reachedBy(column, runs, help)
  if (!found) return null
  const { mean, deviation, n, of } = found
  const scaled = (deviation ?? 0) * (shares.has(column.id) ? 100 : 1)
  const text = withUnits.has(column.id) ? show(scaled, help.format, of) : String(Number(scaled.toPrecision(2)))
  return { mean: show(mean, help.format, of), spread: deviation === null ? '' : `±${text}`, n }
}
