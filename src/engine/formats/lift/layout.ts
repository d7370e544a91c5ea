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
  const data = new arrayTypes[dtype](source.data.length)
  if (data instanceof Float32Array) gather(source.data as Float32Array, data, result, steps)
  else gather(source.data as never, data as never, result, steps)
  return { dtype, dims: result, data }
}

/** Row by row: the innermost axis in a loop of its own, since weights have millions of elements. */
function gather(from: Float32Array, to: Float32Array, dims: readonly number[], steps: readonly number[]): void {
  const rank = dims.length
  if (to.length === 0) return
  if (rank === 0) {
    to[0] = from[0] as number
    return
  }
  const inner = dims[rank - 1] as number
  const step = steps[rank - 1] as number
  const position = new Array<number>(rank).fill(0)
  let at = 0
  for (let out = 0; out < to.length; ) {
    for (let i = 0, k = at; i < inner; i++, k += step) to[out++] = from[k] as number
    for (let axis = rank - 2; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1
      at += steps[axis] as number
      if (next < (dims[axis] as number)) {
        position[axis] = next
        break
      }
      at -= next * (steps[axis] as number)
      position[axis] = 0
    }
  }
}
