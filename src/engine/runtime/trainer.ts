/** Training by SGD with momentum and weight decay, the semantics of torch.optim.SGD and torch.nn.BatchNorm. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Graph } from '../graph/graph'
import type { Instruction } from '../ops/lowering'
import { buildProgram } from './build'
import { differentiate, type Tensors } from './executor'
import { upload } from './feed'
import { lossOf } from './loss'
import { type Parameters, parametersOf, withNumbers } from './parameters'
import { type Program, type ProgramConstant, registerOf, slice } from './program'
import { logitsValue, uploadConstant } from './session'
import { decodeState, encodeState, type StateEntry } from './trainer-state'
import type { Feed, Target, Trainer, TrainerOptions } from './types'

/** Share of the batch's statistics in the running ones, as in PyTorch. */
const statisticsMomentum = 0.1

class SgdTrainer implements Trainer {
  learningRate: number
  private readonly program: Program
  private readonly parameters: Parameters
  private readonly constants: Tensors = new Map()
  private readonly velocities: Tensors = new Map()
  private readonly instructions: readonly Instruction[]
  private readonly logits: number

  constructor(
    private readonly graph: Graph,
    private readonly options: TrainerOptions,
  ) {
    this.learningRate = options.learningRate
    this.program = buildProgram(graph, { fuse: false })
    this.parameters = parametersOf(this.program, options.frozen ?? new Set())
    if (this.parameters.trained.length === 0) {
      throw new EspalierError('MODEL_UNSUPPORTED_FEATURE', 'The network has no weights that can be trained.')
    }
    this.logits = registerOf(this.program, logitsValue(graph)).id
    const inputs = new Set(this.program.inputs.map((input) => input.register))
    this.instructions = slice(this.program, inputs, [this.logits])
    for (const constant of this.program.constants) this.constants.set(constant.register, uploadConstant(constant.data))
    for (const { register, data } of this.parameters.trained) this.velocities.set(register, tf.zeros([...data.dims]))
  }

  step(feed: Feed, target: Target, options: { readonly readLoss?: boolean } = {}): number | null {
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
            const { gradient, value } = lossOf(this.options.loss, logits, target)
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

  /** v <- m v + (g + d w), w <- w - lr v */
  private update(gradients: Tensors): void {
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
    return encodeState(entries)
  }

  importState(bytes: Uint8Array): void {
    const entries = decodeState(bytes)
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
    for (const tensors of [this.constants, this.velocities]) {
      for (const value of tensors.values()) value.dispose()
      tensors.clear()
    }
  }
}

/** @throws MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE where the network cannot be trained. */
export const createTrainer = (graph: Graph, options: TrainerOptions): Trainer => new SgdTrainer(graph, options)
