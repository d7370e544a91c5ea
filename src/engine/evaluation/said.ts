/** What networks say of samples, in a form in which two of them can be laid side by side, and how far apart they are. */
import { namedClass } from './divergence'
import { columnsLast, layoutOf, type Output } from './score-meter'
import type { Task } from './task'

/** Of some samples: at each place the class that is named, a yes or no for each of several labels, or the numbers themselves. */
export interface Said {
  readonly samples: number
  /** Values a sample. */
  readonly each: number
  readonly values: Int32Array | Float32Array
}

/** What one output says. */
export function saidOf(task: Task, output: Output): Said {
  if (task.kind === 'gaussian') {
    const samples = output.dims[0] ?? 1
    return { samples, each: output.data.length / Math.max(1, samples), values: Float32Array.from(output.data) }
  }
  const { samples, width, positions } = layoutOf(output, task)
  const columns = columnsLast(output, task)
  const values = new Int32Array(samples * positions)
  for (let at = 0; at < values.length; at++) values[at] = namedClass(task, columns, at * width, width)
  return { samples, each: positions, values }
}

/**
 * How far apart two networks are on sample `n`: the share (0..1) of what is asked of them that they say otherwise, or the
 * root mean square between their numbers.
 * @param labels of all samples of both; what is below 0 asks for nothing
 */
export function apart(task: Task, a: Said, b: Said, n: number, labels: ArrayLike<number> | null): number {
  const from = n * a.each
  let sum = 0
  if (task.kind === 'gaussian') {
    for (let i = from; i < from + a.each; i++) sum += ((a.values[i] as number) - (b.values[i] as number)) ** 2
    return Math.sqrt(sum / Math.max(1, a.each))
  }
  const told = labels?.length === a.samples * a.each ? labels : null
  let asked = 0
  for (let i = from; i < from + a.each; i++) {
    if (told && (told[i] as number) < 0) continue
    asked++
    if (a.values[i] !== b.values[i]) sum++
  }
  return sum / Math.max(1, asked)
}
