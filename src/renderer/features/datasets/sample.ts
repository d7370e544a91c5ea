/** What a sample says in a line: its label, its text, its numbers. */
import type { PreviewSample } from '../../../contract'
import { floatsOf } from '../../ui/floats'
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

/** What the data says of its samples where it names no classes: numbers, something at each pixel or place, or nothing. */
export function answersOf(sample: PreviewSample | undefined) {
  if (sample?.target !== undefined) return 'targets'
  if (!sample?.places) return 'noLabels'
  const { says, height } = sample.places
  if (says === 'numbers') return height === null ? 'numbers' : 'pictureTargets'
  return height === null ? 'placeClasses' : 'masks'
}

/** The classes of a mask or of the steps of a sequence by name, those with most places first. */
function classesIn(values: ArrayLike<number>, classes: readonly string[]): string {
  const counts = new Map<number, number>()
  for (const each of Array.from(values)) if (each >= 0) counts.set(each, (counts.get(each) ?? 0) + 1)
  const named = [...counts].sort(([a, many], [b, more]) => more - many || a - b)
  return named.map(([each]) => classes[each] ?? String(each)).join(' · ')
}

/** What stands at the places of a sample, in a line: the names of its classes, the first of its numbers; '' where a picture says it. */
export function placesText(
  { says, list, picture }: NonNullable<PreviewSample['places']>,
  classes: readonly string[],
): string {
  if (says === 'numbers') return (list ?? []).map(formatFigure).join(' · ')
  if (picture !== undefined) return classesIn(floatsOf(picture), classes)
  return (list ?? []).map((each) => (each < 0 ? '–' : (classes[each] ?? String(each)))).join(' · ')
}

/** The first numbers of a row with the names of their columns, where it has some. */
export const rowValues = ({ values, columns }: NonNullable<PreviewSample['row']>, most: number) =>
  values.slice(0, most).map((value, at) => ({ name: columns?.[at] ?? '', value: formatFigure(value) }))
