/** Fine-tuning: SGD with momentum, a schedule of its rate, optionally with the original as teacher. */
import { EspalierError } from '../../contract/errors'
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import {
  type Feed,
  type Loss,
  openExtents,
  type SharedTrainer,
  type Target,
  type Trainer,
  type TrainerOptions,
  withExtents,
} from '../runtime'
import { type Augmentation, augmented } from './augment'
import { epochBatches, type RateSchedule, rateAt, shuffled } from './schedule'

/** The settings of the peers' fine-tuning, so that results compare. */
export const momentum = 0.9
export const weightDecay = 5e-4
/** Softens both distributions when the original teaches (Hinton et al., 2015). */
export const temperature = 2

export interface FinetuneOptions {
  readonly epochs: number
  /** Samples an epoch; 0: all. */
  readonly samples: number
  readonly learningRate: number
  readonly batch: number
  readonly seed: number
  readonly loss: Loss['kind']
  /** The classes of a result a position are the last axis. */
  readonly classesLast?: boolean
  /** Default linear. */
  readonly schedule?: RateSchedule | undefined
  /** Share of the steps (0..1) over which the rate rises first. Default 0. */
  readonly warmup?: number | undefined
  /** Default: samples as they are. */
  readonly augment?: readonly Augmentation[] | undefined
}

/** Where training stands after an epoch: all that is needed to go on exactly. */
export interface FinetuneState {
  /** Finished epochs. */
  readonly epoch: number
  readonly trainer: Uint8Array
}

export interface FinetuneHooks {
  /** @param some of the samples, in the form of a batch */
  createTrainer(graph: Graph, options: TrainerOptions, some: Feed): Trainer | Promise<Trainer | SharedTrainer>
  /** The original, whose logits are matched instead of labels; the distillations need it. */
  readonly teacher?: Graph | undefined
  /** A generator of its own for each epoch. */
  random(epoch: number): () => number
  /** Between batches; throws to stop. */
  onStep(step: number, steps: number, loss: number | null): Promise<void> | void
  /**
   * Before each epoch but the first, with the number of finished ones: false ends the training there. Asked again after
   * an interruption, so that it must answer the same.
   */
  goOn?(finished: number, network: () => Graph): Promise<boolean>
  /** The state of the last finished epoch, or null. */
  load(): Promise<FinetuneState | null>
  save(state: FinetuneState): Promise<void>
}

const lossEvery = 4

type Distillation = 'distillation' | 'binary-distillation'

const isDistillation = (kind: Loss['kind']): kind is Distillation =>
  kind === 'distillation' || kind === 'binary-distillation'

const lossOf = (kind: Loss['kind']): Loss => (isDistillation(kind) ? { kind, temperature } : { kind })

/** Null: what the teacher answers. */
function targetOf(batch: Batch, teacher: Graph | undefined): Target | null {
  if (teacher) return null
  if (!batch.labels) {
    throw new EspalierError(
      'DATA_INVALID',
      'Fine-tuning on labels needs labels, and this data has none. Let the original teach instead (distill).',
    )
  }
  return batch.labels
}

/** Samples by which a trainer may learn what the network does with them. */
const SOME = 8

/**
 * Trains the network on the selection. Each epoch draws its order from a generator of its own, so that a run that was
 * stopped and resumed trains exactly as one that was not.
 * @returns the trained network; the given one is left alone.
 * @throws DATA_TOO_FEW_SAMPLES, MODEL_NON_FINITE where the loss leaves the finite numbers
 */
export async function finetune(
  graph: Graph,
  selection: Selection,
  options: FinetuneOptions,
  hooks: FinetuneHooks,
): Promise<Graph> {
  const available = selection.indices.length
  const samples = options.samples > 0 ? Math.min(options.samples, available) : available
  if (samples < 2) {
    throw new EspalierError(
      'DATA_TOO_FEW_SAMPLES',
      `Fine-tuning needs at least 2 samples outside calibration and verification, but ${available} are left. Use fewer calibration samples or more data.`,
    )
  }
  const batches = epochBatches(samples, options.batch)
  const steps = batches.length * options.epochs
  const { augment = [], schedule = 'linear', warmup = 0 } = options
  if (isDistillation(options.loss) && !hooks.teacher) {
    throw new EspalierError('INTERNAL', 'Distillation was asked for without a teacher.')
  }
  const some = selection.table.read(selection.indices.subarray(0, SOME)).inputs
  const open = openExtents(graph, some)
  const trainer = await hooks.createTrainer(
    open.size > 0 ? withExtents(graph, open) : graph,
    {
      learningRate: options.learningRate,
      momentum,
      weightDecay,
      batchNorm: 'train',
      loss: lossOf(options.loss),
      classesLast: options.classesLast ?? false,
      ...(hooks.teacher ? { teacher: hooks.teacher } : {}),
    },
    some,
  )
  try {
    const state = await hooks.load()
    if (state) trainer.importState(state.trainer)
    for (let epoch = state?.epoch ?? 0; epoch < options.epochs; epoch++) {
      if (epoch > 0 && hooks.goOn && !(await hooks.goOn(epoch, () => trainer.toGraph()))) break
      const random = hooks.random(epoch)
      const order = shuffled(selection.indices, random)
      const prepared = ([start, end]: readonly [number, number]) =>
        augmented(selection.table.read(order.subarray(start, end)), augment, random)
      let next = prepared(batches[0] as [number, number])
      for (const i of batches.keys()) {
        const step = epoch * batches.length + i
        const batch = next
        trainer.learningRate = rateAt(schedule, options.learningRate, step, steps, warmup)
        const readLoss = step % lossEvery === 0 || i === batches.length - 1
        const stepping = trainer.step(batch.inputs, targetOf(batch, hooks.teacher), { readLoss })
        // While a backend that computes by itself, or the workers, are at work.
        const following = batches[i + 1]
        if (following) next = prepared(following)
        const loss = await stepping
        if (loss !== null && !Number.isFinite(loss)) {
          throw new EspalierError(
            'MODEL_NON_FINITE',
            `Fine-tuning diverged: the loss is not finite at step ${step + 1} of ${steps}. Use a smaller learning rate than ${options.learningRate}.`,
          )
        }
        await hooks.onStep(step + 1, steps, loss)
      }
      await hooks.save({ epoch: epoch + 1, trainer: trainer.exportState() })
    }
    const trained = trainer.toGraph()
    return open.size > 0 ? graph.with({ constants: trained.constants }) : trained
  } finally {
    trainer.dispose()
  }
}
