/** A selection served in batches, in the order of its indices. */
import type { Batch, Selection } from './types'

/** How many batches of `size` a selection makes; the last may be smaller. */
export const batchCount = ({ indices }: Selection, size: number): number => Math.ceil(indices.length / size)

/** Batch number `at`. */
export const batchAt = ({ table, indices }: Selection, size: number, at: number): Batch =>
  table.read(indices.subarray(at * size, (at + 1) * size))

/** All batches, one at a time; only one is in memory. */
export function* batches(selection: Selection, size: number): Generator<Batch, void> {
  for (let at = 0; at < batchCount(selection, size); at++) yield batchAt(selection, size, at)
}

/** The first `count` rows of a selection. */
export const firstOf = ({ table, indices }: Selection, count: number): Selection => ({
  table,
  indices: indices.subarray(0, count),
})
