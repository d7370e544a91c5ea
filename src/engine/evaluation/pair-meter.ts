/** Accumulates how a smaller network's result differs from the original's, with the bounds a promise is judged on. */
import { EspalierError } from '../../contract/errors'
import { expectedDropBound, freshSplit95, meanInterval, pairedDropBound } from './bounds'
import { divergence, namedClass } from './divergence'
import { expectedLoss } from './expected-loss'
import { columnsLast, layoutOf, type Output, type Score, ScoreMeter } from './score-meter'
import type { Task } from './task'

export interface PairScore {
  readonly original: Score
  readonly result: Score
  /** Share (0..1) of samples on which both name the same class; R^2 of the answers for regression. */
  readonly agreement: number
  /** Mean KL(original || result) in nats, and what as many fresh samples stay below in 19 of 20 cases. */
  readonly kl: number
  readonly klBound: number
  /**
   * Loss of the task metric: points of accuracy, F1 or mean IoU, or percent of the original's RMSE or perplexity; null
   * without labels. With what as many fresh samples stay below in 19 of 20 cases, from the paired change sample by sample.
   */
  readonly drop: number | null
  readonly dropBound: number | null
  readonly samples: number
}

/** @throws SHAPE_MISMATCH where two networks do not answer in one form */
export function requireAlike(original: Output, result: Output): void {
  if (original.dims.join() === result.dims.join()) return
  throw new EspalierError(
    'SHAPE_MISMATCH',
    `The two networks answer with shapes [${original.dims.join(', ')}] and [${result.dims.join(', ')}], so their results cannot be compared.`,
  )
}

export class PairMeter {
  private readonly before: ScoreMeter
  private readonly after: ScoreMeter
  private samples = 0
  /** Labels for every position. */
  private dense = false
  private agreed = 0
  private kl = 0
  private klSquares = 0
  /** Change of the loss a sample, paired. */
  private change = 0
  private changeSquares = 0
  private lost = 0
  private gained = 0
  /** What the original expects all samples to lose, by its own probabilities. */
  private expected = 0
  private readonly sums = { a: 0, aa: 0, difference: 0, count: 0 }

  constructor(
    private readonly task: Task,
    classes: number,
    private readonly sharpness: number | null = null,
  ) {
    this.before = new ScoreMeter(task, classes)
    this.after = new ScoreMeter(task, classes)
  }

  /** Adds both networks' outputs for the same samples. @throws as {@link ScoreMeter.add}, SHAPE_MISMATCH */
  add(original: Output, result: Output, labels: Int32Array | Float32Array | null): void {
    requireAlike(original, result)
    const before = this.before.add(original, labels)
    this.dense ||= labels !== null && labels.length > (original.dims[0] ?? 1) && this.task.kind !== 'gaussian'
    const after = this.after.add(result, labels)
    before?.forEach((loss, n) => {
      const change = (after?.[n] ?? 0) - loss
      if (change > 0) this.lost++
      if (change < 0) this.gained++
      this.change += change
      this.changeSquares += change * change
    })
    const { samples, width, positions } = layoutOf(original, this.task)
    const a = columnsLast(original, this.task)
    const b = columnsLast(result, this.task)
    for (let n = 0; n < samples; n++) {
      let kl = 0
      // Nothing is asked of padding, so nothing is compared there.
      const asked = (p: number) => !this.dense || labels === null || (labels[n * positions + p] as number) >= 0
      let count = 0
      for (let p = 0; p < positions; p++) if (asked(p)) count++
      for (let p = 0; p < positions; p++) {
        if (!asked(p)) continue
        const from = (n * positions + p) * width
        kl += divergence(this.task, a, b, from, width)
        if (this.task.kind === 'gaussian') this.addSpread(a, b, from, width)
        else this.addNamed(a, b, from, width, count)
      }
      this.kl += kl
      this.klSquares += kl * kl
    }
    this.samples += samples
  }

  /** One of `count` positions of a sample. */
  private addNamed(a: ArrayLike<number>, b: ArrayLike<number>, from: number, width: number, count: number): void {
    const own = namedClass(this.task, a, from, width)
    const given = namedClass(this.task, b, from, width)
    if (own === given) this.agreed += 1 / count
    else if (this.sharpness !== null) {
      this.expected += expectedLoss(this.task, a, from, width, this.sharpness, own, given)
    }
  }

  private addSpread(a: ArrayLike<number>, b: ArrayLike<number>, from: number, width: number): void {
    for (let k = from; k < from + width; k++) {
      const x = a[k] as number
      this.sums.a += x
      this.sums.aa += x * x
      this.sums.difference += (x - (b[k] as number)) ** 2
      this.sums.count++
    }
  }

  private agreement(): number {
    if (this.task.kind !== 'gaussian') return this.samples > 0 ? this.agreed / this.samples : 0
    const { a, aa, difference, count } = this.sums
    const spread = aa - (a * a) / Math.max(1, count)
    if (difference === 0) return 1
    return spread > 0 ? Math.max(0, 1 - difference / spread) : 0
  }

  score(): PairScore {
    const original = this.before.score()
    const result = this.after.score()
    const n = Math.max(1, this.samples)
    const kl = this.kl / n
    const [, klBound] = meanInterval(kl, Math.max(0, this.klSquares / n - kl * kl), this.samples, freshSplit95)
    const { drop, dropBound } = this.drop(original, result)
    return { original, result, agreement: this.agreement(), kl, klBound, drop, dropBound, samples: this.samples }
  }

  private accuracyBound(): number {
    const { lost, gained, samples, expected } = this
    return this.sharpness === null
      ? pairedDropBound(lost, gained, samples)
      : expectedDropBound(expected / samples, lost, gained, samples)
  }

  private drop(original: Score, result: Score): { drop: number | null; dropBound: number | null } {
    if (original.value === null || result.value === null) return { drop: null, dropBound: null }
    if (this.task.kind !== 'gaussian' && !this.dense) {
      return {
        drop: original.value - result.value,
        dropBound: 100 * this.accuracyBound(),
      }
    }
    const [own, given] = [this.before.influences(), this.after.influences()]
    if (own && given) {
      const squares = own.reduce((sum, each, n) => sum + (each - (given[n] as number)) ** 2, 0)
      const drop = original.value - result.value
      return { drop, dropBound: meanInterval(drop, (1e4 * squares) / this.samples, this.samples, freshSplit95)[1] }
    }
    const scale = Math.max(original.value, Number.MIN_VALUE)
    const mean = this.change / this.samples
    const variance = Math.max(0, this.changeSquares / this.samples - mean * mean)
    const [, worse] = meanInterval(mean, variance, this.samples, freshSplit95)
    if (this.task.metric === 'perplexity') {
      // The metric is the exponential of the loss, which is nats a token.
      return { drop: 100 * (result.value / scale - 1), dropBound: 100 * (Math.exp(worse) - 1) }
    }
    if (this.dense) return { drop: original.value - result.value, dropBound: 100 * worse }
    return {
      drop: (100 * (result.value - original.value)) / scale,
      dropBound: (100 * (Math.sqrt(Math.max(0, original.value ** 2 + worse)) - original.value)) / scale,
    }
  }
}
