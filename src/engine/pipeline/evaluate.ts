/** A network's result on one split. */
import { EspalierError } from '../../contract/errors'
import { detailOf, say } from '../../contract/sentences'
import { firstOf } from '../data/batches'
import { fitToNetwork } from '../data/source'
import { wholeTable } from '../data/splits'
import type { DataSource, Selection } from '../data/types'
import { describeTask, measure } from '../evaluation'
import type { Graph } from '../graph/graph'
import { initBackend } from '../runtime'
import { breathe } from './progress'
import { withRunners } from './run'
import type { EvaluateOptions, Evaluation, SplitName } from './types'

/** Every row of a split. @throws DATA_TOO_FEW_SAMPLES where the data has no such split */
export function wholeSplit(data: DataSource, split: SplitName): Selection {
  const table = split === 'train' ? data.train : split === 'test' ? data.test : data.validation
  if (table && table.count > 0) return wholeTable(table)
  throw new EspalierError(
    'DATA_TOO_FEW_SAMPLES',
    `This data has no ${split} split. ${split === 'verification' ? 'A verification split is what x_valid holds.' : 'Bring data with one.'}`,
  )
}

/**
 * Measures a network on a split (default: test, or train where there is no test split).
 * @throws SHAPE_MISMATCH where data and network do not fit, DATA_LABELS_OUT_OF_RANGE, MODEL_NON_FINITE, CANCELLED
 */
export async function evaluate(graph: Graph, source: DataSource, options: EvaluateOptions = {}): Promise<Evaluation> {
  const started = performance.now()
  const data = fitToNetwork(source, graph)
  const split = options.split ?? (data.test ? 'test' : 'train')
  const whole = wholeSplit(data, split)
  const selection = options.limit ? firstOf(whole, options.limit) : whole
  const { name: backend } = await initBackend({ backend: options.backend ?? 'auto' })
  const task = describeTask(graph, data)
  const score = await withRunners([graph], async ([run]) =>
    measure(run as NonNullable<typeof run>, selection, {
      task,
      classes: data.classes.length,
      batch: options.batch ?? 128,
      async onBatch(done, total) {
        const doing = detailOf(say('doing.samples', { done, total }))
        options.hooks?.progress?.({ stage: 'evaluate', fraction: done / total, ...doing })
        await breathe(options.hooks?.signal)
      },
    }),
  )
  return {
    metric: score.value === null ? 'none' : task.metric,
    value: score.value,
    interval: score.interval,
    split,
    samples: score.samples,
    backend,
    classes: data.classes,
    perClass: score.perClass,
    predictions: score.predictions,
    elapsedMs: performance.now() - started,
  }
}
