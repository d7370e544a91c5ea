/** What the result-oriented strategy is given, and what it answers. */
import type { DecisionTrace, TraceCheckpoint } from '../../../contract/run'
import type { Sentence } from '../../../contract/sentences'
import type { Coupling, PruningPlan } from '../../coupling/index'
import type { Selection } from '../../data/types'
import type { Graph } from '../../graph/graph'
import type { ObserveOptions } from '../../statistics/index'
import type { Removal } from '../trajectory'
import type { CheckpointTools } from './checkpoints'
import type { CostModel, DecideOptions } from './decide'

/** A tolerance is bisected on MACs; with a target of 0 everything that may go is ordered. */
export interface ResultOrientedOptions extends ObserveOptions, DecideOptions {
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
  /** Other orders to the end that the result may choose instead, where `quickRefit` is there. */
  readonly otherOrders?: readonly (readonly Removal[])[]
  readonly hooks?: {
    readonly signal?: AbortSignal
    readonly progress?: (stage: 'observe' | 'decide', fraction: number) => void
  }
}

/** An order of removal that was not merely priced: its network was refitted from few samples and measured. */
export interface TriedOrder {
  /** null: an order that was made elsewhere. */
  readonly scarcity: number | null
  /** Units it takes away. */
  readonly units: number
  /** Nats on calibration samples that the quick refit has not seen, where there are more. */
  readonly kl: number
}

export interface ResultOrientedDecision {
  /** In order: any budget is a prefix that ends at a complete step. Prices are in nats of KL. */
  readonly trajectory: readonly Removal[]
  /** Round of each removal: how often the network had been observed anew. */
  readonly rounds: readonly number[]
  readonly checkpoints: readonly TraceCheckpoint[]
  /** Orders among which the result chose the one with the least divergence; empty where there was one. */
  readonly tried: readonly TriedOrder[]
  /** Of the network as it came. */
  readonly correlation: DecisionTrace['correlation']
  /** Sentences for the user. */
  readonly notes: readonly Sentence[]
}
