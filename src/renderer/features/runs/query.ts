/**
 * The search language of the runs table. Terms are joined by "and"; `or` joins such groups.
 *
 *     strategy:l2,random macs<=35 -status:failed "edge camera" or tag:keep
 *
 * A term is a word, a quoted text, or key, sign and value; `-` or `not` before it turns it round. `:` is "contains" for
 * words and "equals" for figures, `=` is "equals"; commas mean "any of".
 */
import type { Run } from '../../../contract'
import {
  canonical,
  isNumberKey,
  isTextKey,
  isTimeKey,
  numberKeys,
  type QueryNames,
  textKeys,
  timeKeys,
} from './query-keys'

export type Test = (run: Run) => boolean

const sign = '!=|<=|>=|:|=|<|>'
const keyed = new RegExp(`^([a-z]+)(${sign})(.*)$`, 'i')
const token = new RegExp(`-?(?:[a-z]+(?:${sign}))?"[^"]*"?|\\S+`, 'gi')

const scales: Readonly<Record<string, number>> = {
  '': 1,
  '%': 1,
  s: 1,
  min: 60,
  h: 3600,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
}

/** 35, 35%, 250kB, 2min; null for anything else. */
export function readNumber(text: string): number | null {
  const [, digits = '', unit = ''] = /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*([a-z%]*)$/i.exec(text.trim()) ?? []
  const scale = scales[unit.toLowerCase()]
  return digits === '' || scale === undefined ? null : Number(digits) * scale
}

/** Figures are equal where the table would show them as equal. */
const near = 0.005

function compareNumbers(value: number, by: string, wanted: number): boolean {
  switch (by) {
    case '<':
      return value < wanted
    case '>':
      return value > wanted
    case '<=':
      return value <= wanted
    case '>=':
      return value >= wanted
    default:
      return Math.abs(value - wanted) < near
  }
}

function compareTimes(value: string, by: string, wanted: string): boolean {
  const start = value.slice(0, wanted.length)
  switch (by) {
    case '<':
      return start < wanted
    case '>':
      return start > wanted
    case '<=':
      return start <= wanted
    case '>=':
      return start >= wanted
    default:
      return start === wanted
  }
}

function textTest(read: (run: Run) => readonly string[], by: string, wanted: string): Test | null {
  const words = wanted.toLowerCase().split(',').filter(Boolean)
  if (by !== ':' && by !== '=') return null
  const fits = (text: string) => words.some((word) => (by === '=' ? text === word : text.includes(word)))
  return (run) => read(run).some((text) => fits(text.toLowerCase()))
}

/** Null where the sign or the value make no sense for the key. */
function keyTest(key: string, by: string, value: string, names: QueryNames): Test | null {
  if (value === '') return null
  if (isTextKey(key)) return textTest((run) => textKeys[key](run, names), by, value)
  if (isNumberKey(key)) {
    const wanted = value.split(',').map(readNumber)
    if (wanted.some((each) => each === null)) return null
    return (run) => {
      const figure = numberKeys[key](run)
      return figure !== null && wanted.some((each) => compareNumbers(figure, by, each ?? 0))
    }
  }
  if (isTimeKey(key)) {
    return (run) => {
      const at = timeKeys[key](run)
      return at !== null && compareTimes(at, by, value)
    }
  }
  return null
}

const haystacks = new WeakMap<Run, { title: string; text: string }>()

/** What the run says of itself, for words without a key. Kept, because every keystroke asks ten thousand runs. */
function haystack(run: Run, names: QueryNames): string {
  const title = names.title(run)
  const known = haystacks.get(run)
  if (known?.title === title) return known.text
  const text = [title, run.name, run.config.strategy, run.notes, ...run.tags].join('\n').toLowerCase()
  haystacks.set(run, { title, text })
  return text
}

function termTest(term: string, names: QueryNames): Test {
  const match = keyed.exec(term)
  if (match && !term.startsWith('"')) {
    const [, key = '', by = '', value = ''] = match
    const turned = by === '!='
    const test = keyTest(canonical(key), turned ? '=' : by, value.replaceAll('"', ''), names)
    if (test) return turned ? (run) => !test(run) : test
  }
  const word = term.replaceAll('"', '').toLowerCase()
  return (run) => haystack(run, names).includes(word)
}

/** Terms as they were typed, quoted texts whole. */
const tokens = (query: string): string[] => query.match(token) ?? []

/** @returns whether a run answers the query; an empty query lets everything through. */
export function parseQuery(query: string, names: QueryNames): Test {
  const groups: Test[][] = [[]]
  let turned = false
  for (const raw of tokens(query)) {
    if (/^(or|或)$/i.test(raw)) groups.push([])
    else if (/^(and|且)$/i.test(raw)) continue
    else if (/^(not|非)$/i.test(raw)) turned = !turned
    else {
      const minus = raw.length > 1 && raw.startsWith('-')
      const test = termTest(minus ? raw.slice(1) : raw, names)
      groups.at(-1)?.push(minus === turned ? test : (run) => !test(run))
      turned = false
    }
  }
  // An "or" with nothing beside it yet is still being typed.
  const whole = groups.filter((tests) => tests.length > 0)
  return whole.length === 0 ? () => true : (run) => whole.some((tests) => tests.every((test) => test(run)))
}

/** Keyed terms that are read as words because the key, the sign or the value makes no sense; the last may be unfinished. */
export function misread(query: string): string[] {
  const nameless: QueryNames = { title: () => '', model: () => '', dataset: () => '' }
  const terms = tokens(query).map((raw) => raw.replace(/^-/, ''))
  return terms.filter((term, index) => {
    const match = keyed.exec(term)
    if (!match || term.startsWith('"') || (index === terms.length - 1 && !/\s$/.test(query) && match[3] === ''))
      return false
    const [, key = '', by = '', value = ''] = match
    return keyTest(canonical(key), by === '!=' ? '=' : by, value.replaceAll('"', ''), nameless) === null
  })
}
