/** Recovery by gradients: fine-tuning on what neither calibration nor verification has seen. */
import { say } from '../../contract/sentences'
import { stream } from '../data/rng'
import { costOf, measurePairs, type PairScore, type Runner } from '../evaluation'
import type { Graph } from '../graph/graph'
import { type FinetuneOptions, type FinetuneState, finetune } from '../recovery/finetune'
import {
  createDataParallelTrainer,
  createTrainer,
  type Feed,
  isIndependent,
  type SharedTrainer,
  type Trainer,
  type TrainerOptions,
  type WorkerPool,
  workersFor,
} from '../runtime'
import { packGraph, unpackGraph } from './checkpoint/graph-codec'
import { EpochWatcher, loses, patience } from './epoch-watcher'
import { breathe } from './progress'
import { measureOptions, type Run, withRunners } from './run'

/** The network after fine-tuning, or as it is where none is asked for. @throws as finetune does, CANCELLED */
export async function recover(run: Run, pruned: Graph): Promise<Graph> {
  const { config, splits, hooks, steps, task } = run
  const { epochs, samples, learningRate, schedule, warmup, augment } = config.finetune
  if (epochs === 0) return pruned
  const labelled = splits.finetune.table.labels !== null
  const distill = config.finetune.distill || !labelled
  if (!labelled && !config.finetune.distill) {
    run.warnings.push(say('run.teacher-original'))
  }
  const finished = await steps.load<Recovered>('recovered')
  if (finished) return accept(run, pruned, finished)
  const loss = lossFor(task.kind, distill)
  const watcher = new EpochWatcher(run)
  const teacher = distill ? run.graph : undefined
  const perEpoch = Math.min(samples || splits.finetune.indices.length, splits.finetune.indices.length)
  const workers = workersFor(epochs * perEpoch * macsOfStep(pruned, teacher))
  const result = await run.watch.time('recoveryMs', () =>
    finetune(
      pruned,
      splits.finetune,
      {
        epochs,
        samples,
        learningRate,
        batch: run.batch,
        seed: config.seed,
        loss,
        classesLast: task.classAxis === 'last',
        schedule,
        warmup,
        augment,
      },
      {
        createTrainer: (graph, options, some) => trainerOn(workers, graph, options, some),
        teacher,
        random: (epoch) => stream(config.seed, `finetune:${epoch}`),
        async onStep(step, total, value) {
          const metric = value === null ? undefined : { name: 'loss', step, value }
          run.progress.report('recover', step / total, say('doing.finetune', { step, total }), metric)
          await breathe(hooks.signal)
        },
        goOn: (finished, network) => watcher.goOn(finished, network),
        load: () => steps.load<FinetuneState>('finetune'),
        save: (state) => steps.save('finetune', state),
      },
    ),
  )
  const best = await bestOf(run, pruned, result, await watcher.best())
  const recovered: Recovered = { network: best === pruned ? null : packGraph(best), ended: watcher.ended }
  await steps.save('recovered', recovered)
  return accept(run, pruned, recovered)
}

/** Multiply-accumulates of a sample in a step: forward, and twice as much back. */
const macsOfStep = (graph: Graph, teacher: Graph | undefined): number =>
  3 * costOf(graph).macs + (teacher ? costOf(teacher).macs : 0)

/** Steps on the workers where they may be shared: samples that see one another beyond BatchNorm are trained together. */
async function trainerOn(
  workers: WorkerPool | null,
  graph: Graph,
  options: TrainerOptions,
  some: Feed,
): Promise<Trainer | SharedTrainer> {
  const networks = [graph, ...(options.teacher ? [options.teacher] : [])]
  const tried = workers ? await Promise.all(networks.map((network) => isIndependent(network, some))) : []
  return workers && tried.every((independent) => independent)
    ? createDataParallelTrainer(graph, options, workers)
    : createTrainer(graph, options)
}

interface Recovered {
  /** The fine-tuned network; null where it was worse than before. */
  readonly network: Uint8Array | null
  /** Epochs after which training was ended early; null where it was not. */
  readonly ended: number | null
}

function accept(run: Run, pruned: Graph, { network, ended }: Recovered): Graph {
  if (ended !== null) {
    run.warnings.push(say('run.ended-early', { epochs: ended, patience }))
  }
  if (network) return unpackGraph(network)
  run.warnings.push(say('run.finetune-worse'))
  return pruned
}

/**
 * Fine-tuning can lose more than it recovers: a network that was refitted in closed form stands in a good place, and a
 * rate made for one that was not moves it out. The verification split chooses, by the task metric and then by KL,
 * between the network before, the one after, the best epoch on the way, and the mean of the weights before and after,
 * which is often better than both (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022).
 */
async function bestOf(run: Run, pruned: Graph, trained: Graph, epoch: Graph | null): Promise<Graph> {
  const candidates = [trained, ...(epoch ? [epoch] : []), meanOf(pruned, trained), pruned]
  const scores = await withRunners([run.graph, ...candidates], ([original, ...results]) =>
    measurePairs(
      original as Runner,
      results,
      run.splits.verification,
      measureOptions(run, 'recover', say('doing.gained'), 1, 1),
    ),
  )
  const order = [...scores.keys()].sort((a, b) => loses(scores[a] as PairScore, scores[b] as PairScore))
  return candidates[order[0] as number] as Graph
}

/** The two networks' weights averaged; everything that is not float32 is the first one's. */
function meanOf(a: Graph, b: Graph): Graph {
  const constants = new Map(a.constants)
  for (const [name, constant] of a.constants) {
    const other = b.constants.get(name)?.data
    if (constant.dtype !== 'float32' || !other || other.length !== constant.data.length) continue
    constants.set(name, {
      ...constant,
      data: Float32Array.from(constant.data as Float32Array, (value, i) => (value + Number(other[i])) / 2),
    })
  }
  return a.with({ constants })
}

/** What is minimised. A teacher's logits are matched in distribution for classes, as numbers otherwise. */
function lossFor(kind: Run['task']['kind'], distill: boolean): FinetuneOptions['loss'] {
  if (kind === 'gaussian') return 'mse'
  if (kind === 'softmax') return distill ? 'distillation' : 'cross-entropy'
  return distill ? 'binary-distillation' : 'binary-cross-entropy'
}
