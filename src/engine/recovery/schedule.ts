/** The order and the learning rate of training, from the seed alone. */

/** Learning rate of step t (0-based) of T: falls in a line, reaching 0 after the last step. */
export const linearRate = (initial: number, step: number, steps: number): number => initial * (1 - step / steps)

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
