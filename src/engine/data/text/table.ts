/** Texts as a table of token ids that any sequence length can be cut from. */
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
    return { dims: [length], pixels: false, integer: true, row, sequence, text: this.text }
  }
}

const isNumber = (label: string | number | null) =>
  label !== null && label !== '' && Number.isInteger(Number(label)) && Number(label) >= 0

const isAmount = (label: string | number | null) => label !== null && label !== '' && Number.isFinite(Number(label))

/** Class indices by number, or by the order of the names; numbers that name no class are targets. */
function labelsOf(
  records: readonly TextRecord[],
  named: readonly string[],
  classes: boolean,
  name: string,
): Int32Array | Float32Array | null {
  const given = records.filter(({ label }) => label !== null).length
  if (given === 0) return null
  if (given < records.length) {
    const row = records.findIndex(({ label }) => label === null)
    return invalidData(`Sample ${row} of "${name}" has no label, others have. Give all samples a label, or none.`)
  }
  const values = records.map(({ label }) => (named.length > 0 ? named.indexOf(String(label)) : Number(label)))
  return readLabels(Float64Array.from(values), [values.length], !classes, values.length, named.length, name)
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
  const labels = splits
    .flatMap((split) => split?.records.map(({ label }) => label) ?? [])
    .filter((label) => label !== null)
  const targets = labels.every(isAmount) && !labels.every(isNumber)
  const named = targets || labels.every(isNumber) ? [] : [...new Set(labels.map(String))].sort()
  const made = splits.map((split) => split && { split, tokens: new Tokens(split.records, tokenizer) })
  // All splits alike.
  const length = Math.min(longestOpen, Math.max(...made.map((each) => each?.tokens.longest ?? 1)))
  const tables = made.map(
    (each): RawTable | null =>
      each && {
        count: each.split.records.length,
        fields: new Map([['', each.tokens.field('ids', length)]]),
        labels: labelsOf(each.split.records, named, !targets, each.split.name),
      },
  )
  const classes = classNames(
    named,
    tables.map((table) => table?.labels ?? null),
  )
  return { tables, classes }
}
