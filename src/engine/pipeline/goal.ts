/** Which goals can be worked towards, and whether a promise is kept. */
import { EspalierError } from '../../contract/errors'
import type { Goal } from '../../contract/run'
import { say } from '../../contract/sentences'
import type { Task } from '../evaluation'
import { expectedDropBound, type PairScore } from '../evaluation'

export type Tolerance = Goal & { readonly kind: 'max-drop' | 'max-kl' }

export const isTolerance = (goal: Goal): goal is Tolerance => goal.kind === 'max-drop' || goal.kind === 'max-kl'

/** @throws BAD_USAGE for a ratio above 1 or a drop without labels */
export function checkGoal(goal: Goal, task: Task): void {
  if ((goal.kind === 'keep-macs' || goal.kind === 'keep-params') && goal.value > 1) {
    throw new EspalierError('BAD_USAGE', say('error.share-out-of-range', { value: goal.value }))
  }
  if (goal.kind === 'max-drop' && task.metric === 'none') {
    throw new EspalierError(
      'BAD_USAGE',
      'A largest drop of the task metric needs labels, and this data has none. Give a largest divergence (--max-kl) or a budget instead.',
    )
  }
}

/** The upper bound a tolerance is judged on: points of the metric, or nats. */
export const boundOf = (goal: Tolerance, score: PairScore): number =>
  goal.kind === 'max-kl' ? score.klBound : (score.dropBound ?? Number.POSITIVE_INFINITY)

export const keepsPromise = (goal: Tolerance, score: PairScore): boolean => boundOf(goal, score) <= goal.value

/** Metrics of which one sample can lose all; of the others no loss is the largest. */
const wholeSample: ReadonlySet<Task['metric']> = new Set(['accuracy', 'f1', 'mean-iou'])

/**
 * Refuses a promise that so few samples could not support even if nothing changed: one that is not among them may lose all.
 * @throws DATA_TOO_FEW_SAMPLES naming how many would do
 */
export function requireSupport(goal: Tolerance, task: Task, samples: number): void {
  if (goal.kind !== 'max-drop' || !wholeSample.has(task.metric)) return
  const bound = (n: number) => 100 * expectedDropBound(0, 0, 0, n)
  if (bound(samples) <= goal.value) return
  let enough = samples
  while (bound(enough) > goal.value) enough = Math.ceil(enough * 1.1) + 1
  throw new EspalierError(
    'DATA_TOO_FEW_SAMPLES',
    say('error.drop-unsupported', { drop: goal.value, samples, best: bound(samples).toFixed(2), enough }),
  )
}
