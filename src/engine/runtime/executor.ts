/** Runs the instructions of a program, forwards and backwards, freeing every tensor as soon as nothing needs it. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Instruction } from '../ops/lowering'
import { type Operation, operationOf, type RunContext } from './operations'
import { refuseGradient } from './operations/shape'

export type Tensors = Map<number, tf.Tensor>

export interface RunOptions {
  readonly training?: boolean
  reportBatchStatistics?: RunContext['reportBatchStatistics']
  gather?: RunContext['gather']
}

const held = (registers: ReadonlyMap<number, tf.Tensor>, register: number): tf.Tensor => {
  const tensor = registers.get(register)
  if (!tensor) throw new EspalierError('INTERNAL', `Register ${register} is read before it is computed.`)
  return tensor
}

const isMemoryError = (error: unknown): boolean =>
  error instanceof Error && /out of memory|memory access out of bounds|Cannot enlarge memory|OOM/i.test(error.message)

/** Runs one instruction in its own scope; backend errors get a code and name the node. */
function runOne(instruction: Instruction, inputs: tf.Tensor[], context: RunContext): tf.Tensor[] {
  const operation = operationOf(instruction.op)
  try {
    return tf.tidy(() => operation.run(inputs, instruction.attributes, context))
  } catch (error) {
    if (error instanceof EspalierError) throw error
    if (isMemoryError(error)) {
      throw new EspalierError(
        'OUT_OF_MEMORY',
        `There is not enough memory to run node "${instruction.node}". Choose a smaller batch.`,
        error,
      )
    }
    throw new EspalierError(
      'BACKEND_FAILED',
      `The ${tf.getBackend()} backend could not run ${instruction.op} (node "${instruction.node}").`,
      error,
    )
  }
}

/**
 * Runs instructions over given registers and returns the wanted ones, each a tensor of its own. What is given stays.
 * Every other tensor is freed after its last reader, and all of them when something fails.
 */
export function execute(
  instructions: readonly Instruction[],
  given: ReadonlyMap<number, tf.Tensor>,
  wanted: ReadonlySet<number>,
  options: RunOptions = {},
): Tensors {
  const registers = new Map(given)
  const own = new Set<number>()
  const lastReader = new Map<number, number>()
  instructions.forEach((instruction, i) => {
    for (const input of instruction.inputs) lastReader.set(input, i)
  })
  const free = (register: number) => {
    if (!own.delete(register)) return
    registers.get(register)?.dispose()
    registers.delete(register)
  }
  try {
    instructions.forEach((instruction, i) => {
      const inputs = instruction.inputs.map((input) => held(registers, input))
      const outputs = runOne(instruction, inputs, contextOf(instruction, options, null))
      instruction.outputs.forEach((register, o) => {
        registers.set(register, outputs[o] as tf.Tensor)
        own.add(register)
        if (!lastReader.has(register) && !wanted.has(register)) free(register)
      })
      for (const input of new Set(instruction.inputs)) {
        if (lastReader.get(input) === i && !wanted.has(input)) free(input)
      }
    })
    const result: Tensors = new Map()
    for (const register of wanted) {
      const tensor = held(registers, register)
      result.set(register, own.delete(register) ? tensor : tensor.clone())
    }
    return result
  } finally {
    for (const register of [...own]) free(register)
  }
}

const contextOf = (instruction: Instruction, options: RunOptions, save: RunContext['save']): RunContext => ({
  instruction,
  training: options.training ?? false,
  save,
  ...(options.reportBatchStatistics ? { reportBatchStatistics: options.reportBatchStatistics } : {}),
  ...(options.gather ? { gather: options.gather } : {}),
})

export interface Differentiation {
  readonly instructions: readonly Instruction[]
  /** Inputs and constants; left alone. */
  readonly given: ReadonlyMap<number, tf.Tensor>
  /** The register that is differentiated. */
  readonly of: number
  /** Registers whose gradient is wanted: constants or intermediate values. */
  readonly sources: ReadonlySet<number>
  /** Registers whose value is wanted. */
  readonly values: ReadonlySet<number>
  /** The vector v of sum(of * v); runs in a tidy scope. */
  seed(value: tf.Tensor): tf.Tensor
}

export interface Differentiated {
  readonly of: tf.Tensor
  readonly values: Tensors
  readonly gradients: Tensors
}

interface Step {
  readonly instruction: Instruction
  readonly operation: Operation
  readonly saved: tf.Tensor[]
}

/** Registers that depend on a source (sources included), given instructions in order. */
function dependent(instructions: readonly Instruction[], sources: ReadonlySet<number>): Set<number> {
  const active = new Set(sources)
  for (const instruction of instructions) {
    if (instruction.inputs.some((input) => active.has(input))) {
      for (const output of instruction.outputs) active.add(output)
    }
  }
  return active
}

const readAgain = (operation: Operation, instruction: Instruction): number[] => {
  const inputs = operation.needs?.inputs
  const chosen = inputs === 'all' ? instruction.inputs : (inputs ?? []).map((i) => instruction.inputs[i] as number)
  return operation.needs?.outputs ? [...chosen, ...instruction.outputs] : [...chosen]
}

/** One forward and one backward pass. The caller owns everything in the result. */
export function differentiate(request: Differentiation, options: RunOptions = {}): Differentiated {
  const { instructions, given, of, sources, values } = request
  const active = dependent(instructions, sources)
  const registers = new Map(given)
  const shapes = new Map<number, readonly number[]>()
  for (const [register, tensor] of given) shapes.set(register, tensor.shape)
  const own = new Set<number>()
  const steps: Step[] = []
  const gradients: Tensors = new Map()
  // How often a register will still be read: by the rest of the forward pass, by the backward pass, by the caller.
  const uses = new Map<number, number>()
  const count = (register: number, by: number) => uses.set(register, (uses.get(register) ?? 0) + by)
  for (const instruction of instructions) {
    for (const input of instruction.inputs) count(input, 1)
    if (instruction.inputs.some((input) => active.has(input))) {
      for (const register of readAgain(operationOf(instruction.op), instruction)) count(register, 1)
    }
  }
  for (const register of new Set([...values, of])) count(register, 1)
  const release = (register: number) => {
    count(register, -1)
    if ((uses.get(register) ?? 0) > 0 || !own.delete(register)) return
    registers.get(register)?.dispose()
    registers.delete(register)
  }
  try {
    for (const instruction of instructions) {
      const operation = operationOf(instruction.op)
      const isActive = instruction.inputs.some((input) => active.has(input))
      const saved: tf.Tensor[] = []
      const save = isActive ? (tensors: tf.Tensor[]) => saved.push(...tensors.map((t) => tf.keep(t.clone()))) : null
      if (isActive) steps.push({ instruction, operation, saved })
      const inputs = instruction.inputs.map((input) => held(registers, input))
      const outputs = runOne(instruction, inputs, contextOf(instruction, options, save))
      instruction.outputs.forEach((register, o) => {
        const output = outputs[o] as tf.Tensor
        registers.set(register, output)
        shapes.set(register, output.shape)
        own.add(register)
        if (!uses.get(register)) {
          count(register, 1)
          release(register)
        }
      })
      for (const input of instruction.inputs) release(input)
    }
    const result = held(registers, of)
    if (active.has(of)) {
      gradients.set(
        of,
        tf.tidy(() => {
          const v = request.seed(result)
          if (v.shape.join() !== result.shape.join()) {
            throw new EspalierError(
              'INTERNAL',
              `The seed of a backward pass has shape [${v.shape}], but the value has [${result.shape}].`,
            )
          }
          return v.clone()
        }),
      )
    }
    backward(steps, { registers, shapes, active, sources, gradients, release }, options.gather)
    const found: Tensors = new Map()
    for (const source of sources) {
      found.set(source, gradients.get(source) ?? tf.zeros([...(shapes.get(source) as readonly number[])]))
      gradients.delete(source)
    }
    const take = (register: number) => held(registers, register).clone()
    return {
      of: take(of),
      values: new Map([...values].map((register) => [register, take(register)])),
      gradients: found,
    }
  } finally {
    for (const register of own) registers.get(register)?.dispose()
    for (const step of steps) tf.dispose(step.saved)
    for (const gradient of gradients.values()) gradient.dispose()
  }
}

/** `tf.tidy` for a list with gaps. */
const tidied = (body: () => (tf.Tensor | null)[]): (tf.Tensor | null)[] =>
  tf.tidy(body as unknown as () => tf.Tensor[]) as (tf.Tensor | null)[]

interface BackwardState {
  readonly registers: ReadonlyMap<number, tf.Tensor>
  readonly shapes: ReadonlyMap<number, readonly number[]>
  readonly active: ReadonlySet<number>
  readonly sources: ReadonlySet<number>
  readonly gradients: Tensors
  release(register: number): void
}

/** Walks the recorded steps backwards, adding up gradients register by register. */
function backward(steps: readonly Step[], state: BackwardState, gather: RunContext['gather']): void {
  const { registers, shapes, active, sources, gradients } = state
  for (let i = steps.length - 1; i >= 0; i--) {
    const { instruction, operation, saved } = steps[i] as Step
    const { inputs, outputs } = instruction
    const dy = outputs.map((output) => gradients.get(output) ?? null)
    if (dy.some((gradient) => gradient !== null)) {
      if (!operation.gradient) refuseGradient(instruction.op, instruction.node)
      const rule = operation.gradient
      const shapeOf = (register: number) => shapes.get(register) as readonly number[]
      const flows = tidied(() =>
        rule({
          dy,
          inputs: inputs.map((input) => registers.get(input) as tf.Tensor),
          outputs: outputs.map((output) => registers.get(output) as tf.Tensor),
          saved,
          inputShapes: inputs.map(shapeOf),
          outputShapes: outputs.map(shapeOf),
          attributes: instruction.attributes,
          wants: (k) => active.has(inputs[k] as number),
          ...(gather ? { gather } : {}),
        }),
      )
      inputs.forEach((input, k) => {
        const flow = flows[k]
        if (!flow) return
        if (!active.has(input)) {
          flow.dispose()
          return
        }
        const sum = gradients.get(input)
        if (!sum) {
          gradients.set(input, flow)
          return
        }
        gradients.set(input, tf.add(sum, flow))
        sum.dispose()
        flow.dispose()
      })
      for (const output of outputs) {
        if (sources.has(output)) continue
        gradients.get(output)?.dispose()
        gradients.delete(output)
      }
    }
    tf.dispose(saved)
    saved.length = 0
    for (const register of readAgain(operation, instruction)) state.release(register)
  }
}
