/** What a sample says in a line: its label, its text, its numbers. */
import type { PreviewSample } from '../../../contract'
import { formatFigure } from '../../ui/format'

/** Its class by name, or its classes, else the number to come close to; empty without any. */
export function labelOf({ label, labels, target }: PreviewSample, classes: readonly string[]): string {
  const named = (each: number) => classes[each] ?? String(each)
  if (label !== null) return named(label)
  if (labels) return labels.map(named).join(' · ')
  return target === undefined ? '' : formatFigure(target)
}

/** What a sample is, in words where its extents would say little: a text, a row. */
export const shapeOf = (
  sample: PreviewSample | undefined,
  shape: readonly number[],
  { t, formatted }: { t: (key: string, named: { n: number }, plural: number) => string; formatted: string },
): string => {
  const [n = 0] = shape
  if (sample?.text !== undefined) return t('datasets.textShape', { n }, n)
  if (!sample?.row) return formatted
  const count = sample.row.values.length + sample.row.more
  return t('datasets.rowShape', { n: count }, count)
}

/** What the data says of its samples where it names no classes: numbers, labels of pixels, or nothing. */
export const answersOf = (sample: PreviewSample | undefined): 'targets' | 'within' | 'noLabels' =>
  sample?.target !== undefined ? 'targets' : sample?.within !== undefined ? 'within' : 'noLabels'

/** The first numbers of a row with the names of their columns, where it has some. */
export const rowValues = ({ values, columns }: NonNullable<PreviewSample['row']>, most: number) =>
  values.slice(0, most).map((value, at) => ({ name: columns?.[at] ?? '', value: formatFigure(value) }))
