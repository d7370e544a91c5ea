/** What the walk over the nodes gathers, in raw label ids, before units are numbered. */
import type { Sentence } from '../../contract/sentences'
import type { GraphNode } from '../graph/graph'
import type { Choice, Labels, LinearLayer, Role } from '../ops/index'
import type { UnionFind } from './union-find'

/** Units made together by one node. */
export interface Source {
  readonly node: GraphNode
  readonly first: number
  readonly count: number
}

export interface RawBinding {
  readonly node: GraphNode
  readonly constant: string
  readonly axis: number
  readonly role: Role
  readonly ids: Int32Array
}

/** A stored value that follows labels over several axes, along the one that is left of them once all is united. */
export interface Follower {
  readonly node: GraphNode
  readonly constant: string
  readonly dims: readonly number[]
  /** How many axes of the labels' value come before the constant's own. */
  readonly by: number
  readonly labels: Labels
}

/** What the walk gathers, in raw label ids. */
export interface Walk {
  readonly sets: UnionFind
  readonly sources: Source[]
  /** First id and count of labels that are no units by themselves. */
  readonly free: { readonly first: number; readonly count: number }[]
  readonly bindings: RawBinding[]
  readonly followers: Follower[]
  readonly layers: { readonly node: GraphNode; readonly layer: LinearLayer }[]
  readonly values: Map<string, readonly Labels[]>
  /** First ids bound to each axis of a constant: weights that several nodes share tie their units. */
  readonly bound: Map<string, Int32Array>
  /** The first reason given for a label id. */
  readonly reasons: Map<number, Sentence>
  /** Whether the second of two ways to cut is taken on this walk. */
  second(choice: Choice): boolean
}
