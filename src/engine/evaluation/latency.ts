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

/** About so long is measured in all; slow networks get fewer rounds. */
const wantedMs = 4000
const [fewest, most] = [7, 50]
const warmup = 3

/** {@link measureLatency} with as many rounds as a few seconds allow, 7 to 50. */
export async function measureLatencyInTime(
  calls: readonly (() => Promise<unknown>)[],
  now: () => number,
): Promise<Latency[]> {
  const first = await measureLatency(calls, { rounds: 1, warmup, now })
  const once = first.reduce((sum, { median }) => sum + median, 0)
  const rounds = Math.max(fewest, Math.min(most, Math.floor(wantedMs / Math.max(once, 1e-3))))
  return measureLatency(calls, { rounds, warmup: 0, now })
}

/**
 * Latencies of ever smaller networks as a line that never rises (pool adjacent violators): a smaller network that was
 * measured slower than a larger one met the machine in a busier moment.
 * @param medians largest network first
 */
export function neverRising(medians: readonly number[]): number[] {
  const pools: { sum: number; count: number }[] = []
  for (const median of medians) {
    pools.push({ sum: median, count: 1 })
    for (let last = pools.length - 1; last > 0; last--) {
      const [a, b] = [pools[last - 1], pools[last]] as [(typeof pools)[number], (typeof pools)[number]]
      if (b.sum / b.count <= a.sum / a.count) break
      pools.splice(last - 1, 2, { sum: a.sum + b.sum, count: a.count + b.count })
    }
  }
  return pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count))
}
