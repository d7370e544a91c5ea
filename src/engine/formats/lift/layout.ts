/** Orders of axes: channels last as TensorFlow writes them, channels first as the graph holds them. */
import { gatherStrided, stridesOf } from '../../graph/strided'
import type { TensorData } from '../../graph/tensor'

/** [N, ..., C] to [N, C, ...]. */
export const toFirst = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]

/** [N, C, ...] to [N, ..., C]. */
export const fromFirst = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]

export const reshapeTensor = (source: TensorData, dims: readonly number[]): TensorData => ({ ...source, dims })

/** Axis k of the result is axis `perm[k]` of the source. */
export function permuteTensor(source: TensorData, perm: readonly number[]): TensorData {
  const strides = stridesOf(source.dims)
  const along = (of: readonly number[]) => perm.map((axis) => of[axis] as number)
  return gatherStrided(source, along(source.dims), along(strides))
}
