/** Recovery by gradients: fine-tuning on what neither calibration nor verification has seen. */

import { EspalierError } from '../../contract/errors'
import { stream } from '../data/rng'
import type { Batch } from '../data/types'
import type { Graph } from '../graph/graph'
import { type FinetuneOptions, type FinetuneState, finetune } from '../recovery/finetune'
import {
  createSession,
  createTrainer,
  type HostTensor,
  type LiveValue,
  logitsValue,
  type Session,
  toPlain,
} from '../runtime'
import { packGraph, unpackGraph } from './checkpoint/graph-codec'
import { breathe } from './progress'
import type { Run } from './run'

/** The network after fine-tuning, or as it is where none is asked for. @throws as finetune does, CANCELLED */
export async function recover(run: Run, pruned: Graph): Promise<Graph> {
  const { config, splits, hooks, steps, task } = run
  const { epochs, samples, learningRate } = config.finetune
  if (epochs === 0) return pruned
  const finished = await steps.load<Uint8Array>('recovered')
  if (finished) return unpackGraph(finished)
  const labelled = splits.finetune.table.labels !== null
  const distill = config.finetune.distill || !labelled
  if (!labelled && !config.finetune.distill) {
    run.warnings.push('The data has no labels, so fine-tuning took the original network as its teacher.')
  }
  const loss = lossFor(task.kind, distill)
  const teacher = distill ? createSession(run.graph, { fuse: true, taps: [logitsValue(run.graph)] }) : null
  try {
    const result = await run.watch.time('recoveryMs', () =>
      finetune(
        pruned,
        splits.finetune,
        { epochs, samples, learningRate, batch: config.batch, seed: config.seed, loss },
        {
          createTrainer,
          ...(teacher ? { teacher: (batch) => logitsOf(teacher, batch.inputs) } : {}),
          random: (epoch) => stream(config.seed, `finetune:${epoch}`),
          async onStep(step, total, value) {
            const metric = value === null ? undefined : { name: 'loss', step, value }
            run.progress.report('recover', step / total, `Fine-tuning: step ${step} of ${total}`, metric)
            await breathe(hooks.signal)
          },
          load: () => steps.load<FinetuneState>('finetune'),
          save: (state) => steps.save('finetune', state),
        },
      ),
    )
    await steps.save('recovered', packGraph(result))
    return result
  } finally {
    teacher?.dispose()
  }
}

/** What is minimised. A teacher's logits are matched in distribution for classes, as numbers otherwise. */
function lossFor(kind: Run['task']['kind'], distill: boolean): FinetuneOptions['loss'] {
  if (kind === 'gaussian') return 'mse'
  if (kind === 'softmax') return distill ? 'distillation' : 'cross-entropy'
  if (distill) return 'mse'
  throw new EspalierError(
    'NOT_BUILT_YET',
    'Fine-tuning on labels is not built yet for networks with logistic outputs. Let the original teach instead (--distill).',
  )
}

/** The teacher's logits, on the host, in ONNX layout. */
async function logitsOf(teacher: Session, inputs: Batch['inputs']): Promise<HostTensor> {
  const name = logitsValue(teacher.graph)
  const value = teacher.forward(inputs, [name]).get(name) as LiveValue
  const plain = toPlain(value)
  try {
    return { dims: plain.shape, data: (await plain.data()) as Float32Array }
  } finally {
    plain.dispose()
    value.tensor.dispose()
  }
}
