/** The metric of answers for every position: mean IoU of pictures, accuracy of sequences, perplexity of language models. */
import { EspalierError } from '../../contract/errors'
import { meanInterval } from './bounds'
import { namedClass, negativeLogLikelihood } from './divergence'
import type { Task } from './task'

/** Labels below 0 ask for nothing: padding, and the border of objects. */
const asked = (label: number) => label >= 0

export class DenseMeter {
  private samples = 0
  private positions = 0
  private right = 0
  private likelihood = 0
  /** Of the losses a sample, for the interval. */
  private sum = 0
  private squares = 0
  private readonly common: number[] = []
  private readonly named: number[] = []
  private readonly labelled: number[] = []

  constructor(private readonly task: Task) {}

  /**
   * @param values columns of one position together: [samples, positions, width]
   * @returns a loss a sample: 1 - IoU over its classes, the share of wrong positions, or nats a token
   * @throws DATA_LABELS_OUT_OF_RANGE
   */
  add(
    values: ArrayLike<number>,
    samples: number,
    positions: number,
    width: number,
    labels: ArrayLike<number>,
  ): Float64Array {
    const losses = new Float64Array(samples)
    const classes = Math.max(2, width)
    for (let n = 0; n < samples; n++) {
      const seen = new Map<number, { common: number; named: number; labelled: number }>()
      const cell = (k: number) => {
        const found = seen.get(k) ?? { common: 0, named: 0, labelled: 0 }
        seen.set(k, found)
        return found
      }
      let [count, right, likelihood] = [0, 0, 0]
      for (let p = 0; p < positions; p++) {
        const label = labels[n * positions + p] as number
        if (!asked(label)) continue
        if (!Number.isInteger(label) || label >= classes) {
          throw new EspalierError(
            'DATA_LABELS_OUT_OF_RANGE',
            `Label ${label} is outside 0 to ${classes - 1}, the classes this network tells apart. Check that the data belongs to this network.`,
          )
        }
        const from = (n * positions + p) * width
        const name = namedClass(this.task, values, from, width)
        count++
        cell(label).labelled++
        cell(name).named++
        if (name === label) {
          right++
          cell(label).common++
        }
        if (this.task.metric === 'perplexity') {
          likelihood += negativeLogLikelihood(values, from, width, label, this.task.probabilities)
        }
      }
      losses[n] = this.close(seen, count, right, likelihood)
    }
    return losses
  }

  private close(
    seen: ReadonlyMap<number, { common: number; named: number; labelled: number }>,
    count: number,
    right: number,
    likelihood: number,
  ): number {
    let overlap = 0
    for (const [k, { common, named, labelled }] of seen) {
      this.common[k] = (this.common[k] ?? 0) + common
      this.named[k] = (this.named[k] ?? 0) + named
      this.labelled[k] = (this.labelled[k] ?? 0) + labelled
      overlap += common / (named + labelled - common)
    }
    this.samples++
    this.positions += count
    this.right += right
    this.likelihood += likelihood
    const share = Math.max(1, count)
    const { metric } = this.task
    const loss =
      metric === 'perplexity'
        ? likelihood / share
        : metric === 'mean-iou'
          ? 1 - overlap / Math.max(1, seen.size)
          : 1 - right / share
    this.sum += loss
    this.squares += loss * loss
    return loss
  }

  /** IoU a class in percent, NaN for a class that neither the labels nor the network name. */
  private overlaps(): number[] {
    return Array.from({ length: this.labelled.length }, (_, k) => {
      const common = this.common[k] ?? 0
      const union = (this.named[k] ?? 0) + (this.labelled[k] ?? 0) - common
      return union > 0 ? (100 * common) / union : Number.NaN
    })
  }

  score(): { value: number; interval: readonly [number, number]; perClass: readonly number[] } {
    const mean = this.sum / Math.max(1, this.samples)
    const [low, high] = meanInterval(
      mean,
      Math.max(0, this.squares / Math.max(1, this.samples) - mean * mean),
      this.samples,
    )
    const half = (high - low) / 2
    if (this.task.metric === 'perplexity') {
      const nats = this.likelihood / Math.max(1, this.positions)
      return { value: Math.exp(nats), interval: [Math.exp(nats - half), Math.exp(nats + half)], perClass: [] }
    }
    const perClass = this.overlaps()
    const known = perClass.filter((value) => !Number.isNaN(value))
    const value =
      this.task.metric === 'mean-iou'
        ? known.reduce((sum, each) => sum + each, 0) / Math.max(1, known.length)
        : (100 * this.right) / Math.max(1, this.positions)
    const interval = [Math.max(0, value - 100 * half), Math.min(100, value + 100 * half)] as const
    return { value, interval, perClass: this.task.metric === 'mean-iou' ? perClass : [] }
  }
}
