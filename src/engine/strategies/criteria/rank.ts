/** Deterministic order of scores. */

/** Indices by ascending score; equal scores by ascending index, so that ties break the same way everywhere. */
export function rankAscending(scores: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number) || a - b,
  )
}
