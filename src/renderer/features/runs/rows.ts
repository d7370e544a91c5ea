/** From runs to the rows of the table: filtered, sorted, grouped. */
import type { Run, TableLayout } from '../../../contract'
import type { GroupField } from '../../../contract/arrangement'
import { type Column, type ColumnHelp, columns } from './columns'
import { split, titleOf } from './groups'

export interface GroupRow {
  readonly kind: 'group'
  /** Path of its groups from the outermost. */
  readonly key: string
  readonly field: GroupField
  /** 0: the outermost. */
  readonly level: number
  /** Asked for where it is in sight: ten thousand runs may be in thousands of groups. */
  readonly title: string
  readonly runs: readonly Run[]
  /** Within it; null where its runs stand on their own. */
  readonly groups: readonly GroupRow[] | null
}

/** Runs in groups, and in groups within them. */
export type Tree = Pick<GroupRow, 'runs' | 'groups'>

export interface RunRow {
  readonly kind: 'run'
  readonly key: string
  readonly run: Run
}

export type Row = GroupRow | RunRow

const collator = new Intl.Collator(undefined, { numeric: true })

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Texts cut into words and numbers by turns, a word first: all one after another, with where each text ends. */
function partsOf(texts: readonly string[]): { parts: Float64Array; ends: Int32Array; words: Map<string, number> } {
  const words = new Map<string, number>()
  const ends = new Int32Array(texts.length)
  let parts = new Float64Array(8 * texts.length)
  let count = 0
  const add = (part: number): void => {
    if (count === parts.length) {
      const larger = new Float64Array(2 * count + 8)
      larger.set(parts)
      parts = larger
    }
    parts[count++] = part
  }
  texts.forEach((text, at) => {
    let from = 0
    while (true) {
      let to = from
      while (to < text.length && !isDigit(text.charCodeAt(to))) to++
      const word = text.slice(from, to)
      const id = words.get(word) ?? words.size
      if (id === words.size) words.set(word, id)
      add(id)
      if (to === text.length) break
      let value = 0
      while (to < text.length && isDigit(text.charCodeAt(to))) value = 10 * value + text.charCodeAt(to++) - 48
      add(value)
      from = to
    }
    ends[at] = count
  })
  return { parts, ends, words }
}

/**
 * Places of texts in the collator's order with numbers as numbers. Comparing by a collator is slow, and ten thousand names
 * are made of a few words and many numbers: the words are compared by it once each.
 * @returns indices into `texts`
 */
function textOrder(texts: readonly string[]): number[] {
  const { parts, ends, words } = partsOf(texts)
  const places = new Float64Array(words.size)
  for (const [place, word] of [...words.keys()].sort(collator.compare).entries())
    places[words.get(word) as number] = place
  for (let at = 0; at < texts.length; at++) {
    const end = ends[at] as number
    for (let i = at === 0 ? 0 : (ends[at - 1] as number); i < end; i += 2)
      parts[i] = places[parts[i] as number] as number
  }
  return Array.from(texts, (_text, at) => at).sort((a, b) => {
    let [left, right] = [a === 0 ? 0 : (ends[a - 1] as number), b === 0 ? 0 : (ends[b - 1] as number)]
    const [leftEnd, rightEnd] = [ends[a] as number, ends[b] as number]
    while (left < leftEnd && right < rightEnd) {
      const difference = (parts[left++] as number) - (parts[right++] as number)
      if (difference !== 0) return difference
    }
    return leftEnd - left - (rightEnd - right) || a - b
  })
}

export const sortTexts = (texts: readonly string[]): string[] => textOrder(texts).map((at) => texts[at] as string)

/** Numbers that are in the order of the values: texts are compared once each, and not at every step of the sort. */
function ranks(values: readonly (number | string | null)[]): Float64Array {
  const ids = new Map<string, number>()
  for (const value of values) if (typeof value === 'string' && !ids.has(value)) ids.set(value, ids.size)
  const places = new Float64Array(ids.size)
  for (const [place, id] of textOrder([...ids.keys()]).entries()) places[id] = place
  return Float64Array.from(values, (value) =>
    value === null ? Number.NaN : typeof value === 'number' ? value : (places[ids.get(value) as number] as number),
  )
}

/** Stable; what has no value comes last, whichever way. */
export function sortRuns(runs: readonly Run[], sort: TableLayout['sort'], help: ColumnHelp): Run[] {
  const column: Column | undefined = columns.find((candidate) => candidate.id === sort.id)
  if (!column) return [...runs]
  const rank = ranks(runs.map((run) => column.sort(run, help)))
  const way = sort.descending ? -1 : 1
  const order = Array.from(runs, (_run, at) => at).sort((a, b) => {
    const [left, right] = [rank[a] as number, rank[b] as number]
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b
    return way * (left - right) || a - b
  })
  return order.map((at) => runs[at] as Run)
}

/** The same row for the same run, so that a row on the screen can see that nothing has changed. */
const runRows = new WeakMap<Run, RunRow>()

function runRow(run: Run): RunRow {
  const known = runRows.get(run)
  if (known) return known
  const made: RunRow = { kind: 'run', key: run.id, run }
  runRows.set(run, made)
  return made
}

class Group implements GroupRow {
  readonly kind = 'group'

  constructor(
    readonly key: string,
    readonly field: GroupField,
    readonly level: number,
    readonly runs: readonly Run[],
    readonly groups: readonly GroupRow[] | null,
    private readonly help: ColumnHelp,
  ) {}

  get title(): string {
    return titleOf(this.runs[0] as Run, this.field, this.help)
  }
}

/** Runs by the fields they are grouped by, the outermost first. Groups keep the order in which their first run comes. */
export function treeOf(
  runs: readonly Run[],
  fields: readonly GroupField[],
  help: ColumnHelp,
  level = 0,
  path = '',
): Tree {
  const field = fields[level]
  if (field === undefined) return { runs, groups: null }
  const groups = Array.from(split(runs, field), ([key, members]) => {
    const own = `${path}${field}:${key}/`
    return new Group(own, field, level, members, treeOf(members, fields, help, level + 1, own).groups, help)
  })
  return { runs, groups }
}

/** The rows of a tree below those that come first whatever the order and the grouping; folded groups show their head alone. */
export function rowsOf(tree: Tree, folded: ReadonlySet<string>, pinned: readonly Run[] = []): Row[] {
  const rows: Row[] = pinned.map(runRow)
  const add = ({ runs, groups }: Tree): void => {
    if (groups === null) for (const run of runs) rows.push(runRow(run))
    for (const group of groups ?? []) {
      rows.push(group)
      if (!folded.has(group.key)) add(group)
    }
  }
  add(tree)
  return rows
}

/** Of all groups, however deep. */
export const pathsOf = ({ groups }: Tree): string[] => (groups ?? []).flatMap((group) => [group.key, ...pathsOf(group)])
