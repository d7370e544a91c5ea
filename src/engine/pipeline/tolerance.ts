/** With a tolerance instead of a budget: the smallest network that still keeps the promise, by bisection. */

export interface Trial {
  /** MACs of the network that was tried. */
  readonly macs: number
  /** The promise holds by its confidence bound. */
  readonly passed: boolean
}

/** Networks that are tried at most; the answer is within 1 / 2^7 of the original's MACs of the smallest that passes. */
export const mostTrials = 7

/**
 * Bisects on MACs, assuming that a smaller network keeps a promise no better than a larger one.
 *
 * @param attempt builds and judges a network of at most `target` MACs; null where none is so small. `trial` counts those
 * that were built, from 0.
 */
export async function bisect(
  originalMacs: number,
  attempt: (target: number, trial: number) => Promise<Trial | null>,
): Promise<void> {
  let low = 0
  let high = originalMacs
  for (let trial = 0; trial < mostTrials && high - low > originalMacs / 2 ** mostTrials; ) {
    const target = (low + high) / 2
    const done = await attempt(target, trial)
    if (done?.passed) high = done.macs
    else low = target
    if (done) trial++
  }
}
