/** What a strategy has decided: everything that may go, in order. */
import type { DecisionTrace, TraceCheckpoint } from '../../contract/run'
import type { Sentence } from '../../contract/sentences'
import type { Removal } from '../strategies/trajectory'

export interface Decision {
  /** In order; a budget takes a prefix. */
  readonly trajectory: readonly Removal[]
  /** Round of each removal: how often the network had been observed anew. */
  readonly rounds: readonly number[]
  /** Predicted against measured change on the way; empty where prices are no prediction of it. */
  readonly checkpoints: readonly TraceCheckpoint[]
  readonly correlation: DecisionTrace['correlation']
  /** Curves of the sweep, where the allocation made one. */
  readonly sensitivity?: DecisionTrace['sensitivity'] | undefined
}

/** A decision with sentences that the user must read. */
export type Noted = Decision & { readonly notes: readonly Sentence[] }
