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

/** The first numbers of a row with the names of their columns, where it has some. */
export const rowValues = ({ values, columns }: NonNullable<PreviewSample['row']>, most: number) =>
  values.slice(0, most).map((value, at) => ({ name: columns?.[at] ?? '', value: formatFigure(value) }))
