/** From where a run that ended before its end goes on, as the key of a sentence and its values. */
import type { Reached, Run } from '../../../contract'

export interface ResumePoint {
  readonly key:
    | 'queue'
    | 'anew'
    | 'some'
    | 'decided'
    | 'layers'
    | 'result'
    | 'trials'
    | 'pruned'
    | 'verified'
    | 'tuning'
    | 'epochs'
    | 'recovered'
  readonly values: Record<string, number>
  /** How many the sentence counts. */
  readonly count: number
}

/** The furthest of the kept steps decides. */
export function resumePoint({ config, progress }: Pick<Run, 'config' | 'progress'>, reached: Reached): ResumePoint {
  const point = (key: ResumePoint['key'], count = 1, values = {}): ResumePoint => ({
    key,
    count,
    values: { n: count, ...values },
  })
  const { epochs: total } = config.finetune
  if (reached.recovered) return point('recovered')
  if (reached.epochs > 0) return point('epochs', reached.epochs, { total })
  if (reached.kl !== null) return point(total > 0 ? 'tuning' : 'verified')
  if (reached.pruned) return point('pruned')
  if (reached.trials.length > 0) return point('trials', reached.trials.length)
  if (reached.refitSteps > 0) return point('result', reached.refitSteps)
  if (reached.fittedLayers > 0) return point('layers', reached.fittedLayers)
  if (reached.decision) return point('decided')
  const { steps, stale } = reached
  if (steps > stale) return point('some', steps - stale)
  return point(progress ? 'anew' : 'queue')
}
