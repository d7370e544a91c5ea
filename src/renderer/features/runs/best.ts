/** The house rule for a winner: the smallest network that loses at most a point; where none does, the one that loses least. */
import type { Run } from '../../../contract'
import { figuresOf } from './figures'

export interface Winner {
  readonly run: Run
  /** false: every network loses more than the points allowed, and this one the least. */
  readonly within: boolean
}

/** MACs as near as this are as good as equal. */
const same = 0.005

export function winnerOf(runs: readonly Run[], points = 1): Winner | undefined {
  let found: { run: Run; macs: number; drop: number } | undefined
  for (const run of runs) {
    const { drop, macsKept: macs } = figuresOf(run)
    if (drop === null || macs === null || run.resultModelId === null) continue
    const allowed = drop <= points
    const foundAllowed = found !== undefined && found.drop <= points
    const smaller = found !== undefined && macs < found.macs - same
    const alike = found !== undefined && Math.abs(macs - found.macs) <= same
    const less = found !== undefined && drop < found.drop
    const better = allowed && foundAllowed ? smaller || (alike && less) : allowed || (!foundAllowed && less)
    if (found === undefined || better) found = { run, macs, drop }
  }
  return found && { run: found.run, within: found.drop <= points }
}
