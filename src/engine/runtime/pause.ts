/** Breaks in long computations, for messages and timers. */

/** Milliseconds of computing between breaks: the shortest timer takes one, in which no core has anything to do. */
const BETWEEN = 16

let last = Number.NEGATIVE_INFINITY

/** Lets messages and timers through where none were for a while; call it between batches. */
export async function pause(): Promise<void> {
  if (performance.now() - last < BETWEEN) return
  await new Promise((resolve) => setTimeout(resolve, 0))
  last = performance.now()
}
