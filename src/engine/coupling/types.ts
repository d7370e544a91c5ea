/** Coupling: which slices go together. Units, groups, layers and how constants and values follow them. */
import type { Sentence } from '../../contract/sentences'
import type { GraphNode } from '../graph/graph'
import type { Labels, Role } from '../ops/definition'

/** A linear operator as the strategies see it. */
export interface Layer {
  readonly node: GraphNode
  readonly kind: 'conv' | 'dense' | 'depthwise' | 'recurrent'
  readonly weightName: string
  readonly biasName: string | null
  /** Axes of the weight that hold output and input channels. */
  readonly outputAxis: number
  readonly inputAxis: number
  readonly groups: number
  /** Unit of each input channel (of each column for a dense layer behind a flatten); 0: stays. */
  readonly inputUnits: Int32Array
  /** Unit of each output channel; 0: stays. */
  readonly outputUnits: Int32Array
  /** Value names. */
  readonly input: string
  readonly output: string
}

/** A constant that loses slices along one axis when units go. */
export interface Binding {
  readonly node: GraphNode
  readonly constant: string
  readonly axis: number
  readonly role: Role
  /** Unit of each slice; 0: stays. */
  readonly units: Int32Array
}

export interface Group {
  /** Name of the first node that makes its units. */
  readonly name: string
  /** Unit ids by original index; 0 where that unit must stay. */
  readonly units: Int32Array
  readonly prunable: boolean
  /** Why nothing of it can be removed; null where it can. */
  readonly reason: Sentence | null
  /** Layers whose output channels are its units. */
  readonly producers: readonly Layer[]
  /** Layers with constant weights that read its units. */
  readonly consumers: readonly Layer[]
  /** Names of the nodes whose constants lose slices with it. */
  readonly members: readonly string[]
}

export interface Coupling {
  /** Unit ids run from 1 to this; 0 stands for what must stay. */
  readonly units: number
  readonly groups: readonly Group[]
  /** Group index of each unit id. */
  readonly groupOf: Int32Array
  /** Place of each unit id in its group (its original index). */
  readonly indexOf: Int32Array
  /** Every linear operator, in topological order. */
  readonly layers: readonly Layer[]
  readonly bindings: readonly Binding[]
  /** Units along the axes of each value that carries any; entries of one value have disjoint axes. */
  readonly values: ReadonlyMap<string, readonly Labels[]>
}

/** What a strategy decides: one flag a unit id (index 0 unused), 1 where the unit goes. */
export interface PruningPlan {
  readonly removed: Uint8Array
}
