/** What labels mean where files leave it open: the network and the names of its classes tell. */
import type { Shape, ValueInfo } from '../graph/graph'
import { classNames, readLabels } from './labels'
import type { RawData, RawField, RawTable } from './raw'
import { isText } from './text/fit'

const numbered = (classes: readonly string[]): boolean => classes.every((name, i) => name === String(i))

type Labels = NonNullable<RawTable['labels']>

function withLabels(raw: RawData, change: (labels: Labels, split: string, count: number) => Labels): RawData {
  const changed = <T extends RawTable | null>(table: T, split: string): T =>
    table?.labels ? { ...table, labels: change(table.labels, split, table.count) } : table
  return {
    ...raw,
    train: changed(raw.train, 'train'),
    validation: changed(raw.validation, 'validation'),
    test: changed(raw.test, 'test'),
  }
}

type LabelledTable = RawTable & { labels: Labels }

const labelledTables = (raw: RawData): LabelledTable[] =>
  [raw.train, raw.validation, raw.test].filter((table): table is LabelledTable => Boolean(table?.labels))

/**
 * Labels a sample that a network answers one by one, each a yes or no: as many as it has columns. [N, K, 1] is an answer
 * for each of K steps.
 */
export function labelsAsked(shape: Shape | null | undefined): number | undefined {
  const [, columns, ...rest] = shape ?? []
  return typeof columns === 'number' && columns > 1 && rest.length !== 1 && rest.every((dim) => dim === 1)
    ? columns
    : undefined
}

const isMark = (label: number) => label === 0 || label === 1
/** Whole numbers may leave a label open by -1. */
const isMarkOrOpen = (label: number) => isMark(label) || label === -1

/** Extents of samples that labels may stand at: steps, pixels, or planes of them. */
function placesOf({ dims, integer }: RawField): Set<number> {
  // A row of numbers has no places: its labels are its own.
  if (dims.length === 1 && !integer) return new Set()
  const each = dims.flatMap((dim, i) => [dim, ...dims.slice(i + 1).map((other) => dim * other)])
  return new Set([...each, dims.reduce((a, b) => a * b, 1)])
}

/**
 * How many labels a sample has, each a column of 0 and 1 of which several may be 1, as far as the file alone tells: a
 * matrix that is no wider in one split than in another, and not as wide as samples have places. Null where it is none.
 */
export function columnsOfMarks(tables: readonly (RawTable | null)[]): number | null {
  const given = tables.filter((table): table is LabelledTable => Boolean(table?.labels && table.count > 0))
  const [first] = given
  if (!first) return null
  const width = first.labels.length / first.count
  const fields = [...first.fields.values()]
  if (width < 2 || fields.some((field) => field.text || placesOf(field).has(width))) return null
  const fits = ({ labels, count }: LabelledTable) =>
    labels.length === count * width && labels.every(labels instanceof Int32Array ? isMarkOrOpen : isMark)
  return given.every(fits) ? width : null
}

/**
 * Labels with a column each, 0 or 1, of which several may be 1: a whole-number matrix as wide as the network answers, in
 * every split. Splits in which every sample happens to have one label are widened like the others, and so are labels that
 * were listed by their numbers, of which the last ones need not occur.
 */
function asMarks(raw: RawData, outputs: readonly ValueInfo[]): RawData | undefined {
  const columns = labelsAsked(outputs[0]?.shape)
  if (!columns) return undefined
  const given = labelledTables(raw)
  const widthOf = ({ labels, count }: { labels: Labels; count: number }) => labels.length / Math.max(1, count)
  const width = Math.max(...given.map(widthOf))
  const listed = isText(raw) && width > 1 && width < columns
  const fits = (table: LabelledTable) => {
    const { labels } = table
    if (widthOf(table) === 1) return labels instanceof Int32Array && labels.every((label) => label < columns)
    return labels.every(labels instanceof Int32Array ? isMarkOrOpen : isMark)
  }
  if ((width !== columns && !listed) || !given.every(fits)) return undefined
  const widened = (labels: Labels, count: number): Int32Array => {
    const own = widthOf({ labels, count })
    const result = new Int32Array(count * columns)
    for (let n = 0; n < count; n++) {
      if (own === 1) result[n * columns + (labels[n] as number)] = 1
      else result.set(labels.subarray(n * own, (n + 1) * own), n * columns)
    }
    return result
  }
  const marked = withLabels(raw, (labels, _split, count) => widened(labels, count))
  const named = raw.classes.length === columns && !listed
  return { ...marked, classes: named ? raw.classes : Array.from({ length: columns }, (_, k) => String(k)) }
}

/**
 * Yes and no stored as floats, as PyTorch's binary cross-entropy wants them, for a network that answers with one number a
 * sample or a position: 0 and 1 and nothing else.
 */
function asYesAndNo(raw: RawData, outputs: readonly ValueInfo[]): RawData | undefined {
  const [, ...extents] = outputs[0]?.shape ?? []
  const one = outputs[0]?.shape && (extents.length === 0 || extents[0] === 1 || extents.at(-1) === 1)
  const given = labelledTables(raw)
  if (!one || given.length === 0) return undefined
  const answers = extents.every((extent) => typeof extent === 'number')
    ? extents.reduce<number>((a, b) => a * Number(b), 1)
    : undefined
  const fits = ({ labels, count }: LabelledTable) =>
    labels instanceof Float32Array &&
    labels.every(isMark) &&
    (answers === undefined || labels.length === answers * Math.max(1, count))
  const both = [0, 1].every((mark) => given.some(({ labels }) => labels.includes(mark)))
  if (!both || !given.every(fits)) return undefined
  return { ...withLabels(raw, (labels) => Int32Array.from(labels)), classes: ['0', '1'] }
}

/**
 * The labels as the network answers them: marks of several labels a sample stand a column each, floats that are 0 and 1
 * alone are yes and no of one that answers with a single number, whole numbers beyond a
 * yes or no are targets of one that answers with a single number, and floats that are whole numbers are classes of one
 * that answers with several.
 * @throws DATA_LABELS_OUT_OF_RANGE
 */
export function asAnswered(raw: RawData, outputs: readonly ValueInfo[]): RawData {
  const marked = asMarks(raw, outputs)
  if (marked) return marked
  const decided = asYesAndNo(raw, outputs)
  if (decided) return decided
  const extents = outputs[0]?.shape?.slice(1)
  const given = labelledTables(raw)
  const alone = given.every(({ labels, count }) => labels.length === count)
  if (!extents || given.length === 0 || !alone || !numbered(raw.classes)) return raw
  const single = extents.every((extent) => extent === 1)
  if (single && given.every(({ labels }) => labels instanceof Int32Array)) {
    const targets = given.some(({ labels }) => labels.some((label) => label > 1))
    return targets ? { ...withLabels(raw, (labels) => Float32Array.from(labels)), classes: [] } : raw
  }
  const classes = extents.length === 1 && typeof extents[0] === 'number' ? extents[0] : 1
  const whole = ({ labels }: { labels: Labels }) => labels instanceof Float32Array && labels.every(Number.isInteger)
  if (classes < 2 || !given.every(whole)) return raw
  const named = withLabels(raw, (labels, split, count) =>
    readLabels(labels, [count], false, count, classes, `the labels of the ${split} split`),
  )
  const lists = [named.train, named.validation, named.test].map((table) => table?.labels ?? null)
  return { ...named, classes: classNames([], lists) }
}

/** Names of classes in the network's order: labels that were numbered by these very names are numbered anew. */
export function inOrderOf(raw: RawData, classes: readonly string[]): RawData {
  const places = raw.classes.map((name) => classes.indexOf(name))
  if (numbered(raw.classes) || places.includes(-1)) return { ...raw, classes }
  const moved = withLabels(raw, (labels, _split, count) => {
    if (!(labels instanceof Int32Array)) return labels
    if (isText(raw) && labels.length > count) return columnsAt(labels, places, classes.length)
    return labels.map((label) => (label < 0 ? label : (places[label] as number)))
  })
  return { ...moved, classes }
}

/** The columns of a matrix at other places of a wider one. */
function columnsAt(labels: Int32Array, places: readonly number[], width: number): Int32Array {
  const rows = labels.length / places.length
  const result = new Int32Array(rows * width)
  for (let i = 0; i < labels.length; i++) {
    const row = Math.floor(i / places.length)
    result[row * width + (places[i % places.length] as number)] = labels[i] as number
  }
  return result
}
