/** The order and the learning rate of training, from the seed alone. */

import type { rateSchedules } from '../../contract/run'

export type RateSchedule = (typeof rateSchedules)[number]

/** What is left of the rate after share t (0..1) of the steps behind the warm-up. */
const shapes: Readonly<Record<RateSchedule, (t: number) => number>> = {
  /** Falls in a line, reaching 0 after the last step. */
  linear: (t) => 1 - t,
  constant: () => 1,
  /** Loshchilov and Hutter, SGDR, ICLR 2017, without restarts. */
  cosine: (t) => (1 + Math.cos(Math.PI * t)) / 2,
  /** A tenth after half of the steps, a hundredth after three quarters. */
  step: (t) => (t < 0.5 ? 1 : t < 0.75 ? 0.1 : 0.01),
}

/**
 * Learning rate of step t (0-based) of T.
 * @param warmup share of the steps (0..1) over which the rate first rises in a line.
 */
export function rateAt(schedule: RateSchedule, initial: number, step: number, steps: number, warmup = 0): number {
  const warm = Math.floor(warmup * steps)
  if (step < warm) return (initial * (step + 1)) / (warm + 1)
  return initial * shapes[schedule]((step - warm) / (steps - warm))
}

/** A seeded permutation of the given rows (Fisher-Yates); the input is left alone. */
export function shuffled(rows: Int32Array, random: () => number): Int32Array {
  const order = rows.slice()
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = order[i] as number
    order[i] = order[j] as number
    order[j] = held
  }
  return order
}

/**
 * Batches of an epoch as [start, end) pairs. A rest of fewer than two samples, too few for batch statistics, joins the
 * batch before it.
 */
export function epochBatches(samples: number, batch: number): [number, number][] {
  const result: [number, number][] = []
  for (let start = 0; start < samples; start += batch) result.push([start, Math.min(samples, start + batch)])
  const last = result.at(-1)
  if (result.length > 1 && last && last[1] - last[0] < 2) {
    result.pop()
    ;(result.at(-1) as [number, number])[1] = samples
  }
  return result
}
