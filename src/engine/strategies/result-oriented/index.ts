/** The result-oriented strategy: observe, propagate, decide. Surgery, refit and verification are the pipeline's. */

import type { DecisionTrace, TraceCheckpoint } from '../../../contract/run'
import { type Sentence, uniqueSentences } from '../../../contract/sentences'
import type { Coupling, PruningPlan } from '../../coupling/index'
import type { Selection } from '../../data/types'
import type { Graph } from '../../graph/graph'
import { type ObserveOptions, observe, type Statistics, type StatisticsRequest } from '../../statistics/index'
import type { Removal } from '../trajectory'
import type { CheckpointTools } from './checkpoints'
import type { CostModel, Measure } from './decide'
import { decideRound, smallerNetwork, wholeNetwork } from './round'

export { Consumer } from './consumer'
export { consumersOf, withDecidedWeights } from './consumers'
export { type CostModel, Decision, type Measure } from './decide'

export const resultOrientedRequest: StatisticsRequest = {
  moments: true,
  sensitivity: true,
  propagation: true,
  activations: false,
  gradients: false,
}

export interface ResultOrientedOptions extends ObserveOptions {
  /** What is saved; a tolerance is bisected on MACs. */
  readonly measure: Measure
  /** Absolute; the trajectory ends when it is met. 0: everything that may go is ordered. */
  readonly target: number
  readonly roundTo: number
  /** At least this many units of a group stay, and at least this share of it. */
  readonly least?: number
  readonly floor?: number
  /** See `DecideOptions`. */
  readonly scarcity?: number
  readonly protect: readonly string[]
  /**
   * Where the cost has fallen to this share of what it was when the network was last observed, the network is refitted
   * and observed anew (needs `refit`). Default: never.
   */
  readonly observeAgainAt?: number
}

export interface ResultOrientedInput {
  /** With inferred shapes; `coupling` was analysed on it. */
  readonly graph: Graph
  readonly coupling: Coupling
  /** Of the whole network. It is used up: hand in a clone. */
  readonly cost: CostModel
  readonly calibration: Selection
  readonly options: ResultOrientedOptions
  /** Without them the trace has no measured points. */
  readonly checkpoints?: CheckpointTools
  /** The pruned and refitted network of a plan, for `observeAgainAt`. */
  readonly refit?: (plan: PruningPlan) => Promise<Graph>
  /** The same from few samples, to learn what a refit regains of each group; without it nothing is assumed regained. */
  readonly quickRefit?: (plan: PruningPlan) => Promise<Graph>
  readonly hooks?: {
    readonly signal?: AbortSignal
    readonly progress?: (stage: 'observe' | 'decide', fraction: number) => void
  }
}

export interface ResultOrientedDecision {
  /** In order: any budget is a prefix that ends at a complete step. Prices are in nats of KL. */
  readonly trajectory: readonly Removal[]
  /** Round of each removal: how often the network had been observed anew. */
  readonly rounds: readonly number[]
  readonly checkpoints: readonly TraceCheckpoint[]
  /** Of the network as it came. */
  readonly correlation: DecisionTrace['correlation']
  /** Sentences for the user. */
  readonly notes: readonly Sentence[]
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
  const start = cost[measure]
  let network = wholeNetwork(input)
  let observed = statistics
  for (let round = 0; ; round++) {
    const goal = Math.max(target, share * cost[measure])
    const done = await decideRound(input, network, observed, { goal, start, plan, before: trajectory })
    trajectory.push(...done.removals)
    rounds.push(...done.removals.map(() => round))
    checkpoints.push(...done.checkpoints)
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
    correlation: { groups: [...correlation.groups], values: correlation.values.map((row) => [...row]) },
    notes: uniqueSentences(notes),
  }
}
