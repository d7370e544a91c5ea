/** Training by SGD with momentum and weight decay, the semantics of torch.optim.SGD and torch.nn.BatchNorm. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Graph } from '../graph/graph'
import { carriedOver } from './binding'
import type { Tensors } from './executor'
import { withNumbers } from './parameters'
import type { ProgramConstant } from './program'
import { decodeState, encodeState, type StateEntry } from './trainer-state'
import { disposeGradients, type TrainingGradients, TrainingPass } from './training-pass'
import type { Feed, Target, Trainer, TrainerOptions } from './types'

const ADAM = { first: 0.9, second: 0.999, epsilon: 1e-8 } as const

/** Share of the batch's statistics in the running ones, as in PyTorch. */
const statisticsMomentum = 0.1

class SgdTrainer implements StatefulTrainer {
  learningRate: number
  private readonly pass: TrainingPass
  private velocities: Tensors = new Map()
  /** Second moments of Adam, and how many steps it has made. */
  private squares: Tensors = new Map()
  private steps = 0

  constructor(
    graph: Graph,
    private readonly options: TrainerOptions,
  ) {
    this.learningRate = options.learningRate
    this.pass = new TrainingPass(graph, options)
    for (const { register, data } of this.pass.parameters.trained) {
      this.velocities.set(register, tf.zeros([...data.dims]))
      if (options.optimizer === 'adam') this.squares.set(register, tf.zeros([...data.dims]))
    }
  }

  step(feed: Feed, target: Target | null, options: { readonly readLoss?: boolean } = {}): number | null {
    this.adopt(feed)
    const found = this.pass.run(feed, target)
    try {
      this.apply(found)
      return options.readLoss ? (found.loss.dataSync()[0] as number) : null
    } finally {
      disposeGradients(found)
    }
  }

  /** Goes on with a program for other extents. */
  private adopt(feed: Feed): void {
    const before = this.pass.adopt(feed)
    if (!before) return
    const nothing = () => null
    const { graph, program } = this.pass
    this.velocities = carriedOver(this.velocities, graph, before, program, nothing)
    this.squares = carriedOver(this.squares, graph, before, program, nothing)
  }

  get numbers(): readonly TrainedNumbers[] {
    return this.pass.parameters.trained.map((constant) => ({
      name: constant.origin?.constant as string,
      dims: constant.data.dims,
      read: () => this.pass.constants.get(constant.register)?.dataSync() as Float32Array,
    }))
  }

  apply({ weights, statistics }: Pick<TrainingGradients, 'weights' | 'statistics'>): void {
    const { trained } = this.pass.parameters
    const gradients: Tensors = new Map()
    for (const { register, origin } of trained) {
      gradients.set(register, weights.get(origin?.constant as string) as tf.Tensor)
    }
    if (this.options.optimizer === 'adam') this.updateByAdam(gradients)
    else this.updateBySgd(gradients)
    for (const { register, origin } of this.pass.changing.slice(trained.length)) {
      const measured = statistics.get(origin?.constant as string)
      if (!measured) continue
      const running = this.pass.constants.get(register) as tf.Tensor
      const blended = tf.tidy(() =>
        tf.add(tf.mul(running, 1 - statisticsMomentum), tf.mul(measured, statisticsMomentum)),
      )
      this.pass.replace(register, blended)
    }
  }

  /** m <- b1 m + (1 - b1) g, s <- b2 s + (1 - b2) g^2, w <- w - lr (m' / (sqrt(s') + eps) + d w), m', s' unbiased */
  private updateByAdam(gradients: Tensors): void {
    this.steps++
    const decay = this.options.weightDecay ?? 0
    const [first, second] = [1 - ADAM.first ** this.steps, 1 - ADAM.second ** this.steps]
    for (const [register, gradient] of gradients) {
      const weight = this.pass.constants.get(register) as tf.Tensor
      const [mean, square] = [this.velocities.get(register), this.squares.get(register)] as [tf.Tensor, tf.Tensor]
      const [nextMean, nextSquare, nextWeight] = tf.tidy(() => {
        const m = tf.add(tf.mul(mean, ADAM.first), tf.mul(gradient, 1 - ADAM.first))
        const s = tf.add(tf.mul(square, ADAM.second), tf.mul(tf.square(gradient), 1 - ADAM.second))
        const step = tf.div(tf.div(m, first), tf.add(tf.sqrt(tf.div(s, second)), ADAM.epsilon))
        const whole = decay === 0 ? step : tf.add(step, tf.mul(weight, decay))
        return [m, s, tf.sub(weight, tf.mul(whole, this.learningRate))]
      }) as [tf.Tensor, tf.Tensor, tf.Tensor]
      for (const old of [mean, square]) old.dispose()
      this.velocities.set(register, nextMean)
      this.squares.set(register, nextSquare)
      this.pass.replace(register, nextWeight)
    }
  }

  /** v <- m v + (g + d w), w <- w - lr v */
  private updateBySgd(gradients: Tensors): void {
    const momentum = this.options.momentum ?? 0.9
    const decay = this.options.weightDecay ?? 0
    for (const [register, gradient] of gradients) {
      const weight = this.pass.constants.get(register) as tf.Tensor
      const velocity = this.velocities.get(register) as tf.Tensor
      const [nextVelocity, nextWeight] = tf.tidy(() => {
        const decayed = decay === 0 ? gradient : tf.add(gradient, tf.mul(weight, decay))
        const v = tf.add(tf.mul(velocity, momentum), decayed)
        return [v, tf.sub(weight, tf.mul(v, this.learningRate))]
      }) as [tf.Tensor, tf.Tensor]
      velocity.dispose()
      this.velocities.set(register, nextVelocity)
      this.pass.replace(register, nextWeight)
    }
  }

  /** Everything that changes, in a fixed order. */
  private changing(): { key: string; constant: ProgramConstant; tensors: Tensors }[] {
    const name = (constant: ProgramConstant) => constant.origin?.constant as string
    const { trained, statistics } = this.pass.parameters
    return [
      ...trained.flatMap((constant) => [
        { key: `weight ${name(constant)}`, constant, tensors: this.pass.constants },
        { key: `velocity ${name(constant)}`, constant, tensors: this.velocities },
        ...(this.squares.size > 0 ? [{ key: `square ${name(constant)}`, constant, tensors: this.squares }] : []),
      ]),
      ...[...statistics.values()]
        .flatMap(({ mean, variance }) => [mean, variance])
        .map((constant) => ({ key: `statistic ${name(constant)}`, constant, tensors: this.pass.constants })),
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
    return withNumbers(
      this.pass.graph,
      this.pass.changing.map((constant) => [
        constant,
        Float32Array.from(this.pass.constants.get(constant.register)?.dataSync() as Float32Array),
      ]),
    )
  }

  dispose(): void {
    this.pass.dispose()
    for (const tensors of [this.velocities, this.squares]) {
      for (const value of tensors.values()) value.dispose()
      tensors.clear()
    }
  }
}

/** The numbers of one weight as the program holds them; `read` looks at those of now. */
export interface TrainedNumbers {
  readonly name: string
  readonly dims: readonly number[]
  read(): Float32Array
}

/** A trainer whose gradients may come from elsewhere. */
export interface StatefulTrainer extends Trainer {
  readonly numbers: readonly TrainedNumbers[]
  /** One step with these gradients, which stay the caller's. */
  apply(found: Pick<TrainingGradients, 'weights' | 'statistics'>): void
}

/** @throws MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE where the network cannot be trained. */
export const createTrainer = (graph: Graph, options: TrainerOptions): StatefulTrainer => new SgdTrainer(graph, options)
