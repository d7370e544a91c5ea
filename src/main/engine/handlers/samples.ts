/** Samples to look at: texts, rows of numbers, or small PNG images of what the network reads, turned back into pixels. */
import { encode } from 'fast-png'
import type { PreviewSample } from '../../../contract/entities'
import type { Batch, DataSource, SampleTable } from '../../../engine/data'
import { answerOf, answerPicture, shrinkage } from './answers'

interface Picture {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Images as they are; anything else as a grey plane of its values. */
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

const picturesOf = (values: Float32Array, { mean, std, sampleShape }: DataSource): Pick<PreviewSample, 'image'> => {
  const picture = pictureOf(sampleShape)
  const plane = picture.height * picture.width
  const pixels = values.map((value, i) => {
    const channel = Math.floor(i / plane)
    return value * (std[channel] ?? 1) + (mean[channel] ?? 0)
  })
  return { image: png(pixels, picture) }
}

/** More values of a row than these say nothing to a reader. */
const mostValues = 64

const rowOf = (values: Float32Array, columns: DataSource['columns']): Pick<PreviewSample, 'row'> => ({
  row: {
    values: [...values.subarray(0, mostValues)],
    ...(columns ? { columns: columns.slice(0, mostValues) } : {}),
    more: Math.max(0, values.length - mostValues),
  },
})

/** A side of a small picture of labels, and numbers of a list, at most. */
const [mostPixels, mostListed] = [48, 8]

/** Extents of so many labels beside a sample: its own where one stands at each of its pixels, steps or values, else a list. */
function placesOf(width: number, sampleShape: readonly number[]): number[] {
  const plane = sampleShape.slice(-2)
  const area = plane.reduce((product, extent) => product * extent, 1)
  if (sampleShape.length === 3 && width % area === 0) return width === area ? plane : [width / area, ...plane]
  if (sampleShape.length === 2 && width === area) return plane
  // A mask of a half, a third … of the picture's extents.
  const by = sampleShape.length === 3 ? Math.sqrt(area / width) : 0
  const [height = 0, across = 0] = plane
  if (Number.isInteger(by) && by > 1 && height % by === 0 && across % by === 0) return [height / by, across / by]
  return [width]
}

function severalOf(
  own: Int32Array | Float32Array,
  sampleShape: readonly number[],
): NonNullable<PreviewSample['places']> {
  const numbers = own instanceof Float32Array
  const shape = placesOf(own.length, sampleShape)
  const picture = answerPicture(shape, numbers)
  const by = shrinkage(picture, mostPixels)
  return {
    says: numbers ? 'numbers' : 'classes',
    shape,
    height: picture && Math.ceil(picture.height / by),
    width: picture && Math.ceil(picture.width / by),
    ...answerOf(own, picture, numbers, by, mostListed),
  }
}

/** What the data says of a sample: a class, a target, which of the classes it has, or what stands at its pixels and steps. */
function toldOf(
  { labels, count }: Batch,
  row: number,
  { classes: { length: classes }, sampleShape }: DataSource,
): Pick<PreviewSample, 'label' | 'labels' | 'target' | 'within' | 'places'> {
  const width = (labels?.length ?? 0) / count
  if (labels === null) return { label: null }
  if (width !== 1 && width !== classes) {
    const several = severalOf(labels.slice(row * width, (row + 1) * width), sampleShape)
    return { label: null, within: width, places: several }
  }
  const own = labels.subarray(row * width, (row + 1) * width)
  if (width > 1) return { label: null, labels: [...own.keys()].filter((k) => own[k] === 1) }
  const [value = 0] = own
  return labels instanceof Int32Array ? { label: value } : { label: null, target: value }
}

/** Samples as a person reads them: texts as texts, rows of a table as numbers, anything else as pictures. */
export function previewSamples(source: DataSource, table: SampleTable, indices: readonly number[]): PreviewSample[] {
  if (indices.length === 0) return []
  const batch = table.read(Int32Array.from(indices))
  const [input] = [...batch.inputs.values()]
  if (!input) return []
  const size = input.data.length / batch.count
  const shown = (index: number, row: number) => {
    if (table.text) return { text: table.text(index) }
    // Numbers that each have a name of their own: a row, in which every input is a column.
    if (source.sampleShape.length === 0) {
      const named = [...batch.inputs]
      const values = Float32Array.from(named, ([, { data }]) => Number(data[row]))
      return rowOf(
        values,
        named.map(([name]) => name),
      )
    }
    const values = Float32Array.from(input.data.subarray(row * size, (row + 1) * size))
    return source.sampleShape.length === 1 ? rowOf(values, source.columns) : picturesOf(values, source)
  }
  return indices.map((index, row) => ({ index, ...toldOf(batch, row, source), ...shown(index, row) }))
}
