/** A sample as a picture, for the workbench. */
import { EspalierError } from '../../contract/errors'
import type { DataSource, SampleTable } from './types'

export interface SamplePicture {
  readonly width: number
  readonly height: number
  /** Four bytes a pixel, opaque. */
  readonly rgba: Uint8ClampedArray
}

/**
 * Sample `index` of a table of `source`: bytes as they were before normalisation; other numbers spread from their least to
 * their greatest. Vectors become one row of pixels.
 * @throws NOT_FOUND where there is no such sample
 */
export function sampleImage(source: DataSource, table: SampleTable, index: number): SamplePicture {
  if (!Number.isInteger(index) || index < 0 || index >= table.count) {
    throw new EspalierError('NOT_FOUND', `There is no sample ${index}; the split has ${table.count}.`)
  }
  const [input] = [...table.read(Int32Array.of(index)).inputs.values()]
  const { dims, data } = input as { dims: readonly number[]; data: Float32Array | Int32Array }
  const shape = dims.slice(1)
  const [width = 1, height = 1, channels = 1] = [...shape].reverse()
  const shown = channels < 3 ? 1 : 3
  const plane = width * height
  const scale = source.std.length > 0 ? bytes(source) : spread(data)
  const rgba = new Uint8ClampedArray(plane * 4).fill(255)
  for (let p = 0; p < plane; p++) {
    for (let c = 0; c < 3; c++) {
      const channel = shown === 1 ? 0 : c
      rgba[p * 4 + c] = scale(data[channel * plane + p] as number, channel)
    }
  }
  return { width, height, rgba }
}

/** Undoes (x / 255 - mean) / std. */
const bytes = (source: DataSource) => (value: number, channel: number) =>
  (value * (source.std[channel] ?? source.std[0] ?? 1) + (source.mean[channel] ?? source.mean[0] ?? 0)) * 255

function spread(data: ArrayLike<number>) {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < data.length; i++) {
    low = Math.min(low, data[i] as number)
    high = Math.max(high, data[i] as number)
  }
  const range = high > low ? high - low : 1
  return (value: number) => ((value - low) / range) * 255
}
