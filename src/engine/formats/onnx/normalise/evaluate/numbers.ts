/** Tensors as plain numbers and back: what the constant evaluator computes in. */
import { EspalierError } from '../../../../../contract/errors'
import { stridesOf } from '../../../../graph/strided'
import { arrayTypes, type DataType, type TensorData, toFloat32 } from '../../../../graph/tensor'

/** What the evaluator would need above this many elements is not computed ahead; the node then stays in the network. */
export const evaluationLimit = 2 ** 26

const scratch = new DataView(new ArrayBuffer(4))

/** The bits of a float32 rounded to bfloat16 (to nearest, ties to even). */
function bfloatBits(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  if (Number.isNaN(value)) return 0x7fc0
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

/** The bits of a number rounded to IEEE 754 binary16 (to nearest, ties to even). */
export function halfBits(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = Math.abs(Math.fround(value))
  if (Number.isNaN(value)) return sign | 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24)
  const exponent = ((bits >>> 23) & 255) - 127
  const rounded = roundHalfEven((magnitude / 2 ** exponent) * 1024)
  // A fraction that rounds up to 2048 carries into the exponent, as the bits add up.
  return sign | (((exponent + 15) << 10) + (rounded - 1024))
}

export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest < 0.5 || (rest === 0.5 && floor % 2 === 0)) return floor
  return floor + 1
}

const int64Of = (value: number): bigint => {
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  if (value <= -(2 ** 63)) return -(2n ** 63n)
  return BigInt(Math.trunc(Number.isNaN(value) ? 0 : value))
}

/** Numbers in the storage of a data type; floats are rounded, integers truncated, int64 held at the ends of its range. */
export function fromNumbers(dtype: DataType, dims: readonly number[], values: ArrayLike<number>): TensorData {
  const { length } = values
  const data = new arrayTypes[dtype](length)
  const fill = (convert: (value: number) => number | bigint) => {
    for (let i = 0; i < length; i++) data[i] = convert(values[i] as number)
  }
  if (dtype === 'float16') fill(halfBits)
  else if (dtype === 'bfloat16') fill(bfloatBits)
  else if (dtype === 'int64' || dtype === 'uint64') fill(int64Of)
  else if (dtype === 'bool') fill((value) => (value === 0 ? 0 : 1))
  else fill((value) => value)
  return { dtype, dims, data }
}

export function broadcastDims(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length))
  const result: number[] = []
  for (let axis = 0; axis < rank; axis++) {
    let dim = 1
    for (const shape of shapes) {
      const other = shape[axis - rank + shape.length] ?? 1
      if (other === 1 || other === dim) continue
      if (dim !== 1) return undefined
      dim = other
    }
    result.push(dim)
  }
  return result
}

/** Strides that read `dims` as if broadcast to `target`. */
export function broadcastStrides(dims: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(dims)
  const by = target.length - dims.length
  return target.map((_, axis) => (axis < by || dims[axis - by] === 1 ? 0 : (own[axis - by] as number)))
}

export function numbersOf(source: TensorData): ArrayLike<number> {
  const { data, dtype } = source
  if (dtype === 'float16' || dtype === 'bfloat16') return toFloat32(source)
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data
  const result = new Float64Array(data.length)
  for (let i = 0; i < data.length; i++) result[i] = Number(data[i])
  return result
}

/** A refusal that names the node by its operator: constants that do not fit together. */
export const unfit = (op: string, detail: string): never => {
  throw new EspalierError(
    'MODEL_INVALID',
    `A constant computation (${op}) in the network does not work out: ${detail}. The file is damaged or was written by a faulty exporter.`,
  )
}
