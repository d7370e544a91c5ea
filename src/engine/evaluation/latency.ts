/** Latency of one forward pass, measured so that two networks can be compared. */

export interface Latency {
  /** Milliseconds a call. */
  readonly median: number
  readonly low: number
  readonly high: number
  readonly runs: number
}

const quantile = (sorted: readonly number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number

/**
 * Times several calls in turn, one of each a round, so that drift of the machine strikes all alike.
 * @param calls each awaits one forward pass to its end
 * @param now a clock in milliseconds
 * @returns median, 10 % and 90 % quantile of each
 */
export async function measureLatency(
  calls: readonly (() => Promise<unknown>)[],
  options: { readonly rounds: number; readonly warmup: number; readonly now: () => number },
): Promise<Latency[]> {
  const times: number[][] = calls.map(() => [])
  for (let round = -options.warmup; round < options.rounds; round++) {
    for (let i = 0; i < calls.length; i++) {
      const start = options.now()
      await calls[i]?.()
      if (round >= 0) times[i]?.push(options.now() - start)
    }
  }
  return times.map((list) => {
    const sorted = [...list].sort((a, b) => a - b)
    return {
      median: quantile(sorted, 0.5),
      low: quantile(sorted, 0.1),
      high: quantile(sorted, 0.9),
      runs: sorted.length,
    }
  })
}
