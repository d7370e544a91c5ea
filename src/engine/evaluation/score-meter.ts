/** Accumulates a network's result over batches: the task metric, predictions and accuracy a class. */
import { EspalierError } from '../../contract/errors'
import type { OtherMetric } from '../../contract/run'
import { meanInterval, shareInterval } from './bounds'
import { DenseMeter } from './dense-meter'
import { namedClass } from './divergence'
import { LabelMeter } from './label-meter'
import type { Task } from './task'

/** One batch of a network's output on the host, in ONNX layout: [N, K, ...positions]. */
export interface Output {
  readonly dims: readonly number[]
  readonly data: Float32Array | Int32Array
}

export interface Score {
  readonly samples: number
  /** Percent for accuracy, root mean square for regression; null without labels. */
  readonly value: number | null
  /** 95 % interval of `value`: Wilson for accuracy, normal on the squared error for regression. */
  readonly interval: readonly [number, number] | null
  /** Percent a class, NaN for a class without samples: accuracy, F1 or IoU as the metric is; else empty. */
  readonly perClass: readonly number[]
  /** Named class of every sample in order; null for regression, several labels a sample and dense outputs. */
  readonly predictions: Int32Array | null
  /** Percent, beside the metric. */
  readonly others?: Readonly<Partial<Record<OtherMetric, number>>>
}

/** Samples, columns a position and positions of an output. */
export function layoutOf(
  output: Output,
  task?: Pick<Task, 'classAxis'>,
): { samples: number; width: number; positions: number } {
  const samples = output.dims[0] ?? 1
  if (task?.classAxis === 'none') return { samples, width: 1, positions: output.data.length / Math.max(1, samples) }
  const last = task?.classAxis === 'last' && output.dims.length > 2
  const width = (last ? output.dims.at(-1) : output.dims[1]) ?? 1
  const rest = last ? output.dims.slice(1, -1) : output.dims.slice(2)
  return { samples, width, positions: rest.reduce((product, dim) => product * dim, 1) }
}

/** Columns of one position together: [N, K, P] becomes [N, P, K]; the array itself where they are. */
export function columnsLast(output: Output, task?: Pick<Task, 'classAxis'>): Float32Array | Int32Array {
  const { samples, width, positions } = layoutOf(output, task)
  if (positions === 1 || task?.classAxis === 'last' || task?.classAxis === 'none') return output.data
  const result = new Float32Array(output.data.length)
  for (let n = 0; n < samples; n++) {
    for (let k = 0; k < width; k++) {
      for (let p = 0; p < positions; p++) {
        result[(n * positions + p) * width + k] = output.data[(n * width + k) * positions + p] as number
      }
    }
  }
  return result
}

export class ScoreMeter {
  private samples = 0
  private right = 0
  private squares = 0
  private fourths = 0
  private labelled = false
  private inTop5 = 0
  private widest = 0
  private readonly namedTotal: number[] = []
  private dense: DenseMeter | null = null
  private each: LabelMeter | null = null
  private readonly named: number[] = []
  private readonly classRight: number[] = []
  private readonly classTotal: number[] = []

  constructor(
    private readonly task: Task,
    classes: number,
  ) {
    for (let k = 0; k < classes; k++) {
      this.classRight.push(0)
      this.classTotal.push(0)
    }
  }

  /**
   * Adds a batch. @returns a loss a sample: 0 where the named class is right and 1 where it is not, or the mean squared
   * error; null without labels.
   * @throws MODEL_NON_FINITE, SHAPE_MISMATCH, DATA_LABELS_OUT_OF_RANGE
   */
  add(output: Output, labels: Int32Array | Float32Array | null): Float64Array | null {
    const { samples, width, positions } = layoutOf(output, this.task)
    requireFinite(output.data)
    this.samples += samples
    if (this.task.kind === 'gaussian') {
      return labels ? this.addErrors(output, labels, samples, width * positions) : null
    }
    if (positions > 1) {
      if (labels) {
        if (labels.length === samples * positions) {
          if (this.task.metric === 'f1') {
            this.each ??= new LabelMeter(this.task)
            return this.each.add(output.data, samples, positions, labels)
          }
          this.dense ??= new DenseMeter(this.task)
          return this.dense.add(columnsLast(output, this.task), samples, positions, width, labels)
        }
        throw new EspalierError(
          'SHAPE_MISMATCH',
          `The network answers with ${positions} positions a sample, but the data has one label a sample. Use data with a label for every position, or data without labels.`,
        )
      }
      return null
    }
    const losses = labels ? new Float64Array(samples) : null
    const classes = Math.max(width, 2)
    for (let n = 0; n < samples; n++) {
      const name = namedClass(this.task, output.data, n * width, width)
      this.named.push(name)
      if (!labels || !losses) continue
      const label = labels[n] as number
      if (!Number.isInteger(label) || label < 0 || label >= classes) {
        throw new EspalierError(
          'DATA_LABELS_OUT_OF_RANGE',
          `Label ${label} is outside 0 to ${classes - 1}, the classes this network tells apart. Check that the data belongs to this network.`,
        )
      }
      const hit = name === label ? 1 : 0
      losses[n] = 1 - hit
      this.inTop5 += isAmong(output.data, n * width, width, label, 5) ? 1 : 0
      this.namedTotal[name] = (this.namedTotal[name] ?? 0) + 1
      this.right += hit
      this.classTotal[label] = (this.classTotal[label] ?? 0) + 1
      this.classRight[label] = (this.classRight[label] ?? 0) + hit
    }
    this.widest = width
    this.labelled ||= labels !== null
    return losses
  }

  private addErrors(output: Output, labels: ArrayLike<number>, samples: number, width: number): Float64Array {
    if (labels.length !== samples * width) {
      throw new EspalierError(
        'SHAPE_MISMATCH',
        `The network answers with ${width} numbers a sample, but the data has ${labels.length / samples} targets a sample. Check that the data belongs to this network.`,
      )
    }
    const losses = new Float64Array(samples)
    for (let n = 0; n < samples; n++) {
      let square = 0
      for (let k = 0; k < width; k++) {
        square += ((output.data[n * width + k] as number) - (labels[n * width + k] as number)) ** 2 / width
      }
      losses[n] = square
      this.squares += square
      this.fourths += square * square
    }
    this.labelled = true
    return losses
  }

  /** 2 TP / (2 TP + FP + FN) in percent, the mean over the classes that labels or network name. */
  private f1(): number {
    const length = Math.max(this.classTotal.length, this.namedTotal.length)
    const values: number[] = []
    for (let k = 0; k < length; k++) {
      const both = (this.classTotal[k] ?? 0) + (this.namedTotal[k] ?? 0)
      if (both > 0) values.push((200 * (this.classRight[k] ?? 0)) / both)
    }
    return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  }

  /** How far each sample moves the metric, for F1 of several labels a sample; else null. */
  influences(): Float64Array | null {
    return this.each?.influences() ?? null
  }

  score(): Score {
    const { samples } = this
    if (this.each) return { samples, ...this.each.score(), predictions: null }
    if (this.dense) return { samples, ...this.dense.score(), predictions: null }
    const predictions = this.named.length > 0 ? Int32Array.from(this.named) : null
    if (!this.labelled || samples === 0) return { samples, value: null, interval: null, perClass: [], predictions }
    if (this.task.kind === 'gaussian') {
      const mean = this.squares / samples
      const [low, high] = meanInterval(mean, Math.max(0, this.fourths / samples - mean * mean), samples)
      const interval = [Math.sqrt(Math.max(0, low)), Math.sqrt(high)] as const
      return { samples, value: Math.sqrt(mean), interval, perClass: [], predictions: null }
    }
    const [low, high] = shareInterval(this.right, samples)
    const perClass = this.classTotal.map((total, k) =>
      total > 0 ? (100 * (this.classRight[k] ?? 0)) / total : Number.NaN,
    )
    return {
      samples,
      value: (100 * this.right) / samples,
      interval: [100 * low, 100 * high],
      perClass,
      predictions,
      others: { ...(this.widest > 5 ? { 'top-5': (100 * this.inTop5) / samples } : {}), f1: this.f1() },
    }
  }
}

/** Whether fewer than `count` columns are above the label's; of equal ones the first counts. */
function isAmong(values: ArrayLike<number>, from: number, width: number, label: number, count: number): boolean {
  const own = values[from + label] as number
  let above = 0
  for (let k = 0; k < width; k++) {
    const value = values[from + k] as number
    if (value > own || (value === own && k < label)) above++
  }
  return above < count
}

function requireFinite(values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i] as number)) {
      throw new EspalierError(
        'MODEL_NON_FINITE',
        'The network answers with numbers that are not finite on this data, so its result cannot be measured. Check the normalisation of the data and the weights of the network.',
      )
    }
  }
}
