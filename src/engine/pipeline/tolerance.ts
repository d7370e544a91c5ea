/** With a tolerance instead of a budget: the smallest network that still keeps the promise, by bisection. */
import type { Removal } from '../strategies/trajectory'

export interface Trial {
  /** Number of removals. */
  readonly steps: number
  /** The promise holds by its confidence bound. */
  readonly passed: boolean
}

/** Halvings of the interval of MACs kept: the answer is within 1 / 2^7 of the largest that passes. */
export const mostTrials = 7

/**
 * Bisects on the share of MACs kept, assuming that a smaller network keeps a promise no better than a larger one. Each
 * trial is a prefix of the same trajectory that ends at a whole step; what fails is rolled back.
 *
 * @param attempt builds and judges the network after `steps` removals; `trial` counts from 0
 * @returns the prefix that passed with the fewest MACs; 0 where none did
 */
export async function bisect(
  trajectory: readonly Removal[],
  originalMacs: number,
  attempt: (steps: number, trial: number) => Promise<Trial>,
): Promise<number> {
  const ends = [0]
  trajectory.forEach((removal, i) => {
    if (removal.complete) ends.push(i + 1)
  })
  const macsAt = (end: number) => (end === 0 ? originalMacs : (trajectory[end - 1] as Removal).macs)
  // Places in `ends`: everything up to `good` passes, everything from `bad` on fails.
  let good = 0
  let bad = ends.length
  let low = macsAt(ends.at(-1) as number)
  let high = originalMacs
  for (let trial = 0; trial < mostTrials && bad - good > 1; trial++) {
    const target = (low + high) / 2
    let place = good + 1
    while (place < bad - 1 && macsAt(ends[place] as number) > target) place++
    const { passed } = await attempt(ends[place] as number, trial)
    if (passed) {
      good = place
      high = Math.min(target, macsAt(ends[place] as number))
    } else {
      bad = place
      low = Math.max(target, macsAt(ends[place] as number))
    }
  }
  return ends[good] as number
}
