/** What the search language can ask of a run: words, figures and moments, each by its key. */
import type { Run } from '../../../contract'
import { figuresOf } from './figures'

/** Names that only the page knows, in the present language. */
export interface QueryNames {
  title(run: Run): string
  model(id: string): string
  dataset(id: string): string
}

type TextOf = (run: Run, names: QueryNames) => readonly string[]

export const textKeys = {
  status: (run) => [run.status],
  strategy: (run) => [run.config.strategy],
  refit: (run) => [run.config.refit],
  allocation: (run) => [run.config.allocation],
  tag: (run) => run.tags,
  name: (run, names) => [names.title(run)],
  note: (run) => [run.notes],
  goal: (run) => [run.config.goal.kind],
  model: (run, names) => [names.model(run.modelId)],
  data: (run, names) => [names.dataset(run.datasetId)],
  backend: (run) => [run.environment?.backend ?? run.config.backend],
  error: (run) => (run.error ? [run.error.code, run.error.message] : []),
} satisfies Record<string, TextOf>

const percent = (share: number | null) => (share === null ? null : share * 100)

/** Shares are asked for in percent, as the table shows them; sizes in bytes, times in seconds, latency in milliseconds. */
export const numberKeys = {
  accuracy: (run) => figuresOf(run).metric,
  drop: (run) => figuresOf(run).drop,
  macs: (run) => percent(figuresOf(run).macsKept),
  params: (run) => percent(figuresOf(run).paramsKept),
  bytes: (run) => percent(figuresOf(run).bytesKept),
  size: (run) => figuresOf(run).bytes,
  agreement: (run) => percent(figuresOf(run).agreement),
  kl: (run) => figuresOf(run).kl,
  latency: (run) => figuresOf(run).latency,
  budget: (run) => {
    const { kind, value } = run.config.goal
    return kind === 'keep-macs' || kind === 'keep-params' ? value * 100 : value
  },
  seed: (run) => run.config.seed,
  epochs: (run) => run.config.finetune.epochs,
  calibration: (run) => run.config.calibration,
  seconds: (run) => figuresOf(run).seconds,
} satisfies Record<string, (run: Run) => number | null>

/** ISO times; a date is compared by its beginning, so that `created:2026-11` is the whole month. */
export const timeKeys = {
  created: (run) => run.createdAt,
  finished: (run) => run.finishedAt,
} satisfies Record<string, (run: Run) => string | null>

export type TextKey = keyof typeof textKeys
export type NumberKey = keyof typeof numberKeys
export type TimeKey = keyof typeof timeKeys

const aliases: Readonly<Record<string, string>> = {
  acc: 'accuracy',
  duration: 'seconds',
  time: 'seconds',
  ms: 'latency',
  tags: 'tag',
  notes: 'note',
  dataset: 'data',
  epoch: 'epochs',
}

/** The key itself, from how people also write it. */
export const canonical = (key: string): string => {
  const low = key.toLowerCase()
  return aliases[low] ?? low
}

export const isTextKey = (key: string): key is TextKey => Object.hasOwn(textKeys, key)
export const isNumberKey = (key: string): key is NumberKey => Object.hasOwn(numberKeys, key)
export const isTimeKey = (key: string): key is TimeKey => Object.hasOwn(timeKeys, key)

export const queryKeys: readonly string[] = [
  ...Object.keys(textKeys),
  ...Object.keys(numberKeys),
  ...Object.keys(timeKeys),
]
