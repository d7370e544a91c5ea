/** Which constants of a program train, and how trained numbers find their way back into the graph. */
import { EspalierError } from '../../contract/errors'
import type { Graph } from '../graph/graph'
import { sizeOf, type TensorArray, type TensorData } from '../graph/tensor'
import type { Instruction } from '../ops/lowering'
import { inverseOf, permuted } from './layout'
import type { Program, ProgramConstant } from './program'

/** Inputs of each operation that hold weights. */
const weightSlots: Readonly<Record<string, readonly number[]>> = {
  Conv2D: [1],
  DepthwiseConv2dNative: [1],
  MatMul: [0, 1],
  BatchMatMulV2: [0, 1],
  BiasAdd: [1],
  FusedBatchNormV3: [1, 2],
  Prelu: [1],
  GatherV2: [0],
  // ConvTranspose turns its filter before it convolves.
  ReverseV2: [0],
}

const products = new Set(['MatMul', 'BatchMatMulV2'])
const moving = new Set(['Slice', 'Reshape', 'Transpose', 'SplitV', 'ConcatV2', 'AddV2', 'Tile'])

/** The bias of a dense layer that an exporter wrote as MatMul and Add. */
function addedBias(instruction: Instruction, producers: ReadonlyMap<number, Instruction>): readonly number[] {
  if (instruction.op !== 'AddV2') return []
  const [a, b] = instruction.inputs as [number, number]
  const isProduct = (register: number): boolean => {
    const made = producers.get(register)
    // The parts of a recurrent layer's product get a bias of their own.
    return (
      made !== undefined && (products.has(made.op) || (made.op === 'SplitV' && isProduct(made.inputs[0] as number)))
    )
  }
  if (isProduct(a)) return [b]
  if (isProduct(b)) return [a]
  return []
}

/** Ones by which a product repeats its weight along an open extent (lower/linear.ts): what is equal to itself. */
function isOnes(register: number | undefined, producers: ReadonlyMap<number, Instruction>): boolean {
  const cast = register === undefined ? undefined : producers.get(register)
  const equal = cast?.op === 'Cast' ? producers.get(cast.inputs[0] as number) : undefined
  return equal?.op === 'Equal' && equal.inputs[0] === equal.inputs[1]
}

/** The constants that a register is cut or put together from; none where anything else takes part. */
function constantsBehind(
  register: number,
  constants: ReadonlyMap<number, ProgramConstant>,
  producers: ReadonlyMap<number, Instruction>,
): readonly number[] {
  if (constants.has(register)) return [register]
  const made = producers.get(register)
  if (made?.op === 'Mul' && isOnes(made.inputs[1], producers))
    return constantsBehind(made.inputs[0] as number, constants, producers)
  if (!made || !moving.has(made.op)) return []
  const parts = made.inputs.map((input) => constantsBehind(input, constants, producers))
  return parts.some((part) => part.length === 0) ? [] : parts.flat()
}

export interface BatchNormStatistics {
  readonly mean: ProgramConstant
  readonly variance: ProgramConstant
}

export interface Parameters {
  readonly trained: readonly ProgramConstant[]
  /** Keyed by the register that the BatchNorm writes. */
  readonly statistics: ReadonlyMap<number, BatchNormStatistics>
}

/** @throws MODEL_UNSUPPORTED_FEATURE for a weight shared between operators that hold it in different layouts. */
export function parametersOf(program: Program, frozen: ReadonlySet<string>): Parameters {
  const constants = new Map(program.constants.map((constant) => [constant.register, constant]))
  const producers = new Map<number, Instruction>()
  const trained = new Map<number, ProgramConstant>()
  const statistics = new Map<number, BatchNormStatistics>()
  for (const instruction of program.instructions) {
    const slots = (weightSlots[instruction.op] ?? []).map((slot) => instruction.inputs[slot] as number)
    const behind = [...slots, ...addedBias(instruction, producers)].flatMap((register) =>
      constantsBehind(register, constants, producers),
    )
    for (const register of new Set(behind)) {
      const constant = constants.get(register)
      if (!constant?.origin || constant.data.dtype !== 'float32' || frozen.has(constant.origin.constant)) continue
      trained.set(register, constant)
    }
    if (instruction.op === 'FusedBatchNormV3') {
      const mean = constants.get(instruction.inputs[3] as number)
      const variance = constants.get(instruction.inputs[4] as number)
      if (mean?.origin && variance?.origin) statistics.set(instruction.outputs[0] as number, { mean, variance })
    }
    for (const output of instruction.outputs) producers.set(output, instruction)
  }
  const names = new Set<string>()
  for (const { origin } of trained.values()) {
    const name = origin?.constant as string
    if (names.has(name)) {
      throw new EspalierError(
        'MODEL_UNSUPPORTED_FEATURE',
        `The weight "${name}" is shared between operators that need it in different layouts, so it cannot be trained. Skip fine-tuning for this network.`,
      )
    }
    names.add(name)
  }
  return { trained: [...trained.values()], statistics }
}

/** Numbers in the program's form, back in the graph's axes. */
export function graphForm(constant: ProgramConstant, data: TensorArray, dims: readonly number[]): TensorData {
  const { permutation } = constant.origin ?? {}
  if (!permutation) return { dtype: 'float32', dims, data }
  const turned = permutation.map((axis) => dims[axis] as number)
  return permuted({ dtype: 'float32', dims: turned, data }, inverseOf(permutation))
}

/** The graph with some constants' numbers replaced. */
export function withNumbers(graph: Graph, numbers: Iterable<readonly [ProgramConstant, Float32Array]>): Graph {
  const constants = new Map(graph.constants)
  for (const [constant, data] of numbers) {
    const name = constant.origin?.constant as string
    const old = graph.constants.get(name)
    if (!old || sizeOf(old.dims) !== data.length) {
      throw new EspalierError('INTERNAL', `The constant "${name}" does not belong to this network.`)
    }
    if (old.dtype !== 'float32') {
      throw new EspalierError(
        'MODEL_UNSUPPORTED_FEATURE',
        `The constant "${name}" is stored as ${old.dtype}; only float32 networks can be changed by training. Export the network in float32.`,
      )
    }
    constants.set(name, graphForm(constant, data, old.dims))
  }
  return graph.with({ constants })
}
