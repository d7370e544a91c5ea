/** Samples as small PNG images: what the network reads, turned back into pixels. */
import { encode } from 'fast-png'
import type { DataSource, SampleTable } from '../../../engine/data'

export interface PreviewSample {
  index: number
  label: number | null
  image: string
}

interface Picture {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Images as they are; anything else as a grey strip or plane of its values. */
const pictureOf = (shape: readonly number[]): Picture => {
  if (shape.length === 3) {
    const [channels, height, width] = shape as [number, number, number]
    return { channels, height, width }
  }
  if (shape.length === 2) return { channels: 1, height: shape[0] as number, width: shape[1] as number }
  return { channels: 1, height: 1, width: shape.reduce((product, extent) => product * extent, 1) }
}

/** How values become 0..255: by what is known of them, else stretched over their own range. */
function scaleOf(values: Float32Array): (value: number) => number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low >= -1e-4 && high <= 1 + 1e-4) return (value) => value * 255
  if (low >= 0 && high > 1.5 && high <= 255) return (value) => value
  const range = high - low || 1
  return (value) => ((value - low) / range) * 255
}

/** @param values one sample, channel after channel */
function png(values: Float32Array, picture: Picture): string {
  const { channels, height, width } = picture
  const shown = channels === 3 ? 3 : 1
  const scale = scaleOf(values)
  const plane = height * width
  const data = new Uint8Array(plane * shown)
  for (let c = 0; c < shown; c++) {
    for (let p = 0; p < plane; p++) {
      data[p * shown + c] = Math.min(255, Math.max(0, Math.round(scale(values[c * plane + p] as number))))
    }
  }
  const bytes = encode({ width, height, data, channels: shown, depth: 8 })
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`
}

/** Rows of a table as pictures. Labels that are no class indices are left out. */
export function pictures(source: DataSource, table: SampleTable, indices: readonly number[]): PreviewSample[] {
  if (indices.length === 0) return []
  const { mean, std, sampleShape } = source
  const picture = pictureOf(sampleShape)
  const plane = picture.height * picture.width
  const batch = table.read(Int32Array.from(indices))
  const [input] = [...batch.inputs.values()]
  if (!input) return []
  const size = input.data.length / batch.count
  return indices.map((index, row) => {
    const values = Float32Array.from(input.data.subarray(row * size, (row + 1) * size))
    for (let i = 0; i < values.length; i++) {
      const channel = Math.floor(i / plane)
      values[i] = (values[i] as number) * (std[channel] ?? 1) + (mean[channel] ?? 0)
    }
    const label = batch.labels instanceof Int32Array ? (batch.labels[row] as number) : null
    return { index, label, image: png(values, picture) }
  })
}
