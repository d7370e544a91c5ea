/** Operators on constants that read or write by index, as exporters use them for masks and position tables. */
import { type GraphNode, numberAttribute, stringAttribute } from '../../../../graph/graph'
import { stridesOf } from '../../../../graph/strided'
import { arrayTypes, sizeOf, type TensorArray, type TensorData, toNumbers } from '../../../../graph/tensor'
import { evaluationLimit, fromNumbers, numbersOf, roundHalfEven, unfit } from './numbers'

const wrapped = (node: GraphNode, index: number, extent: number): number => {
  const at = index < 0 ? index + extent : index
  return Number.isInteger(at) && at >= 0 && at < extent ? at : unfit(node.op, `index ${index} is beyond ${extent}`)
}

/** Row offsets that GatherND and ScatterND address: the last axis of `indices` holds leading coordinates of `dims`. */
function rowOffsets(node: GraphNode, dims: readonly number[], indices: TensorData): { rows: number[]; inner: number } {
  const depth = indices.dims.at(-1) ?? 0
  if (depth > dims.length) return unfit(node.op, `it addresses ${depth} of ${dims.length} axes`)
  const strides = stridesOf(dims)
  const values = toNumbers(indices)
  const rows: number[] = []
  for (let i = 0; i < values.length; i += depth) {
    let offset = 0
    for (let k = 0; k < depth; k++) {
      offset += wrapped(node, values[i + k] as number, dims[k] as number) * (strides[k] as number)
    }
    rows.push(offset)
  }
  return { rows, inner: sizeOf(dims.slice(depth)) }
}

function gatherND(node: GraphNode, x: TensorData, indices: TensorData): TensorData | undefined {
  if (numberAttribute(node, 'batch_dims', 0) !== 0) return undefined
  const { rows, inner } = rowOffsets(node, x.dims, indices)
  const data = new arrayTypes[x.dtype](rows.length * inner) as Float32Array
  const from = x.data as Float32Array
  rows.forEach((offset, r) => {
    data.set(from.subarray(offset, offset + inner), r * inner)
  })
  return { dtype: x.dtype, dims: [...indices.dims.slice(0, -1), ...x.dims.slice(indices.dims.at(-1))], data }
}

function scatterND(node: GraphNode, x: TensorData, indices: TensorData, updates: TensorData): TensorData | undefined {
  if (stringAttribute(node, 'reduction', 'none') !== 'none') return undefined
  const { rows, inner } = rowOffsets(node, x.dims, indices)
  if (updates.data.length !== rows.length * inner) return unfit(node.op, 'its updates do not fit its indices')
  const data = x.data.slice() as Float32Array
  const from = updates.data as Float32Array
  rows.forEach((offset, r) => {
    data.set(from.subarray(r * inner, (r + 1) * inner), offset)
  })
  return { dtype: x.dtype, dims: x.dims, data }
}

/** Offsets into `dims` for every element of `indices`, whose value replaces the coordinate along one axis. */
function elementOffsets(node: GraphNode, dims: readonly number[], indices: TensorData): number[] {
  const given = numberAttribute(node, 'axis', 0)
  const axis = given < 0 ? given + dims.length : given
  const strides = stridesOf(dims)
  const own = stridesOf(indices.dims)
  return toNumbers(indices).map((value, i) => {
    let offset = wrapped(node, value, dims[axis] as number) * (strides[axis] as number)
    for (let k = 0; k < dims.length; k++) {
      if (k !== axis)
        offset += (Math.floor(i / (own[k] as number)) % (indices.dims[k] as number)) * (strides[k] as number)
    }
    return offset
  })
}

function gatherElements(node: GraphNode, x: TensorData, indices: TensorData): TensorData {
  const data = new arrayTypes[x.dtype](indices.data.length) as TensorArray
  elementOffsets(node, x.dims, indices).forEach((offset, i) => {
    data[i] = x.data[offset] as number
  })
  return { dtype: x.dtype, dims: indices.dims, data }
}

function scatterElements(node: GraphNode, x: TensorData, indices: TensorData, updates: TensorData) {
  if (stringAttribute(node, 'reduction', 'none') !== 'none') return undefined
  const data = x.data.slice() as TensorArray
  elementOffsets(node, x.dims, indices).forEach((offset, i) => {
    data[offset] = updates.data[i] as number
  })
  return { dtype: x.dtype, dims: x.dims, data }
}

/** Keeps the upper or lower triangle of the last two axes. */
function trilu(node: GraphNode, x: TensorData, diagonal: number): TensorData {
  const upper = numberAttribute(node, 'upper', 1) === 1
  const [rows, columns] = x.dims.slice(-2) as [number, number]
  const data = x.data.slice() as Float32Array
  const zero = (x.data instanceof BigInt64Array || x.data instanceof BigUint64Array ? 0n : 0) as number
  for (let i = 0; i < data.length; i++) {
    const column = i % columns
    const row = Math.floor(i / columns) % rows
    if (upper ? column < row + diagonal : column > row + diagonal) data[i] = zero
  }
  return { dtype: x.dtype, dims: x.dims, data }
}

/** Two values along a new axis: the second one at each index, the first one elsewhere. */
function oneHot(node: GraphNode, indices: TensorData, depth: number, values: TensorData): TensorData | undefined {
  const given = numberAttribute(node, 'axis', -1)
  const axis = given < 0 ? given + indices.dims.length + 1 : given
  const dims = [...indices.dims.slice(0, axis), depth, ...indices.dims.slice(axis)]
  if (!(Number.isInteger(depth) && depth > 0 && sizeOf(dims) <= evaluationLimit)) return undefined
  const [off, on] = [0, 1].map((i) => Number(values.data[i])) as [number, number]
  const inner = sizeOf(indices.dims.slice(axis))
  const data = new Float64Array(sizeOf(dims)).fill(off)
  toNumbers(indices).forEach((index, i) => {
    const at = index < 0 ? index + depth : index
    // An index beyond the depth marks nothing.
    if (at >= 0 && at < depth) data[(Math.floor(i / inner) * depth + at) * inner + (i % inner)] = on
  })
  return fromNumbers(values.dtype, dims, data)
}

function cumSum(node: GraphNode, x: TensorData, given: number): TensorData | undefined {
  if (numberAttribute(node, 'exclusive', 0) === 1 || numberAttribute(node, 'reverse', 0) === 1) return undefined
  const axis = given < 0 ? given + x.dims.length : given
  const stride = sizeOf(x.dims.slice(axis + 1))
  const extent = x.dims[axis] as number
  const values = Float64Array.from(numbersOf(x))
  for (let i = 0; i < values.length; i++) {
    if (Math.floor(i / stride) % extent > 0) values[i] = (values[i] as number) + (values[i - stride] as number)
  }
  return fromNumbers(x.dtype, x.dims, values)
}

/** Real numbers in steps of a scale, as the integers that count them. */
function quantize(node: GraphNode, x: TensorData, scale: TensorData, zero: TensorData | undefined) {
  const dtype = zero?.dtype ?? 'uint8'
  const [low, high] = ({ uint8: [0, 255], int8: [-128, 127] } as Record<string, [number, number]>)[dtype] ?? []
  if (low === undefined || high === undefined || numberAttribute(node, 'block_size', 0) !== 0) return undefined
  const given = numberAttribute(node, 'axis', 1)
  const axis = given < 0 ? given + x.dims.length : given
  const single = scale.data.length === 1
  if (!single && scale.data.length !== x.dims[axis]) return unfit(node.op, 'its scales do not fit its axis')
  const inner = single ? x.data.length : sizeOf(x.dims.slice(axis + 1))
  const [from, scales, zeros] = [numbersOf(x), numbersOf(scale), zero && numbersOf(zero)]
  const values = Float64Array.from({ length: from.length }, (_, i) => {
    const at = Math.floor(i / inner) % scale.data.length
    const step = roundHalfEven((from[i] as number) / (scales[at] as number)) + (zeros?.[at] ?? 0)
    return Math.min(high, Math.max(low, step))
  })
  return fromNumbers(dtype, x.dims, values)
}

/** A stored integer weight as the real numbers it stands for: (x - zero point) * scale, for a tensor or an axis. */
function dequantize(
  node: GraphNode,
  x: TensorData,
  scale: TensorData,
  zero: TensorData | undefined,
): TensorData | undefined {
  if (numberAttribute(node, 'block_size', 0) !== 0 || !/float/.test(scale.dtype)) return undefined
  const given = numberAttribute(node, 'axis', 1)
  const axis = given < 0 ? given + x.dims.length : given
  const single = scale.data.length === 1
  if (!single && scale.data.length !== x.dims[axis]) return unfit(node.op, 'its scales do not fit its axis')
  const inner = single ? x.data.length : sizeOf(x.dims.slice(axis + 1))
  const from = numbersOf(x)
  const scales = numbersOf(scale)
  const zeros = zero && numbersOf(zero)
  const values = new Float32Array(from.length)
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / inner) % scale.data.length
    values[i] = ((from[i] as number) - (zeros ? (zeros[at] as number) : 0)) * (scales[at] as number)
  }
  return scale.dtype === 'float32'
    ? { dtype: 'float32', dims: x.dims, data: values }
    : fromNumbers(scale.dtype, x.dims, values)
}

/** @returns undefined for an operator that is not of this kind, or one whose options are not computed ahead */
export function evaluateIndexed(
  node: GraphNode,
  inputs: readonly (TensorData | undefined)[],
): readonly (TensorData | undefined)[] | undefined {
  const [x, second, third] = inputs
  if (!x || x.data.length > evaluationLimit) return undefined
  const one = (result: TensorData | undefined) => (result ? [result] : undefined)
  switch (node.op) {
    case 'GatherND':
      return second && one(gatherND(node, x, second))
    case 'ScatterND':
      return second && third && one(scatterND(node, x, second, third))
    case 'GatherElements':
      return second && one(gatherElements(node, x, second))
    case 'ScatterElements':
      return second && third && one(scatterElements(node, x, second, third))
    case 'Trilu':
      return x.dims.length < 2 ? undefined : one(trilu(node, x, second ? (toNumbers(second)[0] as number) : 0))
    case 'OneHot':
      return second && third && one(oneHot(node, x, toNumbers(second)[0] as number, third))
    case 'CumSum':
      return second && one(cumSum(node, x, toNumbers(second)[0] as number))
    case 'QuantizeLinear':
      return second && one(quantize(node, x, second, third))
    case 'DequantizeLinear':
      return second && one(dequantize(node, x, second, third))
    default:
      return undefined
  }
}
