/** Makes a classifier's probabilities as sure as it is right. */
import { firstOf } from '../data/batches'
import type { Selection } from '../data/types'
import { classLogs, probabilityOf } from './expected-loss'
import { eachOutput, type MeasureOptions, type Runner } from './measure'
import { columnsLast, layoutOf, type Output } from './score-meter'
import type { Task } from './task'

/** Samples that tell it well enough. */
const ENOUGH = 2000
const SOFTEST = 1 / 32
const SHARPEST = 32
/** Halvings of the interval, by the golden section. */
const TRIES = 32

/** Whether one class of several is right for each sample, and the outputs are its logits or probabilities. */
const namesOneClass = (task: Task, output: Output, labels: ArrayLike<number> | null): labels is ArrayLike<number> =>
  task.metric === 'accuracy' &&
  labels !== null &&
  labels.length === output.dims[0] &&
  (task.kind === 'softmax' || layoutOf(output, task).width === 1)

/**
 * The factor on log probabilities with which they are as sure as they are right: the least negative log likelihood
 * (temperature scaling, Guo et al., ICML 2017; this is one over the temperature).
 * @returns null for results that do not name one class of several
 * @throws as {@link measure} does
 */
export async function sharpnessOf(run: Runner, selection: Selection, options: MeasureOptions): Promise<number | null> {
  const { task, batch } = options
  // Whole batches, so that what a runner remembers of them is right for the whole split too.
  const some = firstOf(selection, Math.ceil(ENOUGH / batch) * batch)
  const rows: { readonly logs: Float64Array; readonly label: number }[] = []
  let known = true
  await eachOutput(run, some, options, (output, labels) => {
    known &&= namesOneClass(task, output, labels)
    if (!known) return
    const { samples, width } = layoutOf(output, task)
    const values = columnsLast(output, task)
    for (let n = 0; n < samples; n++) {
      rows.push({ logs: classLogs(task, values, n * width, width), label: (labels as ArrayLike<number>)[n] as number })
    }
  })
  if (!known || rows.length === 0) return null
  const loss = (log: number) => {
    const sharpness = Math.exp(log)
    return rows.reduce(
      (sum, { logs, label }) => sum - Math.log(Math.max(1e-300, probabilityOf(logs, sharpness, label))),
      0,
    )
  }
  return Math.exp(leastOf(loss, Math.log(SOFTEST), Math.log(SHARPEST)))
}

/** Where a function with one valley is least (golden section). */
function leastOf(value: (at: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [from, to]
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)]
  let [below, above] = [value(left), value(right)]
  for (let i = 0; i < TRIES; i++) {
    if (below < above) {
      ;[high, right, above] = [right, left, below]
      left = high - ratio * (high - low)
      below = value(left)
    } else {
      ;[low, left, below] = [left, right, above]
      right = low + ratio * (high - low)
      above = value(right)
    }
  }
  return (low + high) / 2
}
