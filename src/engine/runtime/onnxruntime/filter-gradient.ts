/**
 * The filter's gradient of a convolution: x [N, H, W, C], dy [N, H', W', M] -> [k_h, k_w, C, M]. Without strides every
 * tap is a product of two parts of the same two matrices, read where they lie; else all windows are laid out first.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { HeapBackend } from '../kernels/compose'
import type { Geometry } from '../kernels/geometry'
import { paddingAfter } from './convolution'
import type { SmallGraph, SmallNode } from './encode'
import { productProgram } from './mat-mul'
import { heapValue, type Programs, wholeNumbers } from './programs'

export function filterGradient(
  programs: Programs,
  heap: HeapBackend,
  x: TensorInfo,
  dy: TensorInfo,
  geometry: Geometry,
): TensorInfo {
  const grid = gridOf(geometry)
  return grid ? byShifts(programs, heap, x, dy, geometry, grid) : byWindows(programs, heap, x, dy, geometry)
}

/** Rows and columns of an image with the zeros behind them that serve the next row's, or image's, beginning too. */
interface Grid {
  readonly height: number
  readonly width: number
}

/** Multiplications with zeros that cost as much as laying out the windows. */
const WASTE = 1.35

/** Channels below which reading dy once a tap costs more than laying out the windows. */
const NARROW = 16

/** Null where the windows move by more than a pixel, or shifting would not pay. */
function gridOf(geometry: Geometry): Grid | null {
  const { strides, dilations, filterHeight, filterWidth, top, left } = geometry
  const { inHeight, inWidth, outHeight, outWidth } = geometry
  if (geometry.inChannels < NARROW || strides.some((stride) => stride !== 1)) return null
  const bottom = paddingAfter(inHeight, top, filterHeight, outHeight, 1, dilations[0])
  const right = paddingAfter(inWidth, left, filterWidth, outWidth, 1, dilations[1])
  const height = inHeight + Math.max(top, bottom)
  const width = inWidth + Math.max(left, right)
  const fits = outHeight <= height && outWidth <= width
  return fits && height * width <= WASTE * outHeight * outWidth ? { height, width } : null
}

/** Writes images [N, H, W, C] on a grid of zeros, behind `guard` pixels of them. */
function placed(
  heap: HeapBackend,
  images: TensorInfo,
  grid: Grid,
  guard: number,
): { readonly info: TensorInfo; view(): Float32Array } {
  const [batch, height, width, channels] = images.shape as [number, number, number, number]
  const info = heap.makeOutput([guard + batch * grid.height * grid.width, channels], 'float32')
  const view = () => heap.typedArrayFromHeap(info) as Float32Array
  const [from, to] = [heap.typedArrayFromHeap(images) as Float32Array, view()]
  to.fill(0)
  const row = width * channels
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < height; i++) {
      const start = (n * height + i) * row
      to.set(from.subarray(start, start + row), (guard + (n * grid.height + i) * grid.width) * channels)
    }
  }
  return { info, view }
}

/**
 * With x and dy on one grid, the pixels that a tap sees are those of dy, some rows and columns on: the same number of
 * elements on for every pixel. A column before the first is the zero behind the row before it.
 */
function byShifts(
  programs: Programs,
  heap: HeapBackend,
  x: TensorInfo,
  dy: TensorInfo,
  geometry: Geometry,
  grid: Grid,
): TensorInfo {
  const { batch, filterHeight, filterWidth, dilations, top, left, inChannels, outChannels } = geometry
  const { outHeight, outWidth } = geometry
  const out = heap.makeOutput([filterHeight, filterWidth, inChannels, outChannels], 'float32')
  const guard = top * grid.width + left
  const images = placed(heap, x, grid, guard)
  const flow = placed(heap, dy, grid, 0)
  // Behind the last pixel of dy there are zeros only.
  const pixels = ((batch - 1) * grid.height + outHeight - 1) * grid.width + outWidth
  const [seen, flowing, result] = [images.view(), flow.view(), heap.typedArrayFromHeap(out) as Float32Array]
  const size = inChannels * outChannels
  for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
    const row = Math.floor(tap / filterWidth) * dilations[0] - top
    const column = (tap % filterWidth) * dilations[1] - left
    const first = guard + row * grid.width + column
    productProgram(
      programs,
      { transposeA: true, transposeB: false },
      { data: seen.subarray(first * inChannels, (first + pixels) * inChannels), dims: [pixels, inChannels] },
      { data: flowing.subarray(0, pixels * outChannels), dims: [pixels, outChannels] },
      { data: result.subarray(tap * size, (tap + 1) * size), dims: [inChannels, outChannels] },
    )
  }
  heap.disposeData(images.info.dataId)
  heap.disposeData(flow.info.dataId)
  return out
}

/** One product over all windows, laid out as rows. */
function byWindows(
  programs: Programs,
  heap: HeapBackend,
  x: TensorInfo,
  dy: TensorInfo,
  geometry: Geometry,
): TensorInfo {
  const { filterHeight, filterWidth, strides, dilations, top, left, outHeight, outWidth } = geometry
  const { batch, inHeight, inWidth, inChannels, outChannels } = geometry
  const out = heap.makeOutput([filterHeight, filterWidth, inChannels, outChannels], 'float32')
  const taps = filterHeight * filterWidth
  const bottom = paddingAfter(inHeight, top, filterHeight, outHeight, strides[0], dilations[0])
  const right = paddingAfter(inWidth, left, filterWidth, outWidth, strides[1], dilations[1])
  const padded = top + left + bottom + right > 0
  const rows = batch * outHeight * outWidth
  programs.run(
    `filter gradient ${[filterHeight, filterWidth, strides, dilations, padded]}`,
    () => windowsGraph([filterHeight, filterWidth], strides, dilations, padded),
    {
      x: heapValue(heap, x),
      dy: heapValue(heap, dy, [rows, outChannels]),
      reach: wholeNumbers([(outHeight - 1) * strides[0] + 1, (outWidth - 1) * strides[1] + 1]),
      windows: wholeNumbers([rows, taps * inChannels]),
      ...(padded ? { padding: wholeNumbers([0, top, left, 0, 0, bottom, right, 0]) } : {}),
    },
    { dw: heapValue(heap, out, [taps * inChannels, outChannels]) },
  )
  return out
}

/** One slice a tap, side by side: the windows as rows. */
function windowsGraph(
  [height, width]: readonly [number, number],
  strides: readonly [number, number],
  dilations: readonly [number, number],
  padded: boolean,
): SmallGraph {
  const nodes: SmallNode[] = padded ? [{ op: 'Pad', inputs: ['x', 'padding'], outputs: ['xPadded'] }] : []
  const constants: Record<string, readonly number[]> = { axes: [1, 2], strides }
  const seen: string[] = []
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const tap = `${i}_${j}`
      constants[`start${tap}`] = [i * dilations[0], j * dilations[1]]
      nodes.push({ op: 'Add', inputs: [`start${tap}`, 'reach'], outputs: [`end${tap}`] })
      nodes.push({
        op: 'Slice',
        inputs: [padded ? 'xPadded' : 'x', `start${tap}`, `end${tap}`, 'axes', 'strides'],
        outputs: [`seen${tap}`],
      })
      seen.push(`seen${tap}`)
    }
  }
  nodes.push({ op: 'Concat', inputs: seen, outputs: ['all'], attributes: { axis: 3 } })
  nodes.push({ op: 'Reshape', inputs: ['all', 'windows'], outputs: ['rows'] })
  nodes.push({
    op: 'FusedMatMul',
    domain: 'com.microsoft',
    inputs: ['rows', 'dy'],
    outputs: ['dw'],
    attributes: { transA: 1 },
  })
  return {
    nodes,
    inputs: { x: 'float', dy: 'float', reach: 'int64', windows: 'int64', ...(padded ? { padding: 'int64' } : {}) },
    outputs: { dw: 'float' },
    constants,
  }
}
