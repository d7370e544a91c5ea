/** What `compress --json` prints and result.json keeps. */
import type { DecisionTrace, Round, RunResult } from '../../contract/run'
import { resultOriented } from '../../engine/strategies'

/** With the networks that were judged against the goal told apart from what was predicted and measured on the way. */
export type Printed<Result extends RunResult> = Result & {
  /** Networks judged on the verification split, in order: of a tolerance each that was tried. */
  readonly trials: readonly Round[]
}

/**
 * `rounds` are the checkpoints of the decision, where its prices predict what is measured there; of other strategies
 * they are the trials. What is removed is counted from the start.
 */
export function printedOf<Result extends RunResult>(compression: Result, trace: DecisionTrace): Printed<Result> {
  const { rounds: trials, strategy } = compression
  const predicts = strategy === resultOriented.name && trace.checkpoints.length > 0
  return { ...compression, rounds: predicts ? roundsOf(trace) : trials, trials }
}

function roundsOf({ steps, checkpoints }: DecisionTrace): Round[] {
  const removed: Record<string, number> = {}
  let at = 0
  return checkpoints.map(({ step, macs, predicted, measured }) => {
    for (; at < step; at++) {
      const { group } = steps[at] as DecisionTrace['steps'][number]
      removed[group] = (removed[group] ?? 0) + 1
    }
    return { predicted, measured, macs, removed: { ...removed }, kept: true }
  })
}
