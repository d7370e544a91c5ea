/** Training by SGD with momentum and weight decay, the semantics of torch.optim.SGD and torch.nn.BatchNorm. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Graph } from '../graph/graph'
import type { Instruction } from '../ops/lowering'
import { carriedOver, ProgramBinding } from './binding'
import { differentiate, type Tensors } from './executor'
import { upload } from './feed'
import { lossOf } from './loss'
import { type Parameters, parametersOf, withNumbers } from './parameters'
import { poolFirst } from './pool-first'
import { type Program, type ProgramConstant, registerOf, slice } from './program'
import { logitsValue, uploadConstant } from './session'
import { decodeState, encodeState, type StateEntry } from './trainer-state'
import type { Feed, Target, Trainer, TrainerOptions } from './types'

const ADAM = { first: 0.9, second: 0.999, epsilon: 1e-8 } as const

/** Share of the batch's statistics in the running ones, as in PyTorch. */
const statisticsMomentum = 0.1

class SgdTrainer implements Trainer {
  learningRate: number
  private readonly binding: ProgramBinding
  private program: Program
  private parameters: Parameters
  private constants: Tensors = new Map()
  private velocities: Tensors = new Map()
  /** Second moments of Adam, and how many steps it has made. */
  private squares: Tensors = new Map()
  private steps = 0
  private instructions: readonly Instruction[]
  private logits: number

  constructor(
    private readonly graph: Graph,
    private readonly options: TrainerOptions,
  ) {
    this.learningRate = options.learningRate
    this.binding = new ProgramBinding(graph, { fuse: false })
    this.program = this.binding.some()
    this.parameters = parametersOf(this.program, options.frozen ?? new Set())
    if (this.parameters.trained.length === 0) {
      throw new EspalierError('MODEL_UNSUPPORTED_FEATURE', 'The network has no weights that can be trained.')
    }
    this.logits = registerOf(this.program, logitsValue(graph)).id
    const inputs = new Set(this.program.inputs.map((input) => input.register))
    this.instructions = poolFirst(slice(this.program, inputs, [this.logits]), new Set([this.logits]))
    for (const constant of this.program.constants) this.constants.set(constant.register, uploadConstant(constant.data))
    for (const { register, data } of this.parameters.trained) {
      this.velocities.set(register, tf.zeros([...data.dims]))
      if (options.optimizer === 'adam') this.squares.set(register, tf.zeros([...data.dims]))
    }
  }

  step(feed: Feed, target: Target, options: { readonly readLoss?: boolean } = {}): number | null {
    this.adopt(this.binding.for(feed))
    const training = this.options.batchNorm === 'train'
    const inputs = upload(this.program, feed)
    const statistics = new Map<number, tf.Tensor>()
    let loss: tf.Tensor | null = null
    try {
      const found = differentiate(
        {
          instructions: this.instructions,
          given: new Map([...this.constants, ...inputs]),
          of: this.logits,
          sources: new Set(this.parameters.trained.map((constant) => constant.register)),
          values: new Set(),
          seed: (logits) => {
            const { gradient, value } = lossOf(
              this.options.loss,
              logits,
              target,
              registerOf(this.program, logitsValue(this.graph)).layout,
              this.options.classesLast,
            )
            loss = tf.keep(value)
            return gradient
          },
        },
        training
          ? {
              training,
              reportBatchStatistics: (instruction, mean, variance) =>
                this.note(statistics, instruction, mean, variance),
            }
          : {},
      )
      found.of.dispose()
      this.update(found.gradients)
      for (const [register, value] of statistics) this.replace(register, value)
      statistics.clear()
      return options.readLoss && loss ? ((loss as tf.Tensor).dataSync()[0] as number) : null
    } finally {
      for (const made of inputs.values()) made.dispose()
      for (const value of statistics.values()) value.dispose()
      ;(loss as tf.Tensor | null)?.dispose()
    }
  }

  /** Goes on with a program for other extents. */
  private adopt(program: Program): void {
    if (program === this.program) return
    const nothing = () => null
    this.constants = carriedOver(this.constants, this.graph, this.program, program, ({ data }) => uploadConstant(data))
    this.velocities = carriedOver(this.velocities, this.graph, this.program, program, nothing)
    this.squares = carriedOver(this.squares, this.graph, this.program, program, nothing)
    this.program = program
    this.parameters = parametersOf(program, this.options.frozen ?? new Set())
    this.logits = registerOf(program, logitsValue(this.graph)).id
    const inputs = new Set(program.inputs.map((input) => input.register))
    this.instructions = poolFirst(slice(program, inputs, [this.logits]), new Set([this.logits]))
  }

  private note(statistics: Tensors, instruction: Instruction, mean: tf.Tensor, variance: tf.Tensor): void {
    const found = this.parameters.statistics.get(instruction.outputs[0] as number)
    if (!found) return
    const blend = (constant: ProgramConstant, batch: tf.Tensor) => {
      const running = this.constants.get(constant.register) as tf.Tensor
      const blended = tf.add(tf.mul(running, 1 - statisticsMomentum), tf.mul(batch, statisticsMomentum))
      statistics.set(constant.register, tf.keep(blended))
    }
    blend(found.mean, mean)
    blend(found.variance, variance)
  }

  private replace(register: number, value: tf.Tensor): void {
    this.constants.get(register)?.dispose()
    this.constants.set(register, value)
  }

  private update(gradients: Tensors): void {
    if (this.options.optimizer === 'adam') this.updateByAdam(gradients)
    else this.updateBySgd(gradients)
  }

  /** m <- b1 m + (1 - b1) g, s <- b2 s + (1 - b2) g^2, w <- w - lr (m' / (sqrt(s') + eps) + d w), m', s' unbiased */
  private updateByAdam(gradients: Tensors): void {
    this.steps++
    const decay = this.options.weightDecay ?? 0
    const [first, second] = [1 - ADAM.first ** this.steps, 1 - ADAM.second ** this.steps]
    for (const [register, gradient] of gradients) {
      const weight = this.constants.get(register) as tf.Tensor
      const [mean, square] = [this.velocities.get(register), this.squares.get(register)] as [tf.Tensor, tf.Tensor]
      const [nextMean, nextSquare, nextWeight] = tf.tidy(() => {
        const m = tf.add(tf.mul(mean, ADAM.first), tf.mul(gradient, 1 - ADAM.first))
        const s = tf.add(tf.mul(square, ADAM.second), tf.mul(tf.square(gradient), 1 - ADAM.second))
        const step = tf.div(tf.div(m, first), tf.add(tf.sqrt(tf.div(s, second)), ADAM.epsilon))
        const whole = decay === 0 ? step : tf.add(step, tf.mul(weight, decay))
        return [m, s, tf.sub(weight, tf.mul(whole, this.learningRate))]
      }) as [tf.Tensor, tf.Tensor, tf.Tensor]
      for (const old of [gradient, mean, square]) old.dispose()
      this.velocities.set(register, nextMean)
      this.squares.set(register, nextSquare)
      this.replace(register, nextWeight)
    }
  }

  /** v <- m v + (g + d w), w <- w - lr v */
  private updateBySgd(gradients: Tensors): void {
    const momentum = this.options.momentum ?? 0.9
    const decay = this.options.weightDecay ?? 0
    for (const [register, gradient] of gradients) {
      const weight = this.constants.get(register) as tf.Tensor
      const velocity = this.velocities.get(register) as tf.Tensor
      const [nextVelocity, nextWeight] = tf.tidy(() => {
        const decayed = decay === 0 ? gradient : tf.add(gradient, tf.mul(weight, decay))
        const v = tf.add(tf.mul(velocity, momentum), decayed)
        return [v, tf.sub(weight, tf.mul(v, this.learningRate))]
      }) as [tf.Tensor, tf.Tensor]
      gradient.dispose()
      velocity.dispose()
      this.velocities.set(register, nextVelocity)
      this.replace(register, nextWeight)
    }
  }

  /** Everything that changes, in a fixed order. */
  private changing(): { key: string; constant: ProgramConstant; tensors: Tensors }[] {
    const name = (constant: ProgramConstant) => constant.origin?.constant as string
    const { trained, statistics } = this.parameters
    return [
      ...trained.flatMap((constant) => [
        { key: `weight ${name(constant)}`, constant, tensors: this.constants },
        { key: `velocity ${name(constant)}`, constant, tensors: this.velocities },
        ...(this.squares.size > 0 ? [{ key: `square ${name(constant)}`, constant, tensors: this.squares }] : []),
      ]),
      ...[...statistics.values()]
        .flatMap(({ mean, variance }) => [mean, variance])
        .map((constant) => ({ key: `statistic ${name(constant)}`, constant, tensors: this.constants })),
    ]
  }

  exportState(): Uint8Array {
    const entries = this.changing().map(({ key, constant, tensors }): StateEntry => {
      const data = tensors.get(constant.register)?.dataSync() as Float32Array
      return { key, data }
    })
    if (this.squares.size > 0) entries.push({ key: 'steps', data: Float32Array.of(this.steps) })
    return encodeState(entries)
  }

  importState(bytes: Uint8Array): void {
    const decoded = decodeState(bytes)
    const counted = this.squares.size > 0 && decoded.at(-1)?.key === 'steps' ? decoded.at(-1) : undefined
    const entries = counted ? decoded.slice(0, -1) : decoded
    const changing = this.changing()
    const fits =
      entries.length === changing.length &&
      changing.every(
        ({ key, constant }, i) => entries[i]?.key === key && entries[i]?.data.length === constant.data.data.length,
      )
    if (!fits) {
      throw new EspalierError(
        'FILE_UNREADABLE',
        'A training checkpoint belongs to another network, so training cannot go on from it. Start the run anew.',
      )
    }
    this.steps = counted?.data[0] ?? 0
    changing.forEach(({ constant, tensors }, i) => {
      tensors.get(constant.register)?.dispose()
      tensors.set(constant.register, tf.tensor((entries[i] as StateEntry).data, [...constant.data.dims]))
    })
  }

  toGraph(): Graph {
    const { trained, statistics } = this.parameters
    const written = this.options.batchNorm === 'train' ? [...statistics.values()] : []
    const constants = [...trained, ...written.flatMap(({ mean, variance }) => [mean, variance])]
    return withNumbers(
      this.graph,
      constants.map((constant) => [
        constant,
        Float32Array.from(this.constants.get(constant.register)?.dataSync() as Float32Array),
      ]),
    )
  }

  dispose(): void {
    for (const tensors of [this.constants, this.velocities, this.squares]) {
      for (const value of tensors.values()) value.dispose()
      tensors.clear()
    }
  }
}

/** @throws MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE where the network cannot be trained. */
export const createTrainer = (graph: Graph, options: TrainerOptions): Trainer => new SgdTrainer(graph, options)
