/** Weights as a TF.js manifest holds them: float32, float16, or uint8 by `value * scale + min`. */
import type { TensorData } from '../../graph/tensor'
import { asHalf, isLarge, type Precision } from '../precision'

/** Bytes of one weight, and what its entry in the manifest says beside name, shape and type. */
export interface StoredWeight {
  readonly bytes: Uint8Array
  readonly spec: { readonly quantization?: Quantisation }
}

interface Quantisation {
  readonly dtype: 'float16' | 'uint8'
  readonly scale?: number
  readonly min?: number
  readonly original_dtype: 'float32'
}

const steps = 255

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/**
 * The range of a tensor in 255 equal steps, moved so that zero stays exactly zero: pruned and padded weights must not
 * become small numbers. Min and scale as TensorFlow.js' converter defines them.
 */
function affine(values: Float32Array): StoredWeight {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  // One value only: every stored number is 0 and stands for it.
  const scale = high > low ? (high - low) / steps : 1
  const min = low <= 0 && high >= 0 && high > low ? -Math.round(-low / scale) * scale : low
  const bytes = Uint8Array.from(values, (value) => Math.min(steps, Math.max(0, Math.round((value - min) / scale))))
  return { bytes, spec: { quantization: { dtype: 'uint8', scale, min, original_dtype: 'float32' } } }
}

/** Only large float tensors are stored with fewer bits; what float16 cannot hold stays float32. */
export function storedWeight(weight: TensorData, precision: Precision): StoredWeight {
  if (weight.dtype !== 'float32') return { bytes: bytesOf(Int32Array.from(weight.data as Int32Array)), spec: {} }
  const values = weight.data as Float32Array
  if (precision === 'int8' && isLarge(weight)) return affine(values)
  const half = precision === 'fp16' && isLarge(weight) ? asHalf(values) : undefined
  if (!half) return { bytes: bytesOf(values), spec: {} }
  return { bytes: bytesOf(half), spec: { quantization: { dtype: 'float16', original_dtype: 'float32' } } }
}
