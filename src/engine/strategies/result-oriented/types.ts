/** What the result-oriented strategy is given, and what it answers. */
import type { DecisionTrace } from '../../../contract/run'
import type { Sentence } from '../../../contract/sentences'
import type { Coupling, PruningPlan } from '../../coupling/index'
import type { Selection } from '../../data/types'
import type { Graph } from '../../graph/graph'
import type { ObserveOptions } from '../../statistics/index'
import type { Removal } from '../trajectory'
import type { CheckpointTools } from './checkpoints'
import type { CostModel, DecideOptions } from './decide'

/** The goal is said later, to each decision. */
export interface ResultOrientedOptions extends ObserveOptions, Omit<DecideOptions, 'target'> {
  readonly protect: readonly string[]
}

/** Refits of plans from few samples. */
export interface QuickRefit {
  /** Plans that may be asked for at the same time. */
  readonly atOnce: number
  refit(plan: PruningPlan): Promise<Graph>
}

export interface ResultOrientedInput {
  /** With inferred shapes; `coupling` was analysed on it. */
  readonly graph: Graph
  readonly coupling: Coupling
  /** Of the whole network; left alone. */
  readonly cost: CostModel
  readonly calibration: Selection
  readonly options: ResultOrientedOptions
  /** Without them the trace has no measured points. */
  readonly checkpoints?: CheckpointTools
  /** The pruned network of a plan, refitted from few samples, to learn what a refit regains of each group; without it nothing is assumed regained. */
  readonly quickRefit?: QuickRefit
  /** The same from fewer samples, for what is measured at checkpoints; without it that is the network with the decision's own weights. */
  readonly checkpointRefit?: QuickRefit
  /** Divergence that a network comes to in a few steps of the refit on the result, in nats; null where there can be none. */
  readonly foretell?: ((network: Graph) => Promise<number | null>) | undefined
  /** Other orders to the end that the result may choose instead, where `quickRefit` is there. */
  readonly otherOrders?: readonly OtherOrder[]
  readonly hooks?: {
    readonly signal?: AbortSignal
    readonly progress?: (stage: 'observe' | 'decide', fraction: number) => void
  }
}

/** An order that was made elsewhere. */
export interface OtherOrder {
  readonly by: string
  readonly removals: readonly Removal[]
}

/** An order of removal that was not merely priced: its network was refitted from few samples and measured. */
export interface TriedOrder {
  /** The power of the scarcity, or the name of an order that was made elsewhere. */
  readonly by: number | string
  /** Units it takes away. */
  readonly units: number
  /** Nats on calibration samples that the quick refit has not seen, where there are more. */
  readonly kl: number
  /** Nats on other samples after a few steps of the refit on the result, where those were made: then they chose. */
  readonly foretold?: number
}

export interface ResultOrientedDecision {
  /** In order: any budget is a prefix that ends at a complete step. Prices are in nats of KL. */
  readonly trajectory: readonly Removal[]
  /** Orders among which the result chose the one with the least divergence; empty where there was one. */
  readonly tried: readonly TriedOrder[]
  /** Of the network as it came. */
  readonly correlation: DecisionTrace['correlation']
  /** Sentences for the user. */
  readonly notes: readonly Sentence[]
}
