/** Channels first and channels last: the permutations between them, on shapes and on host arrays. */
import { arrayTypes, type TensorArray, type TensorData } from '../graph/tensor'

/** [N, C, *spatial] -> [N, *spatial, C] */
export const toChannelsLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]

/** [N, *spatial, C] -> [N, C, *spatial] */
export const toChannelsFirst = (rank: number): number[] => [
  0,
  rank - 1,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 1),
]

export const inverseOf = (permutation: readonly number[]): number[] => {
  const result = new Array<number>(permutation.length)
  permutation.forEach((axis, i) => {
    result[axis] = i
  })
  return result
}

/** Numbers that stay in the cache while they are turned; of more, so much of the last axis at a time. */
const IN_CACHE = 2 ** 17
const BLOCK = 32

/** A host tensor with its axes permuted. */
export function permuted(source: TensorData, permutation: readonly number[]): TensorData {
  const { dims, dtype } = source
  const rank = dims.length
  const strides = new Array<number>(rank).fill(1)
  for (let i = rank - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (dims[i + 1] as number)
  const outDims = permutation.map((axis) => dims[axis] as number)
  const outStrides = permutation.map((axis) => strides[axis] as number)
  const data = new arrayTypes[dtype](source.data.length) as Float32Array
  const from = source.data as Float32Array
  const width = outDims.at(-1) ?? 1
  const step = outStrides.at(-1) ?? 1
  const block = data.length < IN_CACHE ? width : BLOCK
  // The last axis in a loop of its own: weights are turned for every program that is built.
  for (let first = 0; first < width; first += block) {
    const last = Math.min(width, first + block)
    const index = new Array<number>(rank).fill(0)
    let offset = 0
    for (let at = 0; at < data.length; at += width) {
      for (let k = first, place = offset + first * step; k < last; k++, place += step) {
        data[at + k] = from[place] as number
      }
      for (let axis = rank - 2; axis >= 0; axis--) {
        index[axis] = (index[axis] as number) + 1
        offset += outStrides[axis] as number
        if ((index[axis] as number) < (outDims[axis] as number)) break
        offset -= (outStrides[axis] as number) * (outDims[axis] as number)
        index[axis] = 0
      }
    }
  }
  return { dtype, dims: outDims, data: data as TensorArray }
}
