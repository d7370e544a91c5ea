/** The house rule for a winner: the smallest network that loses at most a point; of two as small, the one that lost less. */
import type { Run } from '../../../contract'
import { figuresOf } from './figures'

/** MACs as near as this are as good as equal. */
const same = 0.005

export function bestWithin(runs: readonly Run[], points = 1): Run | undefined {
  let found: { run: Run; macs: number; drop: number } | undefined
  for (const run of runs) {
    const { drop, macsKept: macs } = figuresOf(run)
    if (drop === null || macs === null || drop > points || run.resultModelId === null) continue
    const smaller = !found || macs < found.macs - same
    const better = found && Math.abs(macs - found.macs) <= same && drop < found.drop
    if (smaller || better) found = { run, macs, drop }
  }
  return found?.run
}
