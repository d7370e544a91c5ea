/** A table of samples as the pipeline reads it: rows copied, laid out and normalised on demand. */
import type { Fitting } from './fitting'
import type { RawTable } from './raw'
import type { Batch, SampleTable } from './types'

export interface FittedField {
  readonly name: string
  readonly fitting: Fitting
  readonly integer: boolean
  /** 256 normalised values a channel; null where elements are taken as they are. */
  readonly lookUp: Float32Array | null
}

/** (x / 255 - mean) / std for every byte and channel, rounded to float32 once. */
export function normalisationTable(channels: number, mean: readonly number[], std: readonly number[]): Float32Array {
  const table = new Float32Array(channels * 256)
  for (let c = 0; c < channels; c++) {
    const m = mean[c % mean.length] ?? 0
    const s = std[c % std.length] ?? 1
    for (let x = 0; x < 256; x++) table[c * 256 + x] = (x / 255 - m) / s
  }
  return table
}

function copyRow(field: FittedField, row: ArrayLike<number>, out: Float32Array | Int32Array, to: number): void {
  const { channels, plane, channelStride, pixelStride } = field.fitting
  const { lookUp } = field
  let at = to
  for (let c = 0; c < channels; c++) {
    let from = c * channelStride
    if (lookUp) {
      const base = c * 256
      for (let p = 0; p < plane; p++, from += pixelStride) out[at++] = lookUp[base + (row[from] as number)] as number
    } else {
      for (let p = 0; p < plane; p++, from += pixelStride) out[at++] = row[from] as number
    }
  }
}

const pick = <T extends Int32Array | Float32Array>(labels: T, count: number, indices: Int32Array): T => {
  const width = count === 0 ? 1 : labels.length / count
  const result = new (labels.constructor as new (length: number) => T)(indices.length * width)
  for (let i = 0; i < indices.length; i++) {
    const from = (indices[i] as number) * width
    for (let k = 0; k < width; k++) result[i * width + k] = labels[from + k] as number
  }
  return result
}

export class FittedTable implements SampleTable {
  readonly count: number
  readonly labels: Int32Array | Float32Array | null
  readonly text: ((index: number) => string) | undefined
  readonly word: ((id: number) => string) | undefined

  constructor(
    readonly raw: RawTable,
    private readonly fields: readonly FittedField[],
  ) {
    this.count = raw.count
    this.labels = raw.labels
    const texts = [...raw.fields.values()].find((field) => field.text)
    this.text = texts?.text
    this.word = texts?.word
  }

  /** Rows in the order of `indices`; each must be below `count`. */
  read(indices: Int32Array): Batch {
    const inputs = new Map<string, { dims: readonly number[]; data: Float32Array | Int32Array }>()
    for (const field of this.fields) {
      const { dims } = field.fitting
      const size = dims.reduce((a, b) => a * b, 1)
      const data = field.integer ? new Int32Array(indices.length * size) : new Float32Array(indices.length * size)
      for (let i = 0; i < indices.length; i++) {
        copyRow(field, field.fitting.field.row(indices[i] as number), data, i * size)
      }
      inputs.set(field.name, { dims: [indices.length, ...dims], data })
    }
    return { count: indices.length, inputs, labels: this.labels && pick(this.labels, this.count, indices) }
  }
}
