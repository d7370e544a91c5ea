/** Constant tensors as a graph holds them: a data type, dimensions and a row-major typed array. */
import { EspalierError } from '../../contract/errors'

export type DataType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'

/** Storage of each data type; the 16-bit floats are kept as their raw bits, booleans as 0 and 1. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<DataType, unknown>

export type TensorArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array

export interface TensorData {
  readonly dtype: DataType
  readonly dims: readonly number[]
  /** Row-major, as long as the product of `dims`. */
  readonly data: TensorArray
}

export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1)

export const bytesPerElement = (dtype: DataType): number => arrayTypes[dtype].BYTES_PER_ELEMENT

/** Checks that the array fits the type and the dimensions. @throws MODEL_INVALID */
export function tensor(dtype: DataType, dims: readonly number[], data: TensorArray): TensorData {
  if (!(data instanceof arrayTypes[dtype]) || data.length !== sizeOf(dims)) {
    throw new EspalierError(
      'MODEL_INVALID',
      `A ${dtype} tensor of shape [${dims.join(', ')}] needs ${sizeOf(dims)} elements, but ${data.length} are there.`,
    )
  }
  return { dtype, dims, data }
}

export const float32 = (dims: readonly number[], values: ArrayLike<number>): TensorData =>
  tensor('float32', dims, values instanceof Float32Array ? values : Float32Array.from(values))

export const int64 = (dims: readonly number[], values: readonly number[]): TensorData =>
  tensor(
    'int64',
    dims,
    BigInt64Array.from(values, (value) => BigInt(value)),
  )

/** One half-precision number from its bits (IEEE 754 binary16). */
export function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const singleView = new DataView(new ArrayBuffer(4))

/** The bits of the nearest half-precision number, ties to even (IEEE 754 binary16); beyond its range infinity. */
export function numberToHalf(value: number): number {
  singleView.setFloat32(0, value)
  const bits = singleView.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  // Halfway between the largest number and the next power of two, which rounds up.
  if (magnitude >= 65520) return sign | 0x7c00
  const exponent = Math.max((bits >>> 23) & 255, 113) - 127
  // In units of the last place; a mantissa that rounds up to the next power carries into the exponent.
  const units = magnitude / 2 ** (exponent - 10)
  const floor = Math.floor(units)
  const rest = units - floor
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
  // The leading one of a normal number stands for one step of the exponent.
  return sign | (((exponent + 14) << 10) + rounded)
}

const bfloatView = new DataView(new ArrayBuffer(4))
const bfloatToNumber = (bits: number): number => {
  bfloatView.setUint32(0, bits << 16)
  return bfloatView.getFloat32(0)
}

/** Any tensor's elements as float32; a float32 tensor's own array, not a copy. */
export function toFloat32(source: TensorData): Float32Array {
  const { dtype, data } = source
  if (data instanceof Float32Array) return data
  if (dtype === 'float16') return Float32Array.from(data as Uint16Array, halfToNumber)
  if (dtype === 'bfloat16') return Float32Array.from(data as Uint16Array, bfloatToNumber)
  const result = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) result[i] = Number(data[i])
  return result
}

/** Any tensor's elements as numbers; meant for the small integer tensors of shape arithmetic. */
export function toNumbers(source: TensorData): number[] {
  if (source.dtype === 'float16' || source.dtype === 'bfloat16') return Array.from(toFloat32(source))
  return Array.from(source.data as ArrayLike<number | bigint>, Number)
}

type Indices = ArrayLike<number>

/** Elements are moved as bit patterns, so that one loop serves every type of a width. */
const moved = (data: TensorArray): Int32Array => {
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT: width } = data
  if (width === 4) return new Int32Array(buffer, byteOffset, length)
  return data as unknown as Int32Array
}

/** Shorter runs of elements are copied one by one: a bulk copy costs about as much as this many. */
const bulk = 96

/** Keeps the given indices along one axis. */
export const takeAlong = (source: TensorData, axis: number, indices: Indices): TensorData =>
  takeBlock(source, new Map([[axis, indices]]))

/** Keeps the given indices along several axes at once, in one pass over the result. */
export function takeBlock(source: TensorData, kept: ReadonlyMap<number, Indices>): TensorData {
  const { dims, dtype } = source
  const axes = [...kept.keys()].sort((a, b) => a - b)
  const last = axes.at(-1)
  if (last === undefined) return source
  const result = dims.map((dim, axis) => kept.get(axis)?.length ?? dim)
  const data = new arrayTypes[dtype](sizeOf(result))
  // Where the slices begin that share everything in front of the last of these axes.
  let starts: number[] = [0]
  let stride = source.data.length
  for (let axis = 0; axis < last; axis++) {
    const extent = dims[axis] as number
    stride /= extent
    const indices = kept.get(axis)
    const count = indices?.length ?? extent
    const next: number[] = []
    for (const start of starts) {
      for (let i = 0; i < count; i++) next.push(start + (indices ? (indices[i] as number) : i) * stride)
    }
    starts = next
  }
  copyRuns(moved(source.data), moved(data), starts, kept.get(last) as Indices, sizeOf(dims.slice(last + 1)))
  return { dtype, dims: result, data }
}

/** Copies slices of `inner` elements at `indices` behind every start; neighbours go together. */
function copyRuns(from: Int32Array, to: Int32Array, starts: readonly number[], indices: Indices, inner: number): void {
  if (inner === 1) copyPoints(from, to, starts, Int32Array.from(indices))
  else copyBlocks(from, to, starts, indices, inner)
}

/** Single elements: a look at each place costs less than the bookkeeping of runs. */
function copyPoints(from: Int32Array, to: Int32Array, starts: readonly number[], places: Int32Array): void {
  const { length } = places
  for (let s = 0, at = 0; s < starts.length; s++, at += length) {
    const start = starts[s] as number
    for (let k = 0; k < length; k++) to[at + k] = from[start + (places[k] as number)] as number
  }
}

function copyBlocks(
  from: Int32Array,
  to: Int32Array,
  starts: readonly number[],
  indices: Indices,
  inner: number,
): void {
  const runs: number[] = []
  for (let i = 0; i < indices.length; ) {
    let end = i + 1
    while (end < indices.length && indices[end] === (indices[end - 1] as number) + 1) end++
    runs.push((indices[i] as number) * inner, (end - i) * inner)
    i = end
  }
  const offsets = Int32Array.from(runs)
  let at = 0
  for (let s = 0; s < starts.length; s++) {
    const start = starts[s] as number
    for (let r = 0; r < offsets.length; r += 2) {
      const begin = start + (offsets[r] as number)
      const length = offsets[r + 1] as number
      if (length < bulk) for (let k = 0; k < length; k++) to[at + k] = from[begin + k] as number
      else to.set(from.subarray(begin, begin + length), at)
      at += length
    }
  }
}
