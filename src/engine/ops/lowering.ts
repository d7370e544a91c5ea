/** The program a graph is lowered to: TF operations in NHWC, the same for running it and for the TF.js export. */
import type { GraphNode, Shape } from '../graph/graph'
import type { TensorData } from '../graph/tensor'

/** A value of the program. Layout `nhwc`: the ONNX value [N, C, *spatial] is held as [N, *spatial, C]. `plain`: as in ONNX. */
export type Layout = 'nhwc' | 'plain'

export interface Register {
  readonly id: number
  readonly layout: Layout
}

export type InstructionAttribute = number | string | boolean | readonly number[]

/** One TF operation, named and parametrised as in a TF GraphDef (`Conv2D`, `FusedBatchNormV3`, ...). */
export interface Instruction {
  readonly op: string
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly attributes: Readonly<Record<string, InstructionAttribute>>
  /** The graph node it comes from. */
  readonly node: string
}

/** How a constant of the program is made from a constant of the graph, so that trained values find their way back. */
export interface ConstantOrigin {
  readonly constant: string
  /** Permutation from the graph's axes to the program's; undefined: as it is. */
  readonly permutation?: readonly number[]
  /** Shape after the permutation, where it is reshaped. */
  readonly shape?: readonly number[]
}

/** What an operator's `lower` sees. Every method is bound to the node. */
export interface LoweringContext {
  readonly node: GraphNode
  has(i: number): boolean
  shape(i: number): Shape
  outputShape(o: number): Shape
  constant(i: number): TensorData | undefined
  /** Input i in the wanted layout; a transpose is inserted where it is held in the other one. */
  input(i: number, layout: Layout): Register
  /** The layout input i is held in now, for operators that work in either. */
  layoutOf(i: number): Layout
  /** Constant input i, permuted and reshaped, as a (trainable) constant of the program. */
  weight(i: number, permutation?: readonly number[], shape?: readonly number[]): Register
  /** A constant that is no parameter of the network. */
  literal(data: TensorData): Register
  emit(
    op: string,
    inputs: readonly Register[],
    attributes: Readonly<Record<string, InstructionAttribute>>,
    layout: Layout,
  ): Register
  /** For operations with several outputs. */
  emitMany(
    op: string,
    inputs: readonly Register[],
    attributes: Readonly<Record<string, InstructionAttribute>>,
    layout: Layout,
    count: number,
  ): Register[]
  /** Declares the register that holds output o. */
  output(o: number, register: Register): void
  /** Lets a session look at a value inside the node under this name, which no value of the graph has. */
  expose(name: string, register: Register): void
  /** A coded refusal (MODEL_UNSUPPORTED_FEATURE) that names the node. */
  fail(sentence: string): never
}
