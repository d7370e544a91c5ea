/** Copies strided elements: what turns NHWC into NCHW and column-major into row-major. */
import { arrayTypes, sizeOf, type TensorData } from './tensor'

/**
 * Element [i0, i1, ...] of the row-major result, from `to` on, is `source[from + sum of i_k * strides[k]]`.
 * @param dims extents of the result
 */
export function gatherElements(
  source: ArrayLike<number>,
  dims: readonly number[],
  strides: readonly number[],
  from: number,
  result: { [index: number]: number },
  to: number,
): void {
  const rank = dims.length
  if (dims.includes(0)) return
  if (rank === 0) {
    result[to] = source[from] as number
    return
  }
  const inner = dims[rank - 1] as number
  const innerStride = strides[rank - 1] as number
  const position = new Array<number>(rank).fill(0)
  let at = from
  let out = to
  for (;;) {
    for (let i = 0, k = at; i < inner; i++, k += innerStride) result[out++] = source[k] as number
    let axis = rank - 2
    for (; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1
      at += strides[axis] as number
      if (next < (dims[axis] as number)) {
        position[axis] = next
        break
      }
      at -= next * (strides[axis] as number)
      position[axis] = 0
    }
    if (axis < 0) return
  }
}

/**
 * A tensor of `dims` from strided elements of another. Transpose, Slice, Expand and the like are all this with their own
 * strides.
 */
export function gatherStrided(
  source: TensorData,
  dims: readonly number[],
  strides: readonly number[],
  offset = 0,
): TensorData {
  const data = new arrayTypes[source.dtype](sizeOf(dims))
  // 64-bit integers too: elements are copied as they are.
  gatherElements(source.data as never, dims, strides, offset, data as never, 0)
  return { dtype: source.dtype, dims, data }
}

/** Row-major strides. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length)
  let stride = 1
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= dims[i] as number
  }
  return strides
}
