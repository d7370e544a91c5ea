/** Runs networks over a split and measures their results. */
import { EspalierError } from '../../contract/errors'
import { batches } from '../data/batches'
import type { Batch, Selection } from '../data/types'
import { batchesAhead, inOrder } from '../runtime'
import { PairMeter, type PairScore } from './pair-meter'
import { type Output, type Score, ScoreMeter } from './score-meter'
import type { Task } from './task'

/** A network ready to run: its first output for a batch, on the host. `index` is the batch's place in the split. */
export type Runner = (batch: Batch, index: number) => Promise<Output>

export interface MeasureOptions {
  readonly task: Task
  /** Number of classes, for the accuracy a class. */
  readonly classes: number
  readonly batch: number
  /** How sure the original is made of its classes before it tells what a change is expected to lose: see `sharpnessOf`. */
  readonly sharpness?: number | null
  /** After each batch; throws to stop. */
  onBatch?(done: number, total: number): Promise<void> | void
}

function requireSamples(selection: Selection): void {
  if (selection.indices.length === 0) {
    throw new EspalierError(
      'DATA_TOO_FEW_SAMPLES',
      'The split to measure on has no samples. Bring data with a test or verification split.',
    )
  }
}

/** Hands over what a network (or several together) answers, batch by batch, with the labels. @throws DATA_TOO_FEW_SAMPLES */
export async function eachOutput<T>(
  run: (batch: Batch, index: number) => Promise<T>,
  selection: Selection,
  options: MeasureOptions,
  visit: (output: T, labels: Batch['labels']) => void,
): Promise<void> {
  requireSamples(selection)
  let done = 0
  for await (const [batch, output] of inOrder(batches(selection, options.batch), run, batchesAhead)) {
    visit(output, batch.labels)
    done += batch.count
    await options.onBatch?.(done, selection.indices.length)
  }
}

/** The result of one network. @throws DATA_TOO_FEW_SAMPLES, and as the score meter does */
export async function measure(run: Runner, selection: Selection, options: MeasureOptions): Promise<Score> {
  const meter = new ScoreMeter(options.task, options.classes)
  await eachOutput(run, selection, options, (output, labels) => {
    meter.add(output, labels)
  })
  return meter.score()
}

/** The results of several networks against the original's, in one pass. @throws as {@link measure} */
export async function measurePairs(
  original: Runner,
  results: readonly Runner[],
  selection: Selection,
  options: MeasureOptions,
): Promise<PairScore[]> {
  const meters = results.map(() => new PairMeter(options.task, options.classes, options.sharpness))
  const answers = async (batch: Batch, index: number): Promise<Output[]> => {
    const outputs = new Map([[original, await original(batch, index)]])
    for (const run of results) if (!outputs.has(run)) outputs.set(run, await run(batch, index))
    return [original, ...results].map((run) => outputs.get(run) as Output)
  }
  await eachOutput(answers, selection, options, ([expected, ...got], labels) => {
    got.forEach((output, i) => {
      meters[i]?.add(expected as Output, output, labels)
    })
  })
  return meters.map((meter) => meter.score())
}

/** Remembers a network's outputs batch by batch, for splits that are measured again and again. */
export function remembered(run: Runner): Runner {
  const outputs = new Map<number, Output>()
  return async (batch, index) => {
    const known = outputs.get(index)
    if (known) return known
    const output = await run(batch, index)
    outputs.set(index, output)
    return output
  }
}
