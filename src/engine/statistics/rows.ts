/** Row vectors of linear operators on the backend: input patches and outputs at sampled positions. */
import { EspalierError } from '../../contract/errors'
import { concat, gather, reshape, type Tensor, tensor1d, transpose, zeros } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import type { SlidingWindow } from './linear-layer'

/** Extents of a value as [samples, positions, channels]: spatial axes of an image, leading axes of a dense input. */
export interface Extents {
  readonly samples: number
  /** Spatial extents. */
  readonly spatial: readonly number[]
  readonly channels: number
}

/** @param channelAxis 1 for convolutions (ONNX order), -1 for dense operators. */
export function extentsOf(value: LiveValue, channelAxis: 1 | -1): Extents {
  const { shape } = value.tensor
  const samples = shape[0] as number
  const last = value.layout === 'nhwc' || channelAxis === -1 || shape.length === 2
  return last
    ? { samples, spatial: shape.slice(1, -1), channels: shape.at(-1) as number }
    : { samples, spatial: shape.slice(2), channels: shape[1] as number }
}

/** The value as [samples, positions, channels]. Runs inside a tidy scope. */
export function asRows(value: LiveValue, channelAxis: 1 | -1): Tensor {
  const { samples, spatial, channels } = extentsOf(value, channelAxis)
  const { shape } = value.tensor
  if (value.layout === 'nhwc' && channelAxis === -1 && shape.length > 2) {
    throw new EspalierError('INTERNAL', 'A dense operator reads a value that is held channels-last.')
  }
  const positions = spatial.reduce((a, b) => a * b, 1)
  const last = value.layout === 'nhwc' || channelAxis === -1 || shape.length === 2
  const ordered = last ? value.tensor : transpose(value.tensor, [0, ...spatial.map((_, i) => i + 2), 1])
  return reshape(ordered, [samples, positions, channels])
}

/** Which input a tap of an output position reads along an axis; below 0 where there is none. */
function placeOf(window: SlidingWindow, axis: number, at: number, tap: number): number {
  const [stride, pad] = [window.strides[axis] as number, window.pads[axis] as number]
  const offset = tap * (window.dilations[axis] as number)
  if (!window.transposed) return at * stride + offset - pad
  // An input writes to stride x itself + offset - pad.
  const reached = at + pad - offset
  return reached % stride === 0 ? reached / stride : -1
}

/** Where each tap of each output position lies in the flattened input; `outside` for padding and what no input reaches. */
export function patchIndices(
  window: SlidingWindow,
  input: readonly number[],
  output: readonly number[],
  positions: Int32Array,
  outside: number,
): { indices: Int32Array; padded: boolean } {
  const rank = input.length
  const taps = window.kernel.reduce((a, b) => a * b, 1)
  const indices = new Int32Array(positions.length * taps)
  let padded = false
  const at = new Int32Array(rank)
  const tap = new Int32Array(rank)
  for (let p = 0; p < positions.length; p++) {
    unravel(positions[p] as number, output, at)
    for (let t = 0; t < taps; t++) {
      unravel(t, window.kernel, tap)
      let flat = 0
      for (let axis = 0; axis < rank && flat >= 0; axis++) {
        const place = placeOf(window, axis, at[axis] as number, tap[axis] as number)
        const extent = input[axis] as number
        flat = place < 0 || place >= extent ? -1 : flat * extent + place
      }
      if (flat < 0) padded = true
      indices[p * taps + t] = flat < 0 ? outside : flat
    }
  }
  return { indices, padded }
}

/** Coordinates of a row-major place. */
export function unravel(flat: number, extents: readonly number[], into: Int32Array): void {
  let rest = flat
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const extent = extents[axis] as number
    into[axis] = rest % extent
    rest = Math.floor(rest / extent)
  }
}

/**
 * Input rows at output positions: [samples x positions, taps x channels], *tap by tap* (the order in which values are
 * held; see `channelMajor`). Runs inside a tidy scope.
 * @param output spatial extents of the operator's output.
 */
export function patchRows(
  value: LiveValue,
  window: SlidingWindow | null,
  output: readonly number[],
  positions: Int32Array,
): Tensor {
  const channelAxis = window ? 1 : -1
  const { samples, spatial, channels } = extentsOf(value, channelAxis)
  const rows = asRows(value, channelAxis)
  const total = spatial.reduce((a, b) => a * b, 1)
  if (!window) return reshape(atPositions(rows, positions, total), [samples * positions.length, channels])
  const taps = window.kernel.reduce((a, b) => a * b, 1)
  const { indices, padded } = patchIndices(window, spatial, output, positions, total)
  const source = padded ? concat([rows, zeros([samples, 1, channels])], 1) : rows
  return reshape(gather(source, tensor1d(indices, 'int32'), 1), [samples * positions.length, taps * channels])
}

/** Output rows at positions: [samples x positions, channels]. Runs inside a tidy scope. */
export function outputRows(value: LiveValue, channelAxis: 1 | -1, positions: Int32Array): Tensor {
  const { samples, spatial, channels } = extentsOf(value, channelAxis)
  const total = spatial.reduce((a, b) => a * b, 1)
  return reshape(atPositions(asRows(value, channelAxis), positions, total), [samples * positions.length, channels])
}

const atPositions = (rows: Tensor, positions: Int32Array, total: number): Tensor =>
  positions.length === total && positions.every((position, i) => position === i)
    ? rows
    : gather(rows, tensor1d(positions, 'int32'), 1)

/** From tap-by-tap order to the weight's: entry c x taps + t of the result is the index of that column in a row. */
export function channelMajor(channels: number, taps: number): Int32Array {
  const order = new Int32Array(channels * taps)
  for (let c = 0; c < channels; c++) for (let t = 0; t < taps; t++) order[c * taps + t] = t * channels + c
  return order
}

/** Channels and taps of an order that {@link channelMajor} gave. */
function extentsOfOrder(order: Int32Array): readonly [channels: number, taps: number] {
  const channels = order.length > 1 && order[1] !== 1 ? (order[1] as number) : order.length
  return [channels, order.length / channels]
}

/** Columns of a weight, [n, channels x taps], as rows are held: tap by tap. Runs inside a tidy scope. */
export function tapByTap(matrix: Tensor, order: Int32Array): Tensor {
  const [channels, taps] = extentsOfOrder(order)
  if (taps === 1) return matrix
  const n = matrix.shape[0] as number
  return reshape(transpose(reshape(matrix, [n, channels, taps]), [0, 2, 1]), [n, channels * taps])
}

/** The inverse of {@link tapByTap}. Runs inside a tidy scope. */
export function channelByChannel(matrix: Tensor, order: Int32Array): Tensor {
  const [channels, taps] = extentsOfOrder(order)
  if (taps === 1) return matrix
  const n = matrix.shape[0] as number
  return reshape(transpose(reshape(matrix, [n, taps, channels]), [0, 2, 1]), [n, channels * taps])
}
