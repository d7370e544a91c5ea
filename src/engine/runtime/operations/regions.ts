/** Reading maps in regions (RoiAlign), and choosing boxes that do not overlap: both written out, for any backend. */
import * as tf from '@tensorflow/tfjs-core'
import { type AttributeMap, flagOf, numberOf, registerOperation } from './operation'

/** A pixel that a sample reads, by its place among all pixels, and what it counts for. */
interface Corner {
  readonly pixel: number
  readonly share: number
}

interface Axis {
  readonly low: number
  readonly high: number
  readonly toLow: number
}

/** The two pixels around a place; undefined where it lies beyond the map, which counts as zero. */
function around(place: number, extent: number): Axis | undefined {
  if (place < -1 || place > extent) return undefined
  const held = Math.max(place, 0)
  const low = Math.floor(held)
  if (low >= extent - 1) return { low: extent - 1, high: extent - 1, toLow: 1 }
  return { low, high: low + 1, toLow: 1 - (held - low) }
}

/** Places of the samples of every bin along one axis. */
function samplesOf(start: number, span: number, bins: number, ratio: number): number[][] {
  const count = ratio > 0 ? ratio : Math.ceil(span / bins)
  const bin = span / bins
  return Array.from({ length: bins }, (_, b) =>
    Array.from({ length: count }, (_, i) => start + b * bin + ((i + 0.5) * bin) / count),
  )
}

interface Maps {
  readonly height: number
  readonly width: number
}

/** Calls with every bin of every region and the four corners of each of its samples. */
function eachBin(
  regions: ArrayLike<number>,
  pictures: ArrayLike<number>,
  { height, width }: Maps,
  attributes: AttributeMap,
  visit: (bin: number, samples: readonly (readonly Corner[])[], count: number) => void,
): void {
  const [rows, columns] = [numberOf(attributes, 'height'), numberOf(attributes, 'width')]
  const ratio = numberOf(attributes, 'sampling_ratio')
  const halfPixel = flagOf(attributes, 'half_pixel')
  for (let r = 0; r < pictures.length; r++) {
    const at = (k: number) => (regions[4 * r + k] as number) * numberOf(attributes, 'scale') - (halfPixel ? 0.5 : 0)
    const [left, top] = [at(0), at(1)]
    // Without the half pixel a region has at least one pixel.
    const least = halfPixel ? Number.NEGATIVE_INFINITY : 1
    const [wide, tall] = [Math.max(at(2) - left, least), Math.max(at(3) - top, least)]
    const down = samplesOf(top, tall, rows, ratio)
    const across = samplesOf(left, wide, columns, ratio)
    const picture = (pictures[r] as number) * height * width
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const [ys, xs] = [down[row] as number[], across[column] as number[]]
        const samples = ys.flatMap((y) => xs.map((x) => cornersOf(y, x, picture, { height, width })))
        visit((r * rows + row) * columns + column, samples, Math.max(1, ys.length * xs.length))
      }
    }
  }
}

function cornersOf(y: number, x: number, picture: number, { height, width }: Maps): Corner[] {
  const [down, across] = [around(y, height), around(x, width)]
  if (!down || !across) return []
  const corner = (row: number, column: number, share: number) => ({ pixel: picture + row * width + column, share })
  return [
    corner(down.low, across.low, down.toLow * across.toLow),
    corner(down.low, across.high, down.toLow * (1 - across.toLow)),
    corner(down.high, across.low, (1 - down.toLow) * across.toLow),
    corner(down.high, across.high, (1 - down.toLow) * (1 - across.toLow)),
  ]
}

/** The corner that counts most, as ONNX Runtime takes the largest: of what single pixels give. */
function mostOf(
  samples: readonly (readonly Corner[])[],
  maps: ArrayLike<number>,
  channels: number,
  c: number,
): Corner | undefined {
  let most: Corner | undefined
  let value = Number.NEGATIVE_INFINITY
  for (const corner of samples.flat()) {
    const given = corner.share * (maps[corner.pixel * channels + c] as number)
    if (given > value) [most, value] = [corner, given]
  }
  return most
}

const mapsOf = (shape: readonly number[]) =>
  ({ height: shape[1] as number, width: shape[2] as number, channels: shape[3] as number }) as const

/** Maps [N, H, W, C], regions [R, 4] and the picture of each: [R, height, width, C]. */
registerOperation({
  op: 'RoiAlign',
  needs: { inputs: 'all' },
  run([x, regions, pictures], attributes) {
    const { channels, ...maps } = mapsOf((x as tf.Tensor).shape)
    const data = (x as tf.Tensor).dataSync()
    const shape = [(pictures as tf.Tensor).size, numberOf(attributes, 'height'), numberOf(attributes, 'width')]
    const result = new Float32Array(shape.reduce((a, b) => a * b, channels))
    const isMax = flagOf(attributes, 'max')
    const read = [(regions as tf.Tensor).dataSync(), (pictures as tf.Tensor).dataSync()] as const
    eachBin(...read, maps, attributes, (bin, samples, count) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0
        if (isMax) {
          const most = mostOf(samples, data, channels, c)
          if (most) sum = most.share * (data[most.pixel * channels + c] as number)
        } else {
          for (const corners of samples)
            for (const { pixel, share } of corners) sum += (share * (data[pixel * channels + c] as number)) / count
        }
        result[bin * channels + c] = sum
      }
    })
    return [tf.tensor(result, [...shape, channels])]
  },
  /** Regions are places: nothing flows back to them, as in torchvision. */
  gradient({ dy, inputs: [x, regions, pictures], attributes, wants }) {
    if (!wants(0)) return [null, null, null]
    const { channels, ...maps } = mapsOf((x as tf.Tensor).shape)
    const flowing = (dy[0] as tf.Tensor).dataSync()
    const data = (x as tf.Tensor).dataSync()
    const result = new Float32Array(data.length)
    const isMax = flagOf(attributes, 'max')
    const read = [(regions as tf.Tensor).dataSync(), (pictures as tf.Tensor).dataSync()] as const
    eachBin(...read, maps, attributes, (bin, samples, count) => {
      for (let c = 0; c < channels; c++) {
        const slope = flowing[bin * channels + c] as number
        const add = ({ pixel, share }: Corner, by: number) => {
          result[pixel * channels + c] = (result[pixel * channels + c] as number) + slope * share * by
        }
        const most = isMax ? mostOf(samples, data, channels, c) : undefined
        if (most) add(most, 1)
        else if (!isMax) for (const corners of samples) for (const corner of corners) add(corner, 1 / count)
      }
    })
    return [tf.tensor(result, (x as tf.Tensor).shape), null, null]
  },
})

type Box = readonly [number, number, number, number]

/** Top, left, bottom and right, whichever corners the box is given by. */
function boxAt(boxes: ArrayLike<number>, i: number, centred: boolean): Box {
  const [a, b, c, d] = [0, 1, 2, 3].map((k) => boxes[4 * i + k]) as [number, number, number, number]
  if (centred) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2]
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]
}

const areaOf = ([top, left, bottom, right]: Box) => (bottom - top) * (right - left)

/** Intersection over union above a threshold. */
function overlap(a: Box, b: Box, threshold: number): boolean {
  const height = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const width = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (height <= 0 || width <= 0 || areaOf(a) <= 0 || areaOf(b) <= 0) return false
  const shared = height * width
  return shared / (areaOf(a) + areaOf(b) - shared) > threshold
}

/** Boxes [N, M, 4] and scores [N, classes, M]: [chosen, 3] of picture, class and box, best first within a class. */
registerOperation({
  op: 'NonMaxSuppression',
  run([boxes, scores], attributes) {
    const [pictures, classes, count] = (scores as tf.Tensor).shape as [number, number, number]
    const [places, values] = [(boxes as tf.Tensor).dataSync(), (scores as tf.Tensor).dataSync()]
    const most = numberOf(attributes, 'most')
    const threshold = numberOf(attributes, 'overlap')
    const least = numberOf(attributes, 'least_score')
    const centred = flagOf(attributes, 'centred')
    const chosen: number[] = []
    for (let n = 0; n < pictures; n++) {
      for (let k = 0; k < classes; k++) {
        const score = (i: number) => values[(n * classes + k) * count + i] as number
        const candidates = Array.from({ length: count }, (_, i) => i).filter((i) => score(i) > least)
        candidates.sort((i, j) => score(j) - score(i) || i - j)
        const kept: Box[] = []
        for (const i of candidates) {
          if (kept.length >= most) break
          const box = boxAt(places, n * count + i, centred)
          if (kept.some((other) => overlap(other, box, threshold))) continue
          kept.push(box)
          chosen.push(n, k, i)
        }
      }
    }
    return [tf.tensor(Int32Array.from(chosen), [chosen.length / 3, 3], 'int32')]
  },
  gradient: () => [null, null],
})
