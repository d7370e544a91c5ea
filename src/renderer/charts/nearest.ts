/** Of many lines that cross one place, those that a tooltip names. */

/**
 * @param values of every line there; null: the line is not drawn there
 * @param pointer the value under the pointer; null: unknown, as in a chart that follows another one
 * @returns places in `values` of the `most` nearest to the pointer (else of the highest), highest value first
 */
export function nearestLines(values: readonly (number | null)[], pointer: number | null, most: number): number[] {
  const heightOf = (at: number) => values[at] as number
  const far = (at: number) => (pointer === null ? -heightOf(at) : Math.abs(heightOf(at) - pointer))
  return values
    .flatMap((value, at) => (value === null ? [] : [at]))
    .sort((a, b) => far(a) - far(b))
    .slice(0, most)
    .sort((a, b) => heightOf(b) - heightOf(a))
}
