/** Progress that does not lie: every stage has a share of the whole by the work it will do. */
import { EspalierError } from '../../contract/errors'
import type { Progress } from '../../contract/run'
import { detailOf, type Sentence, say } from '../../contract/sentences'
import type { Stage } from '../../contract/stages'
import { pause } from '../runtime/pause'

/** Work of a stage, in forward passes of one sample; only the proportions matter. */
export interface StageWork {
  readonly stage: Stage
  readonly work: number
}

/** Turns the stages' own fractions into one that never goes back. */
export class ProgressMeter {
  private readonly spans = new Map<Stage, readonly [start: number, end: number]>()
  private reached = 0

  constructor(
    plan: readonly StageWork[],
    private readonly emit: (progress: Progress) => void,
  ) {
    const total = plan.reduce((sum, { work }) => sum + work, 0) || 1
    let before = 0
    for (const { stage, work } of plan) {
      this.spans.set(stage, [before / total, (before + work) / total])
      before += work
    }
  }

  /** @param part 0..1 of this stage that is done */
  report(stage: Stage, part: number, doing: Sentence, metric?: Progress['metric']): void {
    const [start, end] = this.spans.get(stage) ?? [this.reached, this.reached]
    // The end itself, so that rounding does not leave the last stage short of 1.
    const now = part >= 1 ? end : start + (end - start) * Math.max(0, part)
    this.reached = Math.min(1, Math.max(this.reached, now))
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
