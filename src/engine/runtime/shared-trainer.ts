/**
 * Training on all cores: every worker computes the gradients of its shard of the batch with the weights of now, which lie
 * in shared memory; one optimiser step on their sum follows here. BatchNorm's statistics are those of the whole batch,
 * which the workers tell each other layer by layer.
 */
import * as tf from '@tensorflow/tfjs-core'
import { Graph, type GraphParts } from '../graph/graph'
import {
  beginExchange,
  Crew,
  Exchange,
  type ExchangeMemory,
  exchangeMemory,
  leaveExchange,
  type Piece,
  plainGraph,
  type WorkerPool,
} from './parallel'
import { rowsOf, samplesOf, shardOf, shardsOf } from './parallel/shards'
import { layoutOfNumbers, type NumbersLayout, numbersIn, numbersMemory, sumOfCopies } from './parallel/shared-numbers'
import { createTrainer, type StatefulTrainer } from './trainer'
import { disposeGradients, TrainingPass } from './training-pass'
import type { Feed, HostTensor, SharedTrainer, Target, TrainerOptions } from './types'

interface Setup {
  readonly network: GraphParts
  readonly teacher: GraphParts | null
  readonly options: Omit<TrainerOptions, 'learningRate' | 'teacher'>
  readonly layout: NumbersLayout
  /** The weights of now, and the gradients of each shard. */
  readonly weights: SharedArrayBuffer
  readonly gradients: SharedArrayBuffer
  readonly exchange: ExchangeMemory
}

interface Input {
  readonly shard: number
  /** Of this batch. */
  readonly shards: number
  readonly share: number
  readonly feed: Feed
  readonly target: Int32Array | Float32Array | HostTensor | null
  readonly readLoss: boolean
}

interface Output {
  readonly loss: number | null
  /** What BatchNorm measured; all shards agree, so only the first one tells. */
  readonly statistics: ReadonlyMap<string, Float32Array>
}

/** Leaves the gradients of a shard in shared memory. */
export const trainingPiece: Piece<Setup, Input, Output> = {
  name: 'training',
  open({ network, teacher, options, layout, weights, gradients, exchange }) {
    const pass = new TrainingPass(new Graph(network), {
      ...options,
      ...(teacher ? { teacher: new Graph(teacher) } : {}),
    })
    const now = numbersIn(layout, weights)
    return {
      run({ shard, shards, share, feed, target, readLoss }) {
        pass.adopt(feed)
        for (const { register, origin, data } of pass.parameters.trained) {
          pass.replace(register, tf.tensor(now.get(origin?.constant as string) as Float32Array, [...data.dims]))
        }
        const others = new Exchange(exchange, shard, shards)
        const found = pass.run(feed, target, { share, gather: (own) => others.gather(own) })
        try {
          const into = numbersIn(layout, gradients, shard)
          for (const [name, gradient] of found.weights) into.get(name)?.set(gradient.dataSync() as Float32Array)
          const told = shard === 0 ? [...found.statistics] : []
          return {
            loss: readLoss ? (found.loss.dataSync()[0] as number) : null,
            statistics: new Map(told.map(([name, value]) => [name, Float32Array.from(value.dataSync())])),
          }
        } finally {
          disposeGradients(found)
        }
      },
      dispose: () => pass.dispose(),
    }
  },
}

/** What BatchNorm says in a round, a count and two numbers a channel: its constants are vectors as long as its channels. */
const exchanged = (graph: Graph): number =>
  1 + 2 * Math.max(1, ...[...graph.constants.values()].map(({ dims }) => (dims.length === 1 ? (dims[0] as number) : 0)))

class DataParallelTrainer implements SharedTrainer {
  private readonly own: StatefulTrainer
  private readonly layout: NumbersLayout
  private readonly weights: SharedArrayBuffer
  private readonly gradients: SharedArrayBuffer
  private readonly exchange: ExchangeMemory
  private readonly crew: Crew<Setup, Input, Output>

  constructor(
    graph: Graph,
    private readonly options: TrainerOptions,
    private readonly workers: WorkerPool,
  ) {
    this.own = createTrainer(graph, options)
    this.layout = layoutOfNumbers(
      this.own.numbers.map(({ name, dims }) => ({ name, length: dims.reduce((a, b) => a * b, 1) })),
    )
    this.weights = numbersMemory(this.layout)
    this.gradients = numbersMemory(this.layout, workers.size)
    this.exchange = exchangeMemory(workers.size, exchanged(graph))
    const { learningRate, teacher, ...rest } = options
    const setup: Setup = {
      network: plainGraph(graph),
      teacher: teacher ? plainGraph(teacher) : null,
      options: rest,
      layout: this.layout,
      weights: this.weights,
      gradients: this.gradients,
      exchange: this.exchange,
    }
    this.crew = new Crew(trainingPiece, setup, workers)
    this.share()
  }

  get learningRate(): number {
    return this.own.learningRate
  }

  set learningRate(rate: number) {
    this.own.learningRate = rate
  }

  /** The workers' weights become the trainer's. */
  private share(): void {
    const into = numbersIn(this.layout, this.weights)
    for (const { name, read } of this.own.numbers) into.get(name)?.set(read())
  }

  async step(feed: Feed, target: Target | null, options: { readonly readLoss?: boolean } = {}): Promise<number | null> {
    const samples = samplesOf(feed) ?? 0
    const shards = shardsOf(samples, this.workers.size)
    const targets = shards.map(([from, to]) => targetOf(target, samples, from, to))
    const shares = sharesOf(targets, shards, this.options)
    const inputs = shards.map(
      ([from, to], shard): Input => ({
        shard,
        shards: shards.length,
        share: shares[shard] as number,
        feed: shardOf(feed, from, to),
        target: targets[shard] ?? null,
        readLoss: options.readLoss ?? false,
      }),
    )
    const begin = () => {
      beginExchange(this.exchange)
      return inputs
    }
    const answers = await this.crew.together(begin, (shard) => leaveExchange(this.exchange, shard))
    const sums = sumOfCopies(this.layout, this.gradients, shards.length)
    const tensors = (arrays: ReadonlyMap<string, Float32Array>, dims: (name: string) => number[]) =>
      new Map([...arrays].map(([name, data]) => [name, tf.tensor(data, dims(name))] as const))
    const { numbers } = this.own
    const dimsOf = new Map(numbers.map(({ name, dims }) => [name, dims]))
    const weights = tensors(sums, (name) => [...(dimsOf.get(name) as readonly number[])])
    const measured = answers[0]?.statistics ?? new Map()
    const statistics = tensors(measured, (name) => [(measured.get(name) as Float32Array).length])
    this.own.apply({ weights, statistics })
    for (const value of [...weights.values(), ...statistics.values()]) value.dispose()
    this.share()
    if (!options.readLoss) return null
    return answers.reduce((sum, { loss }, shard) => sum + (loss ?? 0) * (shares[shard] as number), 0)
  }

  exportState = (): Uint8Array => this.own.exportState()
  toGraph = (): Graph => this.own.toGraph()

  importState(bytes: Uint8Array): void {
    this.own.importState(bytes)
    this.share()
  }

  dispose(): void {
    this.crew.dispose()
    this.own.dispose()
  }
}

/** A shard's part of the target. Tensors live on this thread, so their numbers are sent. */
function targetOf(
  target: Target | null,
  samples: number,
  from: number,
  to: number,
): Int32Array | Float32Array | HostTensor | null {
  if (target === null) return null
  if (target instanceof tf.Tensor) {
    return rowsOf({ dims: target.shape, data: target.dataSync() as Float32Array }, from, to)
  }
  if ('dims' in target) return rowsOf(target, from, to)
  const width = target.length / samples
  return target.slice(from * width, to * width)
}

/** Each shard's share of the results that the loss is a mean over: labels below 0 ask for nothing. */
function sharesOf(
  targets: readonly (Int32Array | Float32Array | HostTensor | null)[],
  shards: readonly (readonly [number, number])[],
  { loss }: TrainerOptions,
): readonly number[] {
  const counts = targets.map((target, i) => {
    const [from, to] = shards[i] as readonly [number, number]
    if (loss.kind !== 'cross-entropy' || target === null) return to - from
    const labels = 'dims' in target ? target.data : target
    let asked = 0
    for (const label of labels) if (label >= 0) asked++
    return asked
  })
  const total = Math.max(
    1,
    counts.reduce((a, b) => a + b, 0),
  )
  return counts.map((count) => count / total)
}

/**
 * As `createTrainer`, with steps on the workers; results agree to rounding. The samples of the network must be independent
 * but for BatchNorm.
 * @throws as createTrainer; its steps ENGINE_CRASHED when workers keep ending
 */
export const createDataParallelTrainer = (graph: Graph, options: TrainerOptions, workers: WorkerPool): SharedTrainer =>
  new DataParallelTrainer(graph, options, workers)
