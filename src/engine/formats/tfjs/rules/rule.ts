/** What a rule sees of the node that it brings into the graph. */
import type { Lift, Lifted } from '../../lift/builder'
import type { GraphDefNode } from '../node'

export interface RuleContext {
  readonly lift: Lift
  readonly node: GraphDefNode
  readonly name: string
  /** Input i. @throws MODEL_INVALID where it is missing */
  input(i: number): Lifted
  readonly inputs: readonly Lifted[]
  /** The numbers of a constant input. @throws MODEL_UNSUPPORTED_FEATURE where it is computed */
  constant(i: number): number[]
  /** How many nodes read what input i reads. */
  readers(i: number): number
}

export type Rule = (context: RuleContext) => Lifted | readonly Lifted[]
