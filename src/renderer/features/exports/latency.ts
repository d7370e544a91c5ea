/** What two measured latencies say of one another. */
import type { ExportLatency } from '../../../contract'

/** Below this share of the median a difference is the machine's, not the network's. */
const noise = 0.03

export interface Speed {
  /** Times as fast as before. */
  readonly factor: number
  readonly verdict: 'faster' | 'same' | 'slower'
}

/** Null where there is nothing to compare with. */
export function speedOf({ before, after }: Pick<ExportLatency, 'before' | 'after'>): Speed | null {
  if (!before || after.median <= 0) return null
  const factor = before.median / after.median
  const verdict = factor > 1 + noise ? 'faster' : factor < 1 - noise ? 'slower' : 'same'
  return { factor, verdict }
}
