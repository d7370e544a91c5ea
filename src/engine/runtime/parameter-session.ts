/** A network whose parameters are moved by somebody else: gradients forward and back, and numbers to be replaced. */
import * as tf from '@tensorflow/tfjs-core'
import type { Graph } from '../graph/graph'
import type { Instruction } from '../ops/lowering'
import { carriedOver, ProgramBinding } from './binding'
import { differentiate, execute, type Tensors } from './executor'
import { upload } from './feed'
import { parametersOf, withNumbers } from './parameters'
import { poolFirst } from './pool-first'
import { type Program, type ProgramConstant, registerOf, slice } from './program'
import { logitsValue, uploadConstant } from './session'
import type { Feed, LiveValue } from './types'

export interface ParameterSession {
  /** Graph constants that can be moved, in a fixed order. */
  readonly names: readonly string[]
  /** How a parameter's numbers are held: the graph's axes in this order (undefined: in their own), and their extents. */
  formOf(name: string): { readonly dims: readonly number[]; readonly permutation?: readonly number[] }
  /** The logits of a batch. The caller disposes them. */
  logits(feed: Feed): LiveValue
  /**
   * Gradients of sum(logits * seed(logits)), each as its parameter is held. The caller disposes them. `seed` runs inside a
   * tidy scope. @throws MODEL_UNSUPPORTED_OPERATOR where an operator has no gradient.
   */
  gradients(feed: Feed, seed: (logits: LiveValue) => tf.Tensor): Map<string, tf.Tensor>
  /** Subtracts `step`, whose numbers are in the order of those held and which stays the caller's. */
  move(name: string, step: tf.Tensor): void
  /** Numbers of all parameters, in the order of `names`, as the program holds them. */
  read(): Float32Array[]
  /** Puts back what `read` gave. */
  write(numbers: readonly Float32Array[]): void
  toGraph(): Graph
  dispose(): void
}

class Parameters implements ParameterSession {
  readonly names: readonly string[]
  private readonly binding: ProgramBinding
  private program: Program
  private trained: readonly ProgramConstant[] = []
  private byName: ReadonlyMap<string, ProgramConstant> = new Map()
  private constants: Tensors = new Map()
  private instructions: readonly Instruction[] = []
  private of: ReturnType<typeof registerOf>

  constructor(
    private readonly graph: Graph,
    feed: Feed | null,
  ) {
    this.binding = new ProgramBinding(graph, { fuse: false })
    this.program = feed ? this.binding.for(feed) : this.binding.some()
    this.of = this.describe()
    this.names = [...this.byName.keys()]
    for (const { register, data } of this.program.constants) this.constants.set(register, uploadConstant(data))
  }

  /** What is known of the program. */
  private describe(): ReturnType<typeof registerOf> {
    const { program } = this
    this.trained = parametersOf(program, new Set()).trained
    this.byName = new Map(this.trained.map((constant) => [constant.origin?.constant as string, constant]))
    const of = registerOf(program, logitsValue(this.graph))
    const inputs = new Set(program.inputs.map(({ register }) => register))
    this.instructions = poolFirst(slice(program, inputs, [of.id]), new Set([of.id]))
    return of
  }

  /** Goes on with the program for a feed. */
  private bind(feed: Feed): void {
    const program = this.binding.for(feed)
    if (program === this.program) return
    this.constants = carriedOver(this.constants, this.graph, this.program, program, ({ data }) => uploadConstant(data))
    this.program = program
    this.of = this.describe()
  }

  private constant(name: string): ProgramConstant {
    return this.byName.get(name) as ProgramConstant
  }

  formOf(name: string) {
    const { data, origin } = this.constant(name)
    return { dims: data.dims, ...(origin?.permutation ? { permutation: origin.permutation } : {}) }
  }

  logits(feed: Feed): LiveValue {
    this.bind(feed)
    const inputs = upload(this.program, feed)
    try {
      const found = execute(this.instructions, new Map([...this.constants, ...inputs]), new Set([this.of.id]))
      return { tensor: found.get(this.of.id) as tf.Tensor, layout: this.of.layout }
    } finally {
      for (const made of inputs.values()) made.dispose()
    }
  }

  gradients(feed: Feed, seed: (logits: LiveValue) => tf.Tensor): Map<string, tf.Tensor> {
    this.bind(feed)
    const inputs = upload(this.program, feed)
    try {
      const { of, gradients } = differentiate({
        instructions: this.instructions,
        given: new Map([...this.constants, ...inputs]),
        of: this.of.id,
        sources: new Set(this.trained.map(({ register }) => register)),
        values: new Set(),
        seed: (tensor) => seed({ tensor, layout: this.of.layout }),
      })
      of.dispose()
      const result = new Map<string, tf.Tensor>()
      for (const name of this.names) result.set(name, gradients.get(this.constant(name).register) as tf.Tensor)
      return result
    } finally {
      for (const made of inputs.values()) made.dispose()
    }
  }

  move(name: string, step: tf.Tensor): void {
    const { register } = this.constant(name)
    const old = this.constants.get(register) as tf.Tensor
    const same = step.rank === old.rank
    // Outlives the caller's scope.
    this.constants.set(register, tf.keep(tf.tidy(() => tf.sub(old, same ? step : tf.reshape(step, old.shape)))))
    old.dispose()
  }

  read(): Float32Array[] {
    return this.trained.map(({ register }) =>
      Float32Array.from(this.constants.get(register)?.dataSync() as Float32Array),
    )
  }

  write(numbers: readonly Float32Array[]): void {
    this.trained.forEach(({ register }, i) => {
      const old = this.constants.get(register) as tf.Tensor
      this.constants.set(register, tf.tensor(numbers[i] as Float32Array, old.shape))
      old.dispose()
    })
  }

  toGraph(): Graph {
    const numbers = this.read()
    return withNumbers(
      this.graph,
      this.trained.map((constant, i) => [constant, numbers[i] as Float32Array] as const),
    )
  }

  dispose(): void {
    for (const constant of this.constants.values()) constant.dispose()
    this.constants.clear()
  }
}

/**
 * Puts a network on the backend with its parameters free to move; running statistics are constants. A network without
 * parameters has no `names`.
 * @param feed some samples, where the network leaves extents open
 * @throws MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE where the network cannot be run or its weights not moved.
 */
export const createParameterSession = (graph: Graph, feed: Feed | null = null): ParameterSession =>
  new Parameters(graph, feed)
