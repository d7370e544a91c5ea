/** How a network's mistakes differ from another's. */

export interface ConfusionChange {
  readonly label: number
  readonly named: number
  readonly before: number
  readonly after: number
}

/** After minus before, cell by cell. */
export const confusionDifference = (
  before: readonly (readonly number[])[],
  after: readonly (readonly number[])[],
): number[][] => before.map((row, label) => row.map((count, named) => (after[label]?.[named] ?? 0) - count))

/** Mistakes that became more or fewer, the largest change first; what is named rightly is left out. */
export function confusionChanges(
  before: readonly (readonly number[])[],
  after: readonly (readonly number[])[],
): ConfusionChange[] {
  const changes = before.flatMap((row, label) =>
    row.map((count, named): ConfusionChange => ({ label, named, before: count, after: after[label]?.[named] ?? 0 })),
  )
  const size = (change: ConfusionChange) => Math.abs(change.after - change.before)
  return changes.filter((change) => change.label !== change.named && size(change) > 0).sort((a, b) => size(b) - size(a))
}
