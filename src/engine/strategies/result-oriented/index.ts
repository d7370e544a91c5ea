/** The result-oriented strategy: observe, propagate, decide. Surgery, refit and verification are the pipeline's. */
import type { TraceCheckpoint } from '../../../contract/run'
import { type Sentence, uniqueSentences } from '../../../contract/sentences'
import type { Coupling } from '../../coupling/index'
import type { Graph } from '../../graph/graph'
import { observe, type Statistics, type StatisticsRequest } from '../../statistics/index'
import type { Removal } from '../trajectory'
import { decideRound, smallerNetwork, wholeNetwork } from './round'
import type { ResultOrientedDecision, ResultOrientedInput, TriedOrder } from './types'

export { Consumer } from './consumer'
export { consumersOf, withDecidedWeights } from './consumers'
export { type CostModel, Decision, type Measure } from './decide'
export type * from './types'

export const resultOrientedRequest: StatisticsRequest = {
  moments: true,
  sensitivity: true,
  propagation: true,
  activations: false,
  gradients: false,
}

/**
 * Orders the removals by priced change of the result per cost saved. Needs no labels.
 * @throws CANCELLED, BUDGET_UNREACHABLE, NOTHING_PRUNABLE, and what observing throws.
 */
export async function decideResultOriented(input: ResultOrientedInput): Promise<ResultOrientedDecision> {
  return decideFrom(input, await observeFor(input, input.graph, input.coupling))
}

const observeFor = ({ calibration, options, hooks = {} }: ResultOrientedInput, graph: Graph, coupling: Coupling) =>
  observe(graph, coupling, calibration, resultOrientedRequest, options, {
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    progress: (fraction) => hooks.progress?.('observe', fraction),
  })

/** The decision from statistics of the network as it came. */
export async function decideFrom(input: ResultOrientedInput, statistics: Statistics): Promise<ResultOrientedDecision> {
  const { cost, options } = input
  const { measure, target } = options
  const share = input.refit ? (options.observeAgainAt ?? 0) : 0
  const plan = { removed: new Uint8Array(input.coupling.units + 1) }
  const notes: Sentence[] = []
  const trajectory: Removal[] = []
  const rounds: number[] = []
  const checkpoints: TraceCheckpoint[] = []
  const tried: TriedOrder[] = []
  const start = cost[measure]
  let network = wholeNetwork(input)
  let observed = statistics
  for (let round = 0; ; round++) {
    const goal = Math.max(target, share * cost[measure])
    const done = await decideRound(input, network, observed, { goal, start, plan, before: trajectory })
    trajectory.push(...done.removals)
    rounds.push(...done.removals.map(() => round))
    checkpoints.push(...done.checkpoints)
    tried.push(...done.tried)
    notes.push(...done.notes)
    if (!done.more || cost[measure] <= target || share === 0 || !input.refit) break
    network = smallerNetwork(input, plan, await input.refit(plan))
    observed = await observeFor(input, network.graph, network.coupling)
  }
  const { correlation } = statistics
  return {
    trajectory,
    rounds,
    checkpoints,
    tried,
    correlation: { groups: [...correlation.groups], values: correlation.values.map((row) => [...row]) },
    notes: uniqueSentences(notes),
  }
}
