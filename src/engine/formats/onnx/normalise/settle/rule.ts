/** What the rules of settling share. */
import type { Dim, GraphNode, Shape } from '../../../../graph/graph'
import type { Known } from '../known'
import type { Rewriter } from '../rewriter'

/** @returns the node in canonical form, or undefined where it was replaced */
export type Rule = (node: GraphNode, known: Known, rewriter: Rewriter) => GraphNode | undefined

export const isNumber = (dim: Dim | undefined): dim is number => typeof dim === 'number'
export const sameShape = (a: Shape | undefined, b: Shape | undefined) =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((dim, i) => dim === b[i])
