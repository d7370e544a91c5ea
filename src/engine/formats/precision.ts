/** Which weights of a network are stored with fewer bits than it computes with, and the numbers they become. */
import { EspalierError } from '../../contract/errors'
import type { precisions } from '../../contract/run'
import { numberToHalf, sizeOf, type TensorData } from '../graph/tensor'

export type Precision = (typeof precisions)[number]

/** Below this a tensor's bytes do not count, and what it holds (biases, norms) is worth its bits. */
const fewest = 64

/** Largest finite number of IEEE 754 binary16. */
const largestHalf = 65504

/** Kernels, matrices and tables: at least two axes that are longer than one. */
export const isLarge = ({ dtype, dims }: TensorData): boolean =>
  dtype === 'float32' && dims.filter((extent) => extent > 1).length > 1 && sizeOf(dims) >= fewest

/** As bits of binary16, each rounded to the nearest; undefined where a number lies beyond its range. */
export function asHalf(values: Float32Array): Uint16Array | undefined {
  for (const value of values) if (!(Math.abs(value) <= largestHalf)) return undefined
  return Uint16Array.from(values, numberToHalf)
}

/** @throws NOT_BUILT_YET for a format that holds weights in float32 only */
export function requirePrecision(format: string, precision: Precision): void {
  if (format !== 'keras' || precision === 'fp32') return
  throw new EspalierError(
    'NOT_BUILT_YET',
    `--precision ${precision} is not built yet for Keras files, whose layers Espalier writes in float32 only. Use --precision fp32, or export to onnx or tfjs.`,
  )
}
