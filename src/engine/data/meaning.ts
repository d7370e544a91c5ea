/** What labels mean where files leave it open: the network and the names of its classes tell. */
import type { ValueInfo } from '../graph/graph'
import { classNames, readLabels } from './labels'
import type { RawData, RawTable } from './raw'

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

/**
 * The labels as the network answers them: whole numbers beyond a yes or no are targets of one that answers with a single
 * number, and floats that are whole numbers are classes of one that answers with several.
 * @throws DATA_LABELS_OUT_OF_RANGE
 */
export function asAnswered(raw: RawData, outputs: readonly ValueInfo[]): RawData {
  const extents = outputs[0]?.shape?.slice(1)
  const given = [raw.train, raw.validation, raw.test].filter((table) => table?.labels) as (RawTable & {
    labels: Labels
  })[]
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
  const moved = withLabels(raw, (labels) =>
    labels instanceof Int32Array ? labels.map((label) => (label < 0 ? label : (places[label] as number))) : labels,
  )
  return { ...moved, classes }
}
