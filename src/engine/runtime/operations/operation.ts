/** How one TF operation of a program is run and differentiated; a table of them, keyed by their GraphDef name. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import type { Instruction, InstructionAttribute } from '../../ops/lowering'

export type AttributeMap = Readonly<Record<string, InstructionAttribute>>

/** What an execution may ask of its surroundings. */
export interface RunContext {
  readonly instruction: Instruction
  /** BatchNorm normalises by the batch and reports what it measured. */
  readonly training: boolean
  /** Biased mean and unbiased variance of the batch, each [C]; the receiver keeps what it needs. */
  reportBatchStatistics?(instruction: Instruction, mean: Tensor, variance: Tensor): void
  /**
   * Where the batch is a part of a larger one: what every part says, in their order. Each must ask for the same things in
   * the same order, and waits here for the others.
   */
  gather?: ((own: ArrayLike<number>) => readonly ArrayLike<number>[]) | undefined
  /** Tensors that the gradient needs besides inputs and outputs; null where no gradient will follow. */
  save: ((tensors: Tensor[]) => void) | null
}

export interface GradientContext {
  /** One an output; null where nothing flows back. */
  readonly dy: readonly (Tensor | null)[]
  /** Only those named by `needs` are there. */
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly saved: readonly Tensor[]
  readonly inputShapes: readonly (readonly number[])[]
  readonly outputShapes: readonly (readonly number[])[]
  readonly attributes: AttributeMap
  /** Whether the gradient of input i is wanted. */
  wants(i: number): boolean
  /** As in the forward pass. */
  readonly gather?: RunContext['gather']
}

export interface Operation {
  readonly op: string
  /** Runs in a tidy scope; never returns one of its inputs. */
  run(inputs: readonly Tensor[], attributes: AttributeMap, context: RunContext): Tensor[]
  /** What the gradient reads again. Default: nothing but shapes. */
  readonly needs?: { readonly inputs?: readonly number[] | 'all'; readonly outputs?: true }
  /** One an input, null where not wanted. Runs in a tidy scope. Missing: it cannot be differentiated. */
  gradient?(context: GradientContext): (Tensor | null)[]
}

const table = new Map<string, Operation>()

/** @throws INTERNAL when it is there already. */
export function registerOperation(operation: Operation): void {
  if (table.has(operation.op)) throw new EspalierError('INTERNAL', `The operation ${operation.op} is registered twice.`)
  table.set(operation.op, operation)
}

/** @throws INTERNAL when a lowering rule emits what the runtime does not know. */
export function operationOf(op: string): Operation {
  const operation = table.get(op)
  if (!operation) throw new EspalierError('INTERNAL', `The runtime has no operation ${op}.`)
  return operation
}

export const hasOperation = (op: string): boolean => table.has(op)

export const numberOf = (attributes: AttributeMap, name: string): number => attributes[name] as number
export const numbersOf = (attributes: AttributeMap, name: string): number[] => [
  ...(attributes[name] as readonly number[]),
]
export const flagOf = (attributes: AttributeMap, name: string): boolean => attributes[name] === true
