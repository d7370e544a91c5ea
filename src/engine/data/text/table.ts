/** Texts as a table of token ids that any sequence length can be cut from. */
import { EspalierError } from '../../../contract/errors'
import { invalidData } from '../files'
import { classNames, readLabels } from '../labels'
import type { RawField, RawTable, SequenceRole } from '../raw'
import type { TextRecord } from './records'
import { keepTexts } from './texts'
import type { TextTokenizer } from './tokenizer'

/** Longer texts are cut where the network itself does not say how long they may be. */
const longestOpen = 512

/** Ids of all texts, one behind the other. */
class Tokens {
  private readonly ids: Int32Array
  private readonly starts: Int32Array
  readonly longest: number
  private readonly text: (index: number) => string

  constructor(
    records: readonly TextRecord[],
    private readonly tokenizer: TextTokenizer,
  ) {
    const encoded = records.map(({ text }) => tokenizer.encode(text))
    this.starts = new Int32Array(encoded.length + 1)
    encoded.forEach((ids, i) => {
      this.starts[i + 1] = (this.starts[i] as number) + ids.length
    })
    this.ids = new Int32Array(this.starts.at(-1) ?? 0)
    encoded.forEach((ids, i) => {
      this.ids.set(ids, this.starts[i])
    })
    this.text = keepTexts(records)
    this.longest = encoded.reduce((most, ids) => Math.max(most, ids.length), 1)
  }

  private of(index: number): Int32Array {
    return this.ids.subarray(this.starts[index], this.starts[index + 1])
  }

  field(role: SequenceRole, length: number): RawField {
    const row = (index: number): Int32Array => {
      const ids = this.of(index).subarray(0, length)
      if (role === 'positions') return Int32Array.from({ length }, (_, i) => i)
      const result = new Int32Array(length).fill(role === 'ids' ? this.tokenizer.pad : role === 'next' ? -1 : 0)
      if (role === 'ids') result.set(ids)
      // What follows each token; nothing is asked of the last one and of padding.
      else if (role === 'next') result.set(ids.subarray(1))
      else if (role === 'mask') result.fill(1, 0, ids.length)
      return result
    }
    const sequence = (other: SequenceRole, wanted: number) => this.field(other, wanted)
    return { dims: [length], pixels: false, integer: true, row, sequence, text: this.text, word: this.tokenizer.word }
  }
}

type Label = string | number

const isNumber = (label: Label | null) =>
  label !== null && label !== '' && Number.isInteger(Number(label)) && Number(label) >= 0

const isAmount = (label: Label | null) => label !== null && label !== '' && Number.isFinite(Number(label))

/**
 * Class indices by number, or by the order of the names; numbers that name no class are targets. Of several labels a sample
 * a row of 0 and 1.
 * @param columns how many labels there are; 0 where a sample has one
 */
function labelsOf(
  records: readonly TextRecord[],
  named: readonly string[],
  classes: boolean,
  columns: number,
  name: string,
): Int32Array | Float32Array | null {
  const given = records.filter(({ label }) => label !== null).length
  if (given === 0) return null
  if (given < records.length) {
    const row = records.findIndex(({ label }) => label === null)
    return invalidData(`Sample ${row} of "${name}" has no label, others have. Give all samples a label, or none.`)
  }
  const placeOf = (label: Label) => (named.length > 0 ? named.indexOf(String(label)) : Number(label))
  if (columns > 0) {
    const marks = new Int32Array(records.length * columns)
    records.forEach(({ label }, n) => {
      const own = Array.isArray(label) ? label : [label]
      if (isHot(own, columns)) marks.set(own.map(Number), n * columns)
      else for (const each of own) marks[n * columns + placeOf(each)] = 1
    })
    return marks
  }
  const values = records.map(({ label }) => placeOf(label as Label))
  return readLabels(Float64Array.from(values), [values.length], !classes, values.length, named.length, name)
}

/** Whether a list says of every label whether it is there, instead of naming those that are. */
const isHot = (list: readonly Label[], columns: number) =>
  list.length === columns && columns > 2 && list.every((label) => label === 0 || label === 1)

/** How many labels lists tell apart: a column each, or as many as are named. @throws DATA_LABELS_OUT_OF_RANGE */
function columnsOf(lists: readonly (readonly Label[])[], labels: readonly Label[], named: readonly string[]): number {
  const [first = []] = lists
  if (lists.every((list) => isHot(list, first.length))) return first.length
  if (named.length > 0) return named.length
  const odd = labels.find((label) => !isNumber(label) || Number(label) >= 65536)
  if (odd !== undefined) {
    throw new EspalierError(
      'DATA_LABELS_OUT_OF_RANGE',
      `A list of labels holds ${odd}, but labels are class numbers from 0 to 65535, or names. Correct the labels.`,
    )
  }
  return labels.reduce<number>((most, label) => Math.max(most, Number(label) + 1), 2)
}

export interface TextSplit {
  readonly name: string
  readonly records: readonly TextRecord[]
}

/** The splits as tables, and the names of their classes. */
export function textTables(
  splits: readonly (TextSplit | null)[],
  tokenizer: TextTokenizer,
): { tables: (RawTable | null)[]; classes: string[] } {
  const given = splits
    .flatMap((split) => split?.records.map(({ label }) => label) ?? [])
    .filter((label) => label !== null)
  const lists = given.filter((label) => Array.isArray(label))
  const labels = given.flatMap((label): readonly Label[] => (Array.isArray(label) ? label : [label as Label]))
  const targets = labels.every(isAmount) && !labels.every(isNumber)
  const named = targets || labels.every(isNumber) ? [] : [...new Set(labels.map(String))].sort()
  const columns = lists.length > 0 ? columnsOf(lists, labels, named) : 0
  const made = splits.map((split) => split && { split, tokens: new Tokens(split.records, tokenizer) })
  // All splits alike.
  const length = Math.min(longestOpen, Math.max(...made.map((each) => each?.tokens.longest ?? 1)))
  const tables = made.map(
    (each): RawTable | null =>
      each && {
        count: each.split.records.length,
        fields: new Map([['', each.tokens.field('ids', length)]]),
        labels: labelsOf(each.split.records, named, !targets, columns, each.split.name),
      },
  )
  const classes =
    columns > 0 && named.length === 0
      ? Array.from({ length: columns }, (_, k) => String(k))
      : classNames(
          named,
          tables.map((table) => table?.labels ?? null),
        )
  return { tables, classes }
}
