/** What an operator must say about itself: shape, cost, coupling, resizing and lowering. One file an operator. */
import { EspalierError } from '../../contract/errors'
import type { HeldCode } from '../../contract/sentences'
import type { Dim, GraphNode, Shape } from '../graph/graph'
import type { DataType, TensorData } from '../graph/tensor'
import type { LoweringContext } from './lowering'

/** A type and a shape; `elements` where a small integer tensor is known, symbols included (shape arithmetic). */
export interface Inferred {
  readonly dtype: DataType
  readonly shape: Shape
  readonly elements?: readonly Dim[]
}

/** What the shape rule sees. */
export interface InferContext {
  readonly node: GraphNode
  /** Whether optional input i is there. */
  has(i: number): boolean
  /** Input i. @throws MODEL_INVALID when a required input is missing. */
  input(i: number): Inferred
  shape(i: number): Shape
  /** The constant behind input i, if it is one. */
  constant(i: number): TensorData | undefined
  /** Known elements of input i (constants and shape arithmetic). */
  elements(i: number): readonly Dim[] | undefined
  /** A coded refusal that names the node. */
  fail(sentence: string): never
  /** For an operand that is not known: the importer may still fold it to a constant, else the value stays without a shape. */
  await(sentence: string): never
}

/** What the cost rule sees: shapes without the batch symbol (one sample). */
export interface CostContext {
  readonly node: GraphNode
  has(i: number): boolean
  inputShape(i: number): readonly number[]
  outputShape(i: number): readonly number[]
}

/** Unit ids over some axes of a value, row-major over `axes`; the value's other axes share them. 0: not removable. */
export interface Labels {
  readonly axes: readonly number[]
  readonly dims: readonly number[]
  readonly ids: Int32Array
  /** Made up for something of any width (a stored or stretched value): gives way where it cannot stay independent. */
  readonly free?: true
}

/** How a constant takes part in a unit: it makes it, reads it, or carries it along (BatchNorm, depthwise, bias). */
export type Role = 'producer' | 'consumer' | 'passthrough'

/**
 * Where two ways to cut are right and which is finer depends on the rest of the network: ranks of every group of a
 * normalisation or whole groups; the batch of a product (heads, experts) or the features that it sums over, the same of
 * each.
 */
export type Choice = 'ranks-or-groups' | 'batch-or-features'

/**
 * What the channel rule sees. A value carries a list of labels over disjoint axes, each list entry independent of the
 * others (a token-mixing network can lose tokens and channels); an empty list where nothing of it can be removed.
 */
export interface CouplingContext {
  readonly node: GraphNode
  has(i: number): boolean
  shape(i: number): Shape
  outputShape(i: number): Shape
  constant(i: number): TensorData | undefined
  labels(i: number): readonly Labels[]
  /** The same, and for a constant: labels that let it follow, along every axis, whatever it is combined with. */
  operand(i: number): readonly Labels[]
  /** New units made by this node. */
  fresh(count: number): Int32Array
  /** Labels for positions that take any width: they follow what they are combined with, and are no units themselves. */
  free(axis: number, count: number): Labels
  /** Entries at the same place are removed together or not at all. Lengths are equal. */
  union(a: Int32Array, b: Int32Array): void
  /** Whether all units of an entry are known to stay already. */
  stays(labels: Labels): boolean
  /** These units stay; what this node does with them is told to the user. */
  fix(what: Int32Array | readonly Labels[], held: HeldCode): void
  /** Units that differ along other axes than these become one, so that the value stays a box when they go. */
  merge(labels: Labels, axes: readonly number[]): Labels
  /** Whether the second way is to be taken; the analysis takes the one that leaves more units in the whole network. */
  second(choice: Choice): boolean
  /** Constant input i follows `ids` along `axis`. */
  bind(i: number, axis: number, ids: Int32Array, role: Role): void
  /**
   * Constant input i, whose axes are the last ones of the output, follows labels over several axes along the one that
   * they come down to; where it has one position there, it loses nothing.
   */
  follow(i: number, labels: Labels): void
  /** Sets the labels of output o (none unless set). */
  set(o: number, labels: readonly Labels[]): void
  /** Declares this node a linear consumer and/or producer, for the strategies. */
  linear(layer: LinearLayer): void
}

/**
 * A linear operator as the strategies see it. `inputIds[c]` is the unit of input channel c, `outputIds[m]` of output
 * channel m (0: fixed). Channels are in the order of the weight's own axes; a dense operator behind a flatten has as
 * many input channels as it has columns.
 */
export interface LinearLayer {
  readonly kind: 'conv' | 'dense' | 'depthwise'
  /** Input positions of weight and bias in `node.inputs`; bias -1 where there is none. */
  readonly weight: number
  readonly bias: number
  /** Axes of the weight that hold output and input channels. */
  readonly outputAxis: number
  readonly inputAxis: number
  readonly groups: number
  readonly inputIds: Int32Array
  readonly outputIds: Int32Array
}

/** What an operator with sizes in its attributes or constants needs to fit the smaller network. */
export interface ResizeContext {
  readonly node: GraphNode
  constant(i: number): TensorData | undefined
  /** New extents of input i and output o (symbols kept). */
  inputShape(i: number): Shape
  outputShape(o: number): Shape
  /** Old extents. */
  oldInputShape(i: number): Shape
  oldOutputShape(o: number): Shape
  /** Original indices that stay along an axis of input i, or null where all do. */
  keptOfInput(i: number, axis: number): readonly number[] | null
  keptOfOutput(o: number, axis: number): readonly number[] | null
}

/** A node with other attributes, and replacements for some of its constant inputs. */
export interface Resized {
  readonly node?: GraphNode
  readonly constants?: ReadonlyMap<number, TensorData>
}

export interface OpDefinition {
  readonly op: string
  /** '' unless stated. */
  readonly domain?: string
  /** The importer takes it apart into operators that have the other rules. */
  readonly imported?: true
  /** First opset of the default domain that has the canonical form; the writer raises the file's opset to it. */
  readonly since?: number
  infer(context: InferContext): readonly Inferred[]
  /** Multiply-accumulates of one sample: a product of extents, or a list of such products that add up. */
  macs?(context: CostContext): number | readonly number[]
  /** Without a rule the operator's inputs are fixed with the reason that it cannot be followed. */
  couple?(context: CouplingContext): void
  resize?(context: ResizeContext): Resized
  /**
   * Whether an output element depends on several units at once other than through a constant weight's columns
   * (normalisation, reduction, a product of computed values). A masked network computes such a node over the kept units.
   */
  mixes?(context: { readonly node: GraphNode; constant(i: number): TensorData | undefined }): boolean
  /** Emits TF operations; without it the network can be pruned by structure, but not run. */
  lower?(context: LoweringContext): void
}

const registry = new Map<string, OpDefinition>()
const keyOf = (op: string, domain: string) => (domain === '' ? op : `${domain}::${op}`)

/** @throws INTERNAL when the operator is there already. */
export function registerOp(definition: OpDefinition): void {
  const key = keyOf(definition.op, definition.domain ?? '')
  if (registry.has(key)) throw new EspalierError('INTERNAL', `The operator ${key} is registered twice.`)
  registry.set(key, definition)
}

export const findOp = (op: string, domain = ''): OpDefinition | undefined => registry.get(keyOf(op, domain))

export const registeredOps = (): readonly OpDefinition[] => [...registry.values()]
