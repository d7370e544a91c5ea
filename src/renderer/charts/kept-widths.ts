/** What a row of the kept widths shows: one group before, and what each run keeps of it. */
export interface WidthRow {
  readonly group: string
  readonly before: number
  /** One number a run; null where the run has none. */
  readonly kept: readonly (number | null)[]
}
