/** How the search can go on: keys first, then signs for figures and the values that the runs have. */
import type { Run } from '../../../contract'
import { canonical, isNumberKey, isTextKey, isTimeKey, type QueryNames, queryKeys, textKeys } from './query-keys'

const most = 8
/** Enough to know what values there are; ten thousand runs repeat themselves. */
const looked = 2000

const quoted = (value: string) => (/[\s,]/.test(value) ? `"${value}"` : value)

function valuesOf(key: keyof typeof textKeys, typed: string, runs: readonly Run[], names: QueryNames): string[] {
  const values = new Map<string, number>()
  for (const run of runs.slice(0, looked)) {
    for (const value of textKeys[key](run, names)) if (value !== '') values.set(value, (values.get(value) ?? 0) + 1)
  }
  return [...values]
    .filter(([value]) => value.toLowerCase().includes(typed) && value.toLowerCase() !== typed)
    .sort(
      ([a, more], [b, less]) =>
        Number(b.toLowerCase().startsWith(typed)) - Number(a.toLowerCase().startsWith(typed)) ||
        less - more ||
        (a < b ? -1 : 1),
    )
    .map(([value]) => value)
}

/** Keys that are called otherwise than the column they ask. */
const columnOf: Readonly<Record<string, string>> = {
  tag: 'tags',
  note: 'notes',
  data: 'dataset',
  budget: 'goal',
  seconds: 'duration',
}

/** Where the catalogue says what an offered term means: keys as the table's columns are called, values as the table shows them. */
export function meaningOf(term: string): string {
  const [, key = '', value = ''] = /^-?([a-z]+)(?:[:=<>]|!=)=?(?:.*,)?(.*)$/.exec(term) ?? []
  const known = canonical(key)
  if (value === '') return `runs.column.${columnOf[known] ?? known}`
  return known === 'strategy' ? `common.strategy.${value}.title` : `common.${known}.${value}`
}

/** The term at the end of a query, quoted texts whole; empty after a space. */
export const lastTerm = (query: string): string => /(?:[^\s"]|"[^"]*"?)*$/.exec(query)?.[0] ?? ''

/** Whole queries that begin as this one; at most eight. */
export function completions(query: string, runs: readonly Run[], names: QueryNames): string[] {
  const last = lastTerm(query)
  const head = query.slice(0, query.length - last.length)
  const minus = last.startsWith('-') ? '-' : ''
  const word = last.slice(minus.length).toLowerCase().replaceAll('"', '')
  const [, key = '', sign = '', typed = ''] = /^([a-z]+)([:=]|!=)(.*)$/.exec(word) ?? []
  const known = canonical(key)
  if (key !== '' && isTextKey(known)) {
    // After a comma another value begins.
    const values = typed.split(',')
    const present = values.pop() ?? ''
    const before = values.length > 0 ? `${values.join(',')},` : ''
    return valuesOf(known, present, runs, names)
      .slice(0, most)
      .map((value) => `${head}${minus}${key}${sign}${before}${quoted(value)} `)
  }
  if (word === '') return []
  const exact = canonical(word)
  if (isNumberKey(exact) || isTimeKey(exact)) return ['<', '<=', '>=', '>'].map((by) => `${head}${minus}${word}${by}`)
  return queryKeys
    .filter((name) => name.startsWith(word))
    .slice(0, most)
    .map((name) => `${head}${minus}${name}${isTextKey(name) ? ':' : '<'}`)
}
