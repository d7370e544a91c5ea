/** A lowered network: instructions over numbered registers, its constants and the names the graph knows them by. */
import { EspalierError } from '../../contract/errors'
import type { Shape } from '../graph/graph'
import type { DataType, TensorData } from '../graph/tensor'
import type { ConstantOrigin, Instruction, Layout, Register } from '../ops/lowering'

export interface ProgramInput {
  readonly name: string
  readonly dtype: DataType
  /** As the graph states it (NCHW). */
  readonly shape: Shape
  readonly register: number
}

export interface ProgramConstant {
  readonly register: number
  /** In the program's layout; float32 or int32. */
  readonly data: TensorData
  /** Set where the constant is a parameter of the network, as it is or permuted. */
  readonly origin?: ConstantOrigin
}

export interface ProgramOutput {
  readonly name: string
  /** Always `plain`. */
  readonly register: number
}

export interface Program {
  readonly registers: number
  readonly inputs: readonly ProgramInput[]
  readonly outputs: readonly ProgramOutput[]
  readonly constants: readonly ProgramConstant[]
  /** In an order in which they can run. */
  readonly instructions: readonly Instruction[]
  /** Where each graph value lives; values inside a fused chain are missing. */
  readonly values: ReadonlyMap<string, Register>
}

/** Layout and register of a graph value. @throws GRAPH_INVALID when the program has none. */
export function registerOf(program: Program, value: string): Register {
  const register = program.values.get(value)
  if (register) return register
  throw new EspalierError(
    'GRAPH_INVALID',
    `The value "${value}" cannot be looked at: the program does not compute it, or it was fused away. Name it as a tap when the session is made.`,
  )
}

/**
 * The instructions needed to compute `wanted` once `given` registers are known (constants always are), in order.
 * @throws GRAPH_INVALID when a register is needed that nothing given leads to.
 */
export function slice(program: Program, given: ReadonlySet<number>, wanted: readonly number[]): Instruction[] {
  const constants = new Set(program.constants.map((constant) => constant.register))
  const needed = new Set(wanted.filter((register) => !given.has(register)))
  const chosen: Instruction[] = []
  for (let i = program.instructions.length - 1; i >= 0; i--) {
    const instruction = program.instructions[i] as Instruction
    if (!instruction.outputs.some((output) => needed.has(output))) continue
    chosen.push(instruction)
    for (const output of instruction.outputs) needed.delete(output)
    for (const input of instruction.inputs) if (!given.has(input)) needed.add(input)
  }
  for (const register of needed) {
    if (constants.has(register)) continue
    const name = [...program.values].find(([, held]) => held.id === register)?.[0] ?? `register ${register}`
    throw new EspalierError(
      'GRAPH_INVALID',
      `Only a part of the network was to run, but "${name}" is needed and was not given. Give it, or a value before it.`,
    )
  }
  return chosen.reverse()
}

export const layoutOf = (program: Program, value: string): Layout => registerOf(program, value).layout
