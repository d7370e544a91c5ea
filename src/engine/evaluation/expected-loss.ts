/** What a classifier itself expects of its labels: its probabilities, made more or less sure. */
import { logProbabilities } from './divergence'
import type { Task } from './task'

/**
 * What is expected to be lost where one sample is named `given` instead of `own`: how much likelier its own class is.
 * @returns -1..1
 */
export function expectedLoss(
  task: Task,
  values: ArrayLike<number>,
  from: number,
  width: number,
  sharpness: number,
  own: number,
  given: number,
): number {
  if (own === given) return 0
  const logs = classLogs(task, values, from, width)
  return probabilityOf(logs, sharpness, own) - probabilityOf(logs, sharpness, given)
}

/** Log probabilities of the classes, two of them where one logistic output stands for both. */
export function classLogs(task: Task, values: ArrayLike<number>, from: number, width: number): Float64Array {
  if (width > 1) return logProbabilities(values, from, width, task.probabilities)
  const value = values[from] as number
  return task.probabilities
    ? logProbabilities([1 - value, value], 0, 2, true)
    : logProbabilities([0, value], 0, 2, false)
}

/** Probability of a class once all logs are multiplied by the sharpness. */
export function probabilityOf(logs: Float64Array, sharpness: number, label: number): number {
  let sum = 0
  for (const log of logs) sum += Math.exp(sharpness * (log - (logs[label] as number)))
  return 1 / sum
}
