/** Elementwise operators on constants, with broadcasting. */
import { type GraphNode, numberAttribute } from '../../../../graph/graph'
import { gatherStrided } from '../../../../graph/strided'
import { arrayTypes, sizeOf, type TensorData } from '../../../../graph/tensor'
import { dataTypeOf } from '../../data-types'
import { broadcastDims, broadcastStrides, fromNumbers, numbersOf, roundHalfEven, unfit } from './numbers'

const isFloat = (source: TensorData) => /float/.test(source.dtype)

type Binary = (a: number, b: number) => number

/** Integer division truncates, as in C and as ONNX Runtime does. */
const divide =
  (float: boolean): Binary =>
  (a, b) =>
    float ? a / b : b === 0 ? unfit('Div', 'it divides an integer by zero') : Math.trunc(a / b)

const modulo =
  (fmod: boolean): Binary =>
  (a, b) =>
    fmod ? a % b : b === 0 ? unfit('Mod', 'it divides an integer by zero') : a - Math.floor(a / b) * b

const arithmetic: Readonly<Record<string, (node: GraphNode, float: boolean) => Binary>> = {
  Add: () => (a, b) => a + b,
  Sub: () => (a, b) => a - b,
  Mul: () => (a, b) => a * b,
  Div: (_, float) => divide(float),
  Mod: (node) => modulo(numberAttribute(node, 'fmod', 0) === 1),
  Pow: () => (a, b) => a ** b,
  Min: () => (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.min(a, b)),
  Max: () => (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b)),
}

const comparisons: Readonly<Record<string, Binary>> = {
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
  Xor: (a, b) => Number((a !== 0) !== (b !== 0)),
}

const unary: Readonly<Record<string, (value: number) => number>> = {
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Neg: (value) => -value,
  Abs: Math.abs,
  Reciprocal: (value) => 1 / value,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: roundHalfEven,
  Sign: Math.sign,
  Not: (value) => Number(value === 0),
  Sin: Math.sin,
  Cos: Math.cos,
  Tanh: Math.tanh,
  Relu: (value) => Math.max(value, 0),
  Sigmoid: (value) => 1 / (1 + Math.exp(-value)),
}

/** Numbers of an operand and how far apart they lie: 0 for a single one that all positions share. */
function spread(source: TensorData, dims: readonly number[]): { values: ArrayLike<number>; step: 0 | 1 } {
  if (source.data.length === 1) return { values: numbersOf(source), step: 0 }
  const same = sizeOf(source.dims) === sizeOf(dims)
  return {
    values: numbersOf(same ? source : gatherStrided(source, dims, broadcastStrides(source.dims, dims))),
    step: 1,
  }
}

const commonDims = (node: GraphNode, operands: readonly TensorData[]): number[] =>
  broadcastDims(operands.map((operand) => operand.dims)) ??
  unfit(node.op, `its operands [${operands.map((operand) => operand.dims.join(', ')).join('] and [')}] do not fit`)

function combine(
  node: GraphNode,
  operands: readonly TensorData[],
  rule: Binary,
): { dims: number[]; values: Float64Array } {
  const dims = commonDims(node, operands)
  const result = new Float64Array(sizeOf(dims))
  const first = spread(operands[0] as TensorData, dims)
  for (let i = 0; i < result.length; i++) result[i] = first.values[i * first.step] as number
  for (const operand of operands.slice(1)) {
    const { values, step } = spread(operand, dims)
    for (let i = 0; i < result.length; i++) result[i] = rule(result[i] as number, values[i * step] as number)
  }
  return { dims, values: result }
}

/** The result's dimensions, before anything is computed; undefined for an operator that is not elementwise. */
export function elementwiseDims(node: GraphNode, inputs: readonly TensorData[]): readonly number[] | undefined {
  if (node.op in arithmetic || node.op in comparisons || node.op === 'Where') return commonDims(node, inputs)
  if (node.op in unary || node.op === 'Cast' || node.op === 'CastLike') return inputs[0]?.dims
  return undefined
}

/** @returns undefined for an operator that is not elementwise */
export function evaluateElementwise(node: GraphNode, inputs: readonly TensorData[]): TensorData | undefined {
  const [x] = inputs
  if (!x) return undefined
  const binary = arithmetic[node.op]
  if (binary) {
    const { dims, values } = combine(node, inputs, binary(node, isFloat(x)))
    return fromNumbers(x.dtype, dims, values)
  }
  const comparison = comparisons[node.op]
  if (comparison) {
    const { dims, values } = combine(node, inputs, comparison)
    return fromNumbers('bool', dims, values)
  }
  const single = unary[node.op]
  if (single) return fromNumbers(x.dtype, x.dims, Float64Array.from(numbersOf(x)).map(single))
  if (node.op === 'Cast') {
    return cast(x, dataTypeOf(numberAttribute(node, 'to', 0), `The result of Cast "${node.name}"`))
  }
  if (node.op === 'CastLike' && inputs[1]) return cast(x, inputs[1].dtype)
  if (node.op === 'Where' && inputs[1] && inputs[2]) return where(node, inputs)
  return undefined
}

/** Limits are optional scalars. */
export function clip(x: TensorData, low: TensorData | undefined, high: TensorData | undefined): TensorData {
  const least = low ? (numbersOf(low)[0] as number) : Number.NEGATIVE_INFINITY
  const most = high ? (numbersOf(high)[0] as number) : Number.POSITIVE_INFINITY
  return fromNumbers(
    x.dtype,
    x.dims,
    Array.from(numbersOf(x), (value) => Math.min(Math.max(value, least), most)),
  )
}

export function cast(source: TensorData, dtype: TensorData['dtype']): TensorData {
  if (source.dtype === dtype) return source
  if (/u?int64/.test(source.dtype) && /u?int64/.test(dtype)) {
    return { dtype, dims: source.dims, data: arrayTypes[dtype as 'int64'].from(source.data as BigInt64Array) }
  }
  return fromNumbers(dtype, source.dims, numbersOf(source))
}

function where(node: GraphNode, inputs: readonly TensorData[]): TensorData {
  const [condition, a, b] = inputs as [TensorData, TensorData, TensorData]
  const dims = commonDims(node, inputs)
  const { values, step } = spread(condition, dims)
  const left = gatherStrided(a, dims, broadcastStrides(a.dims, dims))
  const [right, by] = b.data.length === 1 ? [b, 0] : [gatherStrided(b, dims, broadcastStrides(b.dims, dims)), 1]
  const { length } = left.data
  for (let i = 0; i < length; i++) if (values[i * step] === 0) left.data[i] = right.data[i * by] as number
  return left
}
