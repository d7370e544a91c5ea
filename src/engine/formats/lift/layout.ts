/** Orders of axes: channels last as TensorFlow writes them, channels first as the graph holds them. */
import { arrayTypes, sizeOf, type TensorData } from '../../graph/tensor'

/** [N, ..., C] to [N, C, ...]. */
export const toFirst = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]

/** [N, C, ...] to [N, ..., C]. */
export const fromFirst = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]

export const reshapeTensor = (source: TensorData, dims: readonly number[]): TensorData => ({ ...source, dims })

/** Axis k of the result is axis `perm[k]` of the source. */
export function permuteTensor(source: TensorData, perm: readonly number[]): TensorData {
  const { dims, dtype } = source
  const result = perm.map((axis) => dims[axis] as number)
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)))
  const steps = perm.map((axis) => strides[axis] as number)
  const data = new arrayTypes[dtype](source.data.length) as Float32Array
  const from = source.data as Float32Array
  const position = new Array<number>(perm.length).fill(0)
  let at = 0
  for (let to = 0; to < data.length; to++) {
    data[to] = from[at] as number
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1
      at += steps[axis] as number
      if (next < (result[axis] as number)) {
        position[axis] = next
        break
      }
      at -= next * (steps[axis] as number)
      position[axis] = 0
    }
  }
  return { dtype, dims: result, data }
}
