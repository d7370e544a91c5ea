/** Mean and spread of what several runs reached. */

export interface Spread {
  readonly n: number
  readonly mean: number
  /** Sample standard deviation; null for a single run. */
  readonly deviation: number | null
  readonly low: number
  readonly high: number
}

export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    n: known.length,
    mean,
    deviation: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : null,
    low: Math.min(...known),
    high: Math.max(...known),
  }
}
