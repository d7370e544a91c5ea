/** Parallel coordinates without pixels: axes over runs, their scales, and which lines lie within the brushed ranges. */

export interface ParallelAxis {
  readonly id: string
  readonly label: string
  /** One value a line, null where there is none; for a category its place in `categories`. */
  readonly values: readonly (number | null)[]
  /** Names in order, where the axis is no number. */
  readonly categories?: readonly string[]
  readonly format: (value: number) => string
}

/** Brushed ranges by axis. */
export type Ranges = Readonly<Record<string, readonly [low: number, high: number]>>

/** Least and greatest value; a little apart where all are the same, so that a line has a place. */
export function extentOf({ values, categories }: ParallelAxis): [number, number] {
  if (categories) return [0, Math.max(1, categories.length - 1)]
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return [0, 1]
  const [low, high] = [Math.min(...known), Math.max(...known)]
  return low === high ? [low - Math.abs(low || 1) * 0.05, high + Math.abs(high || 1) * 0.05] : [low, high]
}

/** The one value that every line has there; null where they differ or have none. */
export function onlyValue({ values, categories }: ParallelAxis): number | null {
  const known = new Set(values.filter((value) => value !== null))
  return categories || known.size !== 1 ? null : ([...known][0] as number)
}

/** Lines that lie within every range; a line without a value on a brushed axis does not. */
export function linesWithin(axes: readonly ParallelAxis[], ranges: Ranges, count: number): boolean[] {
  return Array.from({ length: count }, (_value, line) =>
    axes.every((axis) => {
      const range = ranges[axis.id]
      if (!range) return true
      const value = axis.values[line] ?? null
      const slack = 1e-9 * Math.max(1, Math.abs(range[1]))
      return value !== null && value >= range[0] - slack && value <= range[1] + slack
    }),
  )
}
