/** The best run within limits: by accuracy where there are labels, else by agreement; the smaller one where equal. */
import type { Run } from '../../../contract'
import { lessIsBetter } from '../../../contract/outcome'
import { figuresOf } from '../runs'

/** Percent of MACs, kilobytes, points, milliseconds; 0: no limit. */
export interface Limits {
  readonly macs: number
  readonly kilobytes: number
  readonly drop: number
  readonly milliseconds?: number
}

export function bestUnder(runs: readonly Run[], limits: Limits): Run | undefined {
  let best: { run: Run; score: number; macs: number } | undefined
  for (const run of runs) {
    const { macsKept, bytes, drop, metric, metricName, agreement, latency } = figuresOf(run)
    if (macsKept === null || bytes === null) continue
    if (limits.macs > 0 && macsKept * 100 > limits.macs + 1e-9) continue
    if (limits.kilobytes > 0 && bytes > limits.kilobytes * 1000) continue
    if (limits.drop > 0 && (drop === null || drop > limits.drop + 1e-9)) continue
    // What was never measured keeps no promise of latency.
    if (limits.milliseconds && (latency === null || latency > limits.milliseconds)) continue
    const score = metric === null ? (agreement ?? 0) * 100 : lessIsBetter(metricName) ? -metric : metric
    if (!best || score > best.score || (score === best.score && macsKept < best.macs))
      best = { run, score, macs: macsKept }
  }
  return best?.run
}
