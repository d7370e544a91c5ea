/** Progress that does not lie: every stage has a share of the whole by the work it will do. */
import { EspalierError } from '../../contract/errors'
import type { Progress, Stage } from '../../contract/run'
import { detailOf, type Sentence, say } from '../../contract/sentences'
import { pause } from '../runtime/pause'

/** Work of a stage, in forward passes of one sample; only the proportions matter. */
export interface StageWork {
  readonly stage: Stage
  readonly work: number
}

/** Turns the stages' own fractions into one that never goes back. */
export class ProgressMeter {
  private readonly starts = new Map<Stage, { start: number; share: number }>()
  private reached = 0

  constructor(
    plan: readonly StageWork[],
    private readonly emit: (progress: Progress) => void,
  ) {
    const total = plan.reduce((sum, { work }) => sum + work, 0) || 1
    let start = 0
    for (const { stage, work } of plan) {
      this.starts.set(stage, { start, share: work / total })
      start += work / total
    }
  }

  /** @param part 0..1 of this stage that is done */
  report(stage: Stage, part: number, doing: Sentence, metric?: Progress['metric']): void {
    const { start, share } = this.starts.get(stage) ?? { start: this.reached, share: 0 }
    this.reached = Math.min(1, Math.max(this.reached, start + share * Math.min(1, Math.max(0, part))))
    this.emit({ stage, fraction: this.reached, ...detailOf(doing), ...(metric ? { metric } : {}) })
  }
}

/** @throws CANCELLED once the signal is set. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new EspalierError('CANCELLED', say('error.run-cancelled'))
  }
}

/** Lets timers and messages through between batches, then checks for cancellation. @throws CANCELLED */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await pause()
  throwIfCancelled(signal)
}
