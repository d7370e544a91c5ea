/**
 * The filter language of the runs table: words that must occur, `key:value`, `key<number`, `key>number`, and `-` before
 * any of them for "not". `strategy:l2 macs<35 -status:failed "my tag"`.
 */
import type { Run } from '../../../contract'
import { figuresOf } from './figures'

type TextKey = 'status' | 'strategy' | 'refit' | 'allocation' | 'tag' | 'name' | 'note' | 'goal'
type NumberKey = 'macs' | 'params' | 'bytes' | 'acc' | 'drop' | 'agreement' | 'kl' | 'seed' | 'epochs' | 'seconds'

const textKeys: Record<TextKey, (run: Run) => readonly string[]> = {
  status: (run) => [run.status],
  strategy: (run) => [run.config.strategy],
  refit: (run) => [run.config.refit],
  allocation: (run) => [run.config.allocation],
  tag: (run) => run.tags,
  name: (run) => [run.name],
  note: (run) => [run.notes],
  goal: (run) => [run.config.goal.kind],
}

const percent = (share: number | null) => (share === null ? null : share * 100)

/** Shares are asked for in percent, as the table shows them. */
const numberKeys: Record<NumberKey, (run: Run) => number | null> = {
  macs: (run) => percent(figuresOf(run).macsKept),
  params: (run) => percent(figuresOf(run).paramsKept),
  bytes: (run) => percent(figuresOf(run).bytesKept),
  acc: (run) => figuresOf(run).metric,
  drop: (run) => figuresOf(run).drop,
  agreement: (run) => percent(figuresOf(run).agreement),
  kl: (run) => figuresOf(run).kl,
  seed: (run) => run.config.seed,
  epochs: (run) => run.config.finetune.epochs,
  seconds: (run) => figuresOf(run).seconds,
}

export const queryKeys = [...Object.keys(textKeys), ...Object.keys(numberKeys)]

const isTextKey = (key: string): key is TextKey => Object.hasOwn(textKeys, key)
const isNumberKey = (key: string): key is NumberKey => Object.hasOwn(numberKeys, key)

type Test = (run: Run) => boolean

/** What the run says of itself, for words without a key. `title` is its name in the present language. */
const haystack = (run: Run, title: string): string =>
  [title, run.name, run.config.strategy, run.notes, ...run.tags].join('\n').toLowerCase()

function compare(key: NumberKey, sign: string, wanted: number): Test {
  return (run) => {
    const value = numberKeys[key](run)
    if (value === null) return false
    if (sign === '<') return value < wanted
    if (sign === '>') return value > wanted
    return Math.abs(value - wanted) < 0.005
  }
}

function testOf(term: string, titleOf: (run: Run) => string): Test {
  const match = /^([a-z]+)([:<>=])(.*)$/i.exec(term)
  const [, key = '', sign = '', value = ''] = match ?? []
  const low = key.toLowerCase()
  if (isNumberKey(low) && value !== '' && Number.isFinite(Number(value))) return compare(low, sign, Number(value))
  if (isTextKey(low) && (sign === ':' || sign === '=')) {
    const wanted = value.toLowerCase()
    return (run) => textKeys[low](run).some((text) => text.toLowerCase().includes(wanted))
  }
  const word = term.toLowerCase()
  return (run) => haystack(run, titleOf(run)).includes(word)
}

/** @returns whether a run answers the query; an empty query lets everything through. */
export function parseQuery(query: string, titleOf: (run: Run) => string): Test {
  const terms = query.match(/-?(?:[a-z]+[:<>=])?"[^"]*"|\S+/gi) ?? []
  const tests = terms.map((raw): Test => {
    const negated = raw.length > 1 && raw.startsWith('-')
    const test = testOf((negated ? raw.slice(1) : raw).replaceAll('"', ''), titleOf)
    return negated ? (run) => !test(run) : test
  })
  return (run) => tests.every((test) => test(run))
}

/** Ways to go on with the last word: keys, then the values that the runs have. */
export function completions(query: string, runs: readonly Run[]): string[] {
  const last = /\S*$/.exec(query)?.[0] ?? ''
  const head = query.slice(0, query.length - last.length)
  const minus = last.startsWith('-') ? '-' : ''
  const word = last.slice(minus.length).toLowerCase()
  const [key = '', typed] = word.split(':')
  if (typed !== undefined && isTextKey(key)) {
    const values = new Set<string>()
    for (const run of runs) for (const value of textKeys[key](run)) if (value !== '') values.add(value)
    return [...values]
      .filter((value) => value.toLowerCase().startsWith(typed) && value.toLowerCase() !== typed)
      .sort()
      .slice(0, 8)
      .map((value) => `${head}${minus}${key}:${/\s/.test(value) ? `"${value}"` : value} `)
  }
  return queryKeys
    .filter((name) => name.startsWith(word) && word !== '')
    .slice(0, 8)
    .map((name) => `${head}${minus}${name}${isTextKey(name) ? ':' : '<'}`)
}
