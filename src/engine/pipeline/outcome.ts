/** The final figures, on data that decided nothing. */
import { type Outcome, otherMetricNames } from '../../contract/run'
import { say } from '../../contract/sentences'
import { measurePairs, type PairScore, type Runner, type Score } from '../evaluation'
import type { Graph } from '../graph/graph'
import { measureOptions, type Run, withRunners } from './run'

/** Metrics beside the task's that both have. */
const othersOf = (before: Score, after: Score): Outcome['others'] =>
  otherMetricNames.flatMap((name) => {
    const [a, b] = [before.others?.[name], after.others?.[name]]
    return a === undefined || b === undefined ? [] : [{ name, before: a, after: b }]
  })

/** Original, pruned and recovered network on the test split (the verification split where there is none). */
export async function outcomeOf(run: Run, pruned: Graph, recovered: Graph): Promise<Outcome> {
  const { splits, task, graph } = run
  const split = splits.test ? 'test' : 'verification'
  const selection = splits.test ?? splits.verification
  const [first, last] = await withRunners([graph, pruned, recovered], ([original, ...results]) =>
    measurePairs(
      original as Runner,
      results,
      selection,
      measureOptions(run, 'evaluate', say(splits.test ? 'doing.measuring-test' : 'doing.measuring-verification')),
    ),
  )
  const { original, result: afterPruning } = first as PairScore
  const { result: afterRecovery, agreement, kl, samples } = last as PairScore
  return {
    metric: original.value === null ? 'none' : task.metric,
    before: original.value,
    afterPruning: afterPruning.value,
    afterRecovery: afterRecovery.value,
    others: othersOf(original, afterRecovery),
    agreement,
    kl,
    split,
    samples,
  }
}
