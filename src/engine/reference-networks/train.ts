/** Trains a reference network from scratch: SGD with momentum, BatchNorm on batch statistics, a falling learning rate. */
import { EspalierError } from '../../contract/errors'
import type { Progress } from '../../contract/run'
import { detailOf, say } from '../../contract/sentences'
import { stream } from '../data/rng'
import { fitToNetwork } from '../data/source'
import type { Batch, DataSource, SampleTable } from '../data/types'
import type { Graph } from '../graph/graph'
import { createTrainer } from '../runtime'
import type { Architecture } from './architecture'

export interface TrainingOptions {
  readonly epochs: number
  /** Samples an epoch; 0: the whole train split. */
  readonly samples: number
  /** At the first step; it falls linearly to 0 over all steps. */
  readonly learningRate: number
  readonly batch: number
  /** Decides the first weights and the order of the samples. */
  readonly seed: number
}

export interface TrainingHooks {
  readonly signal: AbortSignal
  progress(progress: Progress): void
}

export interface TrainedNetwork {
  readonly graph: Graph
  /** Mean loss of the last epoch. */
  readonly loss: number
}

const momentum = 0.9
const weightDecay = 5e-4
/** Decoupled, as texts are learnt by Adam. */
const textDecay = 1e-2
const unknownWord = 1
const hiddenWords = 0.2
/** Reading the loss back waits for the backend, so it is done now and then only. */
const lossEvery = 20

/**
 * Deterministic for a seed on one backend. The backend must have been started.
 * @throws DATA_INVALID without class labels, SHAPE_MISMATCH where the samples do not fit, CANCELLED
 */
export async function trainNetwork(
  architecture: Architecture,
  data: DataSource,
  options: TrainingOptions,
  hooks: TrainingHooks,
): Promise<TrainedNetwork> {
  const { seed, epochs, batch } = options
  const labels = classLabels(data.train)
  const classes = Math.max(data.classes.length, labels.reduce((most, label) => Math.max(most, label), 0) + 1)
  const { text = false } = architecture
  const vocabulary = text ? { vocabulary: vocabularyOf(data) } : {}
  const graph = architecture.build({ sampleShape: data.sampleShape, classes, seed, ...vocabulary })
  const { train } = fitToNetwork(data, graph)
  const trainer = createTrainer(graph, {
    learningRate: options.learningRate,
    momentum,
    weightDecay: text ? textDecay : weightDecay,
    ...(text ? { optimizer: 'adam' } : {}),
    batchNorm: 'train',
    loss: { kind: 'cross-entropy' },
  })
  try {
    const perEpoch = Math.min(options.samples || data.train.count, data.train.count)
    // The last, smaller batch is dropped: batch statistics of a few samples would spoil the running ones.
    const stepsAnEpoch = Math.max(1, Math.floor(perEpoch / batch))
    const steps = epochs * stepsAnEpoch
    let losses: number[] = []
    for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
      const order = stream(seed, `order of epoch ${epoch}`).shuffle(
        Int32Array.from({ length: data.train.count }, (_, i) => i),
      )
      losses = []
      for (let i = 0; i < stepsAnEpoch; i++, step++) {
        await breathe(hooks.signal)
        trainer.learningRate = options.learningRate * (1 - step / steps)
        const rows = train.read(order.subarray(i * batch, Math.min((i + 1) * batch, perEpoch)))
        const { labels: target } = rows
        const inputs = text ? withUnknownWords(rows.inputs, stream(seed, `unknown words of step ${step}`)) : rows.inputs
        const readLoss = i % lossEvery === 0 || i === stepsAnEpoch - 1
        const loss = trainer.step(inputs, target as Int32Array, { readLoss })
        if (loss === null) continue
        losses.push(requireFinite(loss))
        hooks.progress({
          stage: 'recover',
          fraction: step / steps,
          ...detailOf(say('doing.training', { epoch: epoch + 1, epochs, loss: loss.toFixed(3) })),
          metric: { name: 'loss', step, value: loss },
        })
      }
    }
    const graph = trainer.toGraph()
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length
    return { graph, loss }
  } finally {
    trainer.dispose()
  }
}

/** One more than the largest token id of any split. */
function vocabularyOf(data: DataSource): number {
  let largest = 1
  for (const table of [data.train, data.validation, data.test]) {
    for (let start = 0; start < (table?.count ?? 0); start += 256) {
      const count = Math.min(256, (table?.count ?? 0) - start)
      const { inputs } = (table as SampleTable).read(Int32Array.from({ length: count }, (_, i) => start + i))
      for (const { data: ids } of inputs.values()) for (const id of ids) largest = Math.max(largest, id)
    }
  }
  return largest + 1
}

/** Some words are hidden in every step, so that a small set of texts is not learnt by heart (cf. Iyyer et al. 2015). */
function withUnknownWords(inputs: Batch['inputs'], random: () => number): Batch['inputs'] {
  return new Map(
    [...inputs].map(([name, { dims, data }]) => [
      name,
      { dims, data: data.map((id) => (id > unknownWord && random() < hiddenWords ? unknownWord : id)) },
    ]),
  )
}

function classLabels(table: SampleTable): Int32Array {
  if (table.labels instanceof Int32Array) return table.labels
  throw new EspalierError(
    'DATA_INVALID',
    'The reference networks are classifiers, but this data has no class labels. Choose data with a whole number for every sample.',
  )
}

function requireFinite(loss: number): number {
  if (Number.isFinite(loss)) return loss
  throw new EspalierError(
    'MODEL_NON_FINITE',
    'The loss is no longer a finite number, so the training was ended. Choose a smaller learning rate with --lr.',
  )
}

/** Lets the process see signals between two steps, which are computed synchronously. @throws CANCELLED */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
  if (!signal.aborted) return
  throw new EspalierError(
    'CANCELLED',
    'The training was stopped before it was done, so no file was written. Start it again.',
  )
}
