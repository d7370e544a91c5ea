/** The metric of several labels a sample, each a yes or no of its own: F1, and what practitioners put beside it. */
import { EspalierError } from '../../contract/errors'
import { meanInterval } from './bounds'
import { namedClass } from './divergence'
import type { Task } from './task'

const ASKED = 4
const WANTED = 2
const NAMED = 1

/** One label over all samples. */
interface Column {
  /** Wanted and named. */
  readonly right: number
  /** Wanted and named, each counted: 2 TP + FP + FN. */
  readonly both: number
}

export interface LabelScore {
  /** F1 in percent, the mean over the labels that somebody names or wants. */
  readonly value: number
  readonly interval: readonly [number, number]
  readonly perClass: readonly number[]
  readonly others: {
    readonly 'micro-f1': number
    readonly 'exact-match': number
    readonly 'mean-average-precision'?: number
  }
}

export class LabelMeter {
  private width = 0
  private readonly cells: Uint8Array[] = []
  private readonly answers: Float32Array[] = []

  constructor(private readonly task: Task) {}

  /**
   * @param values and `labels` are [samples, width]; a label below 0 asks for nothing
   * @returns a loss a sample: the share of its labels that are wrong
   * @throws DATA_LABELS_OUT_OF_RANGE
   */
  add(values: ArrayLike<number>, samples: number, width: number, labels: ArrayLike<number>): Float64Array {
    this.width = width
    const losses = new Float64Array(samples)
    const cells = new Uint8Array(samples * width)
    for (let n = 0; n < samples; n++) {
      let [asked, wrong] = [0, 0]
      for (let i = n * width; i < (n + 1) * width; i++) {
        const label = labels[i] as number
        if (label < 0) continue
        if (label !== 0 && label !== 1) {
          throw new EspalierError(
            'DATA_LABELS_OUT_OF_RANGE',
            `Label ${label} is neither 0 nor 1, as each of several labels a sample must be. Check that the data belongs to this network.`,
          )
        }
        const named = namedClass(this.task, values, i, 1)
        cells[i] = ASKED | (label * WANTED) | (named * NAMED)
        asked++
        if (named !== label) wrong++
      }
      losses[n] = wrong / Math.max(1, asked)
    }
    this.cells.push(cells)
    this.answers.push(Float32Array.from(values))
    return losses
  }

  private get samples(): number {
    return this.cells.reduce((sum, cells) => sum + cells.length, 0) / Math.max(1, this.width)
  }

  private columns(): Column[] {
    const right = new Array<number>(this.width).fill(0)
    const both = new Array<number>(this.width).fill(0)
    for (const cells of this.cells) {
      cells.forEach((cell, i) => {
        const k = i % this.width
        right[k] = (right[k] as number) + rightOf(cell)
        both[k] = (both[k] as number) + bothOf(cell)
      })
    }
    return right.map((count, k) => ({ right: count, both: both[k] as number }))
  }

  /**
   * How far each sample moves the mean F1 (0..1), to first order: the mean of their squares over the number of samples is
   * the variance of the metric (the delta method), and paired ones bound a change of it.
   */
  influences(): Float64Array {
    const { samples, width } = this
    const columns = this.columns()
    const known = Math.max(1, columns.filter(({ both }) => both > 0).length)
    const result = new Float64Array(samples)
    let at = 0
    for (const cells of this.cells) {
      cells.forEach((cell, i) => {
        const { right, both } = columns[i % width] as Column
        if (both === 0) return
        const moved = (2 * (rightOf(cell) * both - right * bothOf(cell))) / (both * both)
        const n = at + Math.floor(i / width)
        result[n] = (result[n] as number) + (samples * moved) / known
      })
      at += cells.length / width
    }
    return result
  }

  score(): LabelScore {
    const columns = this.columns()
    const perClass = columns.map(({ right, both }) => (both > 0 ? (200 * right) / both : Number.NaN))
    const value = meanOf(perClass)
    const influences = this.influences()
    const variance = influences.reduce((sum, each) => sum + each * each, 0) / Math.max(1, influences.length)
    const [low, high] = meanInterval(value / 100, variance, influences.length)
    const total = (pick: (column: Column) => number) => columns.reduce((sum, column) => sum + pick(column), 0)
    const precisions = this.precisions()
    return {
      value,
      interval: [100 * Math.max(0, low), 100 * Math.min(1, high)],
      perClass,
      others: {
        'micro-f1':
          (200 * total(({ right }) => right)) /
          Math.max(
            1,
            total(({ both }) => both),
          ),
        'exact-match': this.exact(),
        ...(precisions.every(Number.isNaN) ? {} : { 'mean-average-precision': meanOf(precisions) }),
      },
    }
  }

  /** Percent of samples whose labels are all right. */
  private exact(): number {
    let right = 0
    for (const cells of this.cells) {
      for (let from = 0; from < cells.length; from += this.width) {
        const own = cells.subarray(from, from + this.width)
        if (own.every((cell) => (cell & ASKED) === 0 || ((cell & WANTED) !== 0) === ((cell & NAMED) !== 0))) right++
      }
    }
    return (100 * right) / Math.max(1, this.samples)
  }

  /** Average precision a label in percent: precision at each answer, weighted by the recall that it gains; NaN without one. */
  private precisions(): number[] {
    return Array.from({ length: this.width }, (_, k) => {
      const ranked: { answer: number; wanted: boolean }[] = []
      this.cells.forEach((cells, part) => {
        for (let i = k; i < cells.length; i += this.width) {
          const cell = cells[i] as number
          if (cell === 0) continue
          ranked.push({ answer: this.answers[part]?.[i] as number, wanted: (cell & WANTED) !== 0 })
        }
      })
      ranked.sort((a, b) => b.answer - a.answer)
      const all = ranked.filter(({ wanted }) => wanted).length
      let [found, area, gained] = [0, 0, 0]
      ranked.forEach(({ answer, wanted }, i) => {
        if (wanted) gained++
        // Equal answers are one threshold.
        if (ranked[i + 1]?.answer === answer) return
        found += gained
        area += (gained * found) / (i + 1)
        gained = 0
      })
      return all > 0 ? (100 * area) / all : Number.NaN
    })
  }
}

const rightOf = (cell: number): number => (cell === (ASKED | WANTED | NAMED) ? 1 : 0)
const bothOf = (cell: number): number => ((cell & WANTED) !== 0 ? 1 : 0) + ((cell & NAMED) !== 0 ? 1 : 0)

/** Of the numbers that are there. */
function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)
}
