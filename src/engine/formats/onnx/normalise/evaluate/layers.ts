/** Layers whose operands are all constant: weights that are standardised, merged or projected each time the network runs. */
import { type GraphNode, numberAttribute } from '../../../../graph/graph'
import { gatherStrided } from '../../../../graph/strided'
import { sizeOf, type TensorData } from '../../../../graph/tensor'
import { dataTypeOf } from '../../data-types'
import { broadcastDims, broadcastStrides, fromNumbers, numbersOf, unfit } from './numbers'

/** Multiplications beyond this are not done ahead. */
const mostMultiplications = 2 ** 28

/** A channel on axis 1; the statistics are given, as for a network in use. */
function batchNormalization(node: GraphNode, inputs: readonly (TensorData | undefined)[]): TensorData | undefined {
  const [x, ...parameters] = inputs
  if (!x || parameters.length !== 4 || node.outputs.slice(1).some((name) => name !== '')) return undefined
  const channels = x.dims[1] ?? 1
  const [scale, bias, mean, variance] = parameters.map((parameter) =>
    parameter?.data.length === channels
      ? numbersOf(parameter)
      : unfit(node.op, `its parameters do not have ${channels} channels`),
  ) as [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>, ArrayLike<number>]
  const epsilon = numberAttribute(node, 'epsilon', 1e-5)
  const values = Float64Array.from(numbersOf(x))
  const run = sizeOf(x.dims.slice(2))
  for (let at = 0, c = 0; at < values.length; at += run, c = (c + 1) % channels) {
    const by = (scale[c] as number) / Math.sqrt((variance[c] as number) + epsilon)
    const shift = (bias[c] as number) - (mean[c] as number) * by
    for (let i = at; i < at + run; i++) values[i] = (values[i] as number) * by + shift
  }
  return fromNumbers(x.dtype, x.dims, values)
}

/** A vector counts as a row from the left and as a column from the right; the result lacks that axis. */
function matMul(node: GraphNode, left: TensorData, right: TensorData): TensorData | undefined {
  if (left.dims.length === 0 || right.dims.length === 0) return unfit(node.op, 'a number is no matrix')
  const a = left.dims.length > 1 ? left : { ...left, dims: [1, ...left.dims] }
  const b = right.dims.length > 1 ? right : { ...right, dims: [...right.dims, 1] }
  const product = multiply(node, a, b)
  if (!product) return undefined
  const dims = [
    ...product.dims.slice(0, -2),
    ...(a === left ? product.dims.slice(-2, -1) : []),
    ...(b === right ? product.dims.slice(-1) : []),
  ]
  return { ...product, dims }
}

function multiply(node: GraphNode, a: TensorData, b: TensorData): TensorData | undefined {
  const [rows, inner] = a.dims.slice(-2) as [number, number]
  const [same, columns] = b.dims.slice(-2) as [number, number]
  const stack = broadcastDims([a.dims.slice(0, -2), b.dims.slice(0, -2)])
  if (inner !== same || !stack) return unfit(node.op, `[${a.dims.join(', ')}] and [${b.dims.join(', ')}] do not fit`)
  const count = sizeOf(stack)
  if (count * rows * inner * columns > mostMultiplications) return undefined
  const spread = (x: TensorData, tail: readonly number[]) => {
    const dims = [...stack, ...tail]
    return numbersOf(sizeOf(dims) === x.data.length ? x : gatherStrided(x, dims, broadcastStrides(x.dims, dims)))
  }
  const [left, right] = [spread(a, [rows, inner]), spread(b, [inner, columns])]
  const result = new Float64Array(count * rows * columns)
  for (let row = 0; row < count * rows; row++) {
    const from = Math.floor(row / rows) * inner * columns
    for (let k = 0; k < inner; k++) {
      const factor = left[row * inner + k] as number
      const at = from + k * columns
      for (let c = 0; c < columns; c++) {
        result[row * columns + c] = (result[row * columns + c] as number) + factor * (right[at + c] as number)
      }
    }
  }
  return fromNumbers(a.dtype, [...stack, rows, columns], result)
}

/** alpha A B + beta C, each matrix turned round where the attributes say so. */
function gemm(node: GraphNode, a: TensorData, b: TensorData, c: TensorData | undefined): TensorData | undefined {
  const turned = (x: TensorData, name: string) =>
    numberAttribute(node, name, 0) === 1 && x.dims.length === 2
      ? gatherStrided(x, [x.dims[1] as number, x.dims[0] as number], [1, x.dims[1] as number])
      : x
  const product = multiply(node, turned(a, 'transA'), turned(b, 'transB'))
  if (!product) return undefined
  const values = Float64Array.from(numbersOf(product))
  const [alpha, beta] = [numberAttribute(node, 'alpha', 1), numberAttribute(node, 'beta', 1)]
  const added = c && numbersOf(gatherStrided(c, product.dims, broadcastStrides(c.dims, product.dims)))
  for (let i = 0; i < values.length; i++) {
    values[i] = alpha * (values[i] as number) + (added ? beta * (added[i] as number) : 0)
  }
  return fromNumbers(a.dtype, product.dims, values)
}

/** Ones on a diagonal of a matrix as large as the operand. */
function eyeLike(node: GraphNode, x: TensorData): TensorData | undefined {
  const [rows, columns] = x.dims
  if (rows === undefined || columns === undefined || x.dims.length !== 2) return undefined
  const given = numberAttribute(node, 'dtype', 0)
  const diagonal = numberAttribute(node, 'k', 0)
  const values = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const column = row + diagonal
    if (column >= 0 && column < columns) values[row * columns + column] = 1
  }
  return fromNumbers(given ? dataTypeOf(given, `The result of EyeLike "${node.name}"`) : x.dtype, x.dims, values)
}

/** @returns undefined for an operator that is no such layer, or one that is too much to compute ahead */
export function evaluateLayer(node: GraphNode, inputs: readonly (TensorData | undefined)[]): TensorData | undefined {
  const [a, b] = inputs
  if (node.op === 'BatchNormalization') return batchNormalization(node, inputs)
  if (node.op === 'MatMul' && a && b) return matMul(node, a, b)
  if (node.op === 'Gemm' && a && b) return gemm(node, a, b, inputs[2])
  return node.op === 'EyeLike' && a ? eyeLike(node, a) : undefined
}
