/** Named class and divergence of single results; inputs are one sample's outputs. */
import type { ResultKind, Task } from './task'

/** The smallest probability that is told from zero; caps the divergence of float32 results. */
const smallest = 1e-12

/** log softmax of logits at [from, from + width), or log of probabilities, in float64. */
export function logProbabilities(
  values: ArrayLike<number>,
  from: number,
  width: number,
  probabilities: boolean,
): Float64Array {
  const result = new Float64Array(width)
  if (probabilities) {
    for (let k = 0; k < width; k++) result[k] = Math.log(Math.max(values[from + k] as number, smallest))
    return result
  }
  let highest = Number.NEGATIVE_INFINITY
  for (let k = 0; k < width; k++) highest = Math.max(highest, values[from + k] as number)
  let sum = 0
  for (let k = 0; k < width; k++) sum += Math.exp((values[from + k] as number) - highest)
  const logSum = highest + Math.log(sum)
  for (let k = 0; k < width; k++) result[k] = (values[from + k] as number) - logSum
  return result
}

/** -log of the probability of class `label`, in nats. */
export const negativeLogLikelihood = (
  values: ArrayLike<number>,
  from: number,
  width: number,
  label: number,
  probabilities: boolean,
): number => -(logProbabilities(values, from, width, probabilities)[label] as number)

/** Probability of one logistic output. */
const logistic = (value: number, probabilities: boolean) => (probabilities ? value : 1 / (1 + Math.exp(-value)))

const bernoulliTerm = (p: number, q: number) => (p <= 0 ? 0 : p * Math.log(p / Math.max(q, smallest)))

/**
 * KL(original || result) in nats of one sample at [from, from + width) of both arrays: softmax over the width,
 * independent Bernoulli outputs, or a Gaussian of unit variance.
 */
export function divergence(
  task: { readonly kind: ResultKind; readonly probabilities: boolean },
  original: ArrayLike<number>,
  result: ArrayLike<number>,
  from: number,
  width: number,
): number {
  let kl = 0
  if (task.kind === 'gaussian') {
    for (let k = 0; k < width; k++) kl += ((original[from + k] as number) - (result[from + k] as number)) ** 2 / 2
    return kl
  }
  if (task.kind === 'bernoulli') {
    for (let k = 0; k < width; k++) {
      const p = logistic(original[from + k] as number, task.probabilities)
      const q = logistic(result[from + k] as number, task.probabilities)
      kl += bernoulliTerm(p, q) + bernoulliTerm(1 - p, 1 - q)
    }
    return Math.max(0, kl)
  }
  const p = logProbabilities(original, from, width, task.probabilities)
  const q = logProbabilities(result, from, width, task.probabilities)
  for (let k = 0; k < width; k++) kl += Math.exp(p[k] as number) * ((p[k] as number) - (q[k] as number))
  return Math.max(0, kl)
}

/** The class a sample's outputs name; the first of equal ones. */
export function namedClass(task: Task, values: ArrayLike<number>, from: number, width: number): number {
  if (width === 1) return (values[from] as number) > (task.probabilities ? 0.5 : 0) ? 1 : 0
  let best = 0
  for (let k = 1; k < width; k++) if ((values[from + k] as number) > (values[from + best] as number)) best = k
  return best
}
