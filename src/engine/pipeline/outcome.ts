/** The final figures, on data that decided nothing. */
import type { Outcome } from '../../contract/run'
import { say } from '../../contract/sentences'
import { measurePairs, type PairScore, type Runner, type Score } from '../evaluation'
import type { Graph } from '../graph/graph'
import { measureOptions, type Run, withRunners } from './run'

/** Metrics beside accuracy that both have. */
function othersOf(before: Score, after: Score): Outcome['others'] {
  const pair = (name: 'top-5' | 'f1', a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? [] : [{ name, before: a, after: b }]
  return [...pair('top-5', before.top5, after.top5), ...pair('f1', before.f1, after.f1)]
}

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
