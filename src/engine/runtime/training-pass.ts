/** One forward and one backward pass of a network in training: gradients of its weights, and what BatchNorm measured. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Graph } from '../graph/graph'
import type { Instruction } from '../ops/lowering'
import { carriedOver, ProgramBinding } from './binding'
import { differentiate, type Tensors } from './executor'
import { upload } from './feed'
import { lossOf } from './loss'
import { type Parameters, parametersOf } from './parameters'
import { poolFirst } from './pool-first'
import { type Program, type ProgramConstant, registerOf, slice } from './program'
import { createSession, logitsValue, toPlain, uploadConstant } from './session'
import type { Feed, LiveValue, Session, Target, TrainerOptions } from './types'

/** What the shards of one batch tell each other, each computed on a thread of its own (see `parallel/exchange`). */
export type Gather = (own: ArrayLike<number>) => readonly ArrayLike<number>[]

/** A part of a batch whose other parts are computed at the same time. */
export interface Shard {
  /** Share of the batch's results in this part; the shares of all parts add up to 1. */
  readonly share: number
  gather: Gather
}

/** Whoever gets one disposes its tensors. */
export interface TrainingGradients {
  /** By the constant's name; of a shard, its part of the sum. */
  readonly weights: ReadonlyMap<string, tf.Tensor>
  /** Mean and variance (unbiased) of the whole batch, by the names of the constants that hold the running ones. */
  readonly statistics: ReadonlyMap<string, tf.Tensor>
  /** Mean over the results; of a shard over its own. */
  readonly loss: tf.Tensor
}

/** What several operators measure of the same constant is what the last one did. */
function note(statistics: Map<string, tf.Tensor>, name: string, measured: tf.Tensor): void {
  statistics.get(name)?.dispose()
  statistics.set(name, tf.keep(measured.clone()))
}

const nameOf = (constant: ProgramConstant): string => constant.origin?.constant as string

export class TrainingPass {
  readonly constants: Tensors = new Map()
  private readonly binding: ProgramBinding
  private current: Program
  private known: Parameters
  private instructions: readonly Instruction[] = []
  private logits = 0
  private teacher: Session | null = null

  constructor(
    readonly graph: Graph,
    private readonly options: Omit<TrainerOptions, 'learningRate'>,
  ) {
    this.binding = new ProgramBinding(graph, { fuse: false })
    this.current = this.binding.some()
    this.known = parametersOf(this.current, options.frozen ?? new Set())
    if (this.known.trained.length === 0) {
      throw new EspalierError('MODEL_UNSUPPORTED_FEATURE', 'The network has no weights that can be trained.')
    }
    this.describe()
    for (const constant of this.current.constants) this.constants.set(constant.register, uploadConstant(constant.data))
  }

  get program(): Program {
    return this.current
  }

  get parameters(): Parameters {
    return this.known
  }

  /** The constants that training changes: weights and, with BatchNorm in training, running statistics. */
  get changing(): readonly ProgramConstant[] {
    const { trained, statistics } = this.known
    const running = this.options.batchNorm === 'train' ? [...statistics.values()] : []
    return [...trained, ...running.flatMap(({ mean, variance }) => [mean, variance])]
  }

  private describe(): void {
    this.logits = registerOf(this.current, logitsValue(this.graph)).id
    const inputs = new Set(this.current.inputs.map((input) => input.register))
    this.instructions = poolFirst(slice(this.current, inputs, [this.logits]), new Set([this.logits]))
  }

  /** Goes on with the program for the extents of a feed. @returns the program before, where it is another one */
  adopt(feed: Feed): Program | null {
    const program = this.binding.for(feed)
    const before = this.current
    if (program === before) return null
    const carried = carriedOver(this.constants, this.graph, before, program, ({ data }) => uploadConstant(data))
    this.constants.clear()
    for (const [register, value] of carried) this.constants.set(register, value)
    this.current = program
    this.known = parametersOf(program, this.options.frozen ?? new Set())
    this.describe()
    return before
  }

  replace(register: number, value: tf.Tensor): void {
    this.constants.get(register)?.dispose()
    this.constants.set(register, value)
  }

  /**
   * The network must have adopted the feed.
   * @param target null: what the teacher of the options answers
   * @param shard where the feed is a part of a batch
   */
  run(feed: Feed, target: Target | null, shard: Shard | null = null): TrainingGradients {
    const training = this.options.batchNorm === 'train'
    const inputs = upload(this.current, feed)
    const statistics = new Map<string, tf.Tensor>()
    const wanted = target ?? this.ask(feed)
    let loss: tf.Tensor | null = null
    try {
      const found = differentiate(
        {
          instructions: this.instructions,
          given: new Map([...this.constants, ...inputs]),
          of: this.logits,
          sources: new Set(this.known.trained.map((constant) => constant.register)),
          values: new Set(),
          seed: (logits) => {
            const { layout } = registerOf(this.current, logitsValue(this.graph))
            const { gradient, value } = lossOf(this.options.loss, logits, wanted, layout, this.options.classesLast)
            loss = tf.keep(value)
            return shard ? tf.mul(gradient, shard.share) : gradient
          },
        },
        training
          ? {
              training,
              ...(shard ? { gather: shard.gather } : {}),
              reportBatchStatistics: (instruction, mean, variance) => {
                const constant = this.known.statistics.get(instruction.outputs[0] as number)
                if (!constant) return
                note(statistics, nameOf(constant.mean), mean)
                note(statistics, nameOf(constant.variance), variance)
              },
            }
          : {},
      )
      found.of.dispose()
      const weights = new Map(
        this.known.trained.map((constant) => [nameOf(constant), found.gradients.get(constant.register) as tf.Tensor]),
      )
      return { weights, statistics, loss: loss as unknown as tf.Tensor }
    } catch (error) {
      for (const value of statistics.values()) value.dispose()
      ;(loss as tf.Tensor | null)?.dispose()
      throw error
    } finally {
      for (const made of inputs.values()) made.dispose()
      if (!target) tf.dispose(wanted as tf.Tensor)
    }
  }

  /** What the teacher answers, in ONNX layout. */
  private ask(feed: Feed): tf.Tensor {
    const { teacher } = this.options
    if (!teacher) throw new EspalierError('INTERNAL', 'A step was taken without a target and without a teacher.')
    const name = logitsValue(teacher)
    this.teacher ??= createSession(teacher, { fuse: true, taps: [name] })
    const value = this.teacher.forward(feed, [name]).get(name) as LiveValue
    const plain = toPlain(value)
    value.tensor.dispose()
    return plain
  }

  dispose(): void {
    for (const value of this.constants.values()) value.dispose()
    this.constants.clear()
    this.teacher?.dispose()
  }
}

export function disposeGradients({ weights, statistics, loss }: TrainingGradients): void {
  for (const value of [...weights.values(), ...statistics.values(), loss]) value.dispose()
}
