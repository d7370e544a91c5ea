/** What `compress --json` prints and result.json keeps. */
import type { DecisionTrace, Round, RunResult } from '../../contract/run'
import { removedByGroup } from '../../engine/pipeline/plan'
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
  return checkpoints.map(({ step, macs, predicted, measured }) => ({
    predicted,
    measured,
    macs,
    removed: removedByGroup(steps.slice(0, step)),
    kept: true,
  }))
}
