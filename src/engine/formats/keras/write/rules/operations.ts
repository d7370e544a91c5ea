/**
 * What no layer computes, as operations of keras.ops, which a functional network of Keras 3 holds between its layers:
 * comparisons, powers and roots, choices, reductions over any axis, changes of type, and tables beside values.
 */
import { EspalierError } from '../../../../../contract/errors'
import { type Dim, type GraphNode, numberAttribute, numbersAttribute, stringAttribute } from '../../../../graph/graph'
import type { TensorData } from '../../../../graph/tensor'
import type { KerasNetwork, Written } from '../network'
import { finite, outputShape, type Rule } from './shared'

/** Where Keras keeps the class of an operation. */
const home = {
  numpy: 'keras.src.ops.numpy',
  math: 'keras.src.ops.math',
  core: 'keras.src.ops.core',
  nn: 'keras.src.ops.nn',
} as const

type Operand = Written | number | TensorData

const isValue = (operand: Operand): operand is Written => typeof operand === 'object' && 'layer' in operand

/** Numbers in lists of lists, as the file holds a table in a call. */
function nested(dims: readonly number[], values: readonly number[]): unknown {
  const [first = 0, ...rest] = dims
  if (rest.length === 0) return [...values]
  const size = values.length / first
  return Array.from({ length: first }, (_, i) => nested(rest, values.slice(i * size, (i + 1) * size)))
}

const tableJson = (table: TensorData) => ({
  class_name: '__numpy__',
  config: { value: nested(table.dims, finite(table)), dtype: /float/.test(table.dtype) ? 'float32' : 'int32' },
})

const dtypes: Readonly<Record<string, Written['dtype']>> = { bool: 'bool', int32: 'int32', int64: 'int32' }

const kindOf = (network: KerasNetwork, node: GraphNode): Written['dtype'] =>
  dtypes[network.graph.info(node.outputs[0] ?? '')?.dtype ?? ''] ?? 'float32'

/** Computed values, single numbers, and tables, whose axes are those of the graph. */
function operandsOf(network: KerasNetwork, node: GraphNode): Operand[] {
  return node.inputs.map((input, i): Operand => {
    if (network.has(input)) return network.value(node, i)
    const constant = network.constant(node, i)
    if (constant.dtype === 'bool') return network.refuse(node, 'it reads stored truth values')
    return constant.data.length === 1 ? Number(finite(constant)[0]) : constant
  })
}

interface Call {
  readonly kind: string
  readonly module?: keyof typeof home
  readonly operands: readonly Operand[]
  readonly config?: Readonly<Record<string, unknown>>
}

function call(
  network: KerasNetwork,
  node: GraphNode,
  { kind, module = 'numpy', operands, config = {} }: Call,
  shape: readonly Dim[] = outputShape(network, node),
): Written {
  const values = operands.filter(isValue)
  if (values.length === 0) return network.refuse(node, 'it reads no computed value')
  const args = operands.map((each) => (isValue(each) || typeof each === 'number' ? each : tableJson(each)))
  const last = values.every((value) => value.last)
  const operation = { kind, module: home[module], args }
  return network.operation(operation, node.name, values, config, shape, last, kindOf(network, node))
}

/** All operands with their axes as in the graph, but for values that lie alike beside single numbers. */
function alike(network: KerasNetwork, operands: readonly Operand[], rank: number): Operand[] {
  const stay = operands.every(
    (each) => typeof each === 'number' || (isValue(each) && each.last && each.shape.length === rank),
  )
  return operands.map((each) => (isValue(each) && !stay ? network.plain(each) : each))
}

const elementwise =
  (kind: string, module: keyof typeof home = 'numpy'): Rule =>
  (network, node) => {
    const given = operandsOf(network, node)
    const operands = alike(network, given, outputShape(network, node).length)
    return call(network, node, { kind, module, operands })
  }

/** Two by two, the first with the second and so on. */
const ofTwo =
  (kind: string): Rule =>
  (network, node) =>
    node.inputs.length === 2
      ? elementwise(kind)(network, node)
      : network.refuse(node, 'Keras takes two values at a time')

const cast: Rule = (network, node) => {
  const x = network.value(node, 0)
  return call(network, node, { kind: 'Cast', module: 'core', operands: [x], config: { dtype: kindOf(network, node) } })
}

/** An axis counted from the front. */
const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** The same, which must not be that of the samples. */
function innerAxis(network: KerasNetwork, node: GraphNode, given: number, rank: number): number {
  const axis = fromFront(given, rank)
  return axis === 0 ? network.refuse(node, 'it compares samples') : axis
}

const keepsDims = (node: GraphNode): boolean => numberAttribute(node, 'keepdims', 1) === 1

/** Axes are an attribute, or a stored input of the reductions that opset 13 knows; none stand for all. */
function axesOf(network: KerasNetwork, node: GraphNode, rank: number): number[] {
  const stored = node.inputs[1] ? finite(network.constant(node, 1)) : undefined
  const given = stored ?? numbersAttribute(node, 'axes', undefined) ?? Array.from({ length: rank }, (_, i) => i)
  const axes = given.map((axis) => fromFront(axis, rank))
  return axes.includes(0) ? network.refuse(node, 'it reduces the batch') : axes
}

const reduction =
  (kind: string): Rule =>
  (network, node) => {
    const x = network.plain(network.value(node, 0))
    const config = { axis: axesOf(network, node, x.shape.length), keepdims: keepsDims(node) }
    return call(network, node, { kind, operands: [x], config })
  }

/** The root of the sum of squares. */
const length: Rule = (network, node) => {
  const x = network.plain(network.value(node, 0))
  const squares = call(network, node, { kind: 'Square', operands: [x] }, x.shape)
  const config = { axis: axesOf(network, node, x.shape.length), keepdims: keepsDims(node) }
  return call(network, node, {
    kind: 'Sqrt',
    operands: [call(network, node, { kind: 'Sum', operands: [squares], config })],
  })
}

const place =
  (kind: string): Rule =>
  (network, node) => {
    const x = network.plain(network.value(node, 0))
    const axis = innerAxis(network, node, numberAttribute(node, 'axis', 0), x.shape.length)
    const config = { axis, keepdims: keepsDims(node) }
    return call(network, node, { kind, operands: [x], config })
  }

const cumulated: Rule = (network, node) => {
  const x = network.plain(network.value(node, 0))
  if (['exclusive', 'reverse'].some((name) => numberAttribute(node, name, 0) === 1))
    return network.refuse(node, 'it counts from the end, or without itself')
  const axis = innerAxis(network, node, Number(finite(network.constant(node, 1))[0]), x.shape.length)
  return call(network, node, { kind: 'Cumsum', operands: [x], config: { axis, dtype: null } })
}

const oneHot: Rule = (network, node) => {
  const x = network.value(node, 0)
  const [depth, low, high] = [1, 2].flatMap((i) => finite(network.constant(node, i)))
  const axis = numberAttribute(node, 'axis', -1)
  if (low !== 0 || high !== 1 || (axis !== -1 && axis !== x.shape.length))
    return network.refuse(node, 'it writes other numbers than 0 and 1, or not along the last axis')
  const config = { num_classes: depth, axis: -1, dtype: kindOf(network, node), sparse: false }
  return call(network, node, { kind: 'OneHot', module: 'nn', operands: [x], config })
}

const clip: Rule = (network, node) => {
  const x = network.value(node, 0)
  const [low, high] = [1, 2].map((i) => (node.inputs[i] ? Number(finite(network.constant(node, i))[0]) : undefined))
  if (low !== undefined && high !== undefined)
    return call(network, node, { kind: 'Clip', operands: [x], config: { x_min: low, x_max: high } })
  const bound = low ?? high ?? network.refuse(node, 'it has no bounds')
  return call(network, node, { kind: low === undefined ? 'Minimum' : 'Maximum', operands: [x, bound] })
}

const matMul: Rule = (network, node) => {
  const operands = operandsOf(network, node).map((each) => (isValue(each) ? network.plain(each) : each))
  return call(network, node, { kind: 'Matmul', operands })
}

/** Any order of axes, that of the samples too. */
const transpose: Rule = (network, node) => {
  const x = network.plain(network.value(node, 0))
  const rank = x.shape.length
  const axes = numbersAttribute(node, 'perm', undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
  return call(network, node, { kind: 'Transpose', operands: [x], config: { axes } })
}

/** A target for extents of which one at most is open. */
function target(network: KerasNetwork, node: GraphNode, shape: readonly Dim[]): number[] {
  if (shape.filter((dim) => typeof dim === 'string').length > 1)
    return network.refuse(node, 'several of its extents are open')
  return shape.map((dim) => (typeof dim === 'string' ? -1 : dim))
}

/** What is folded into the samples, or taken out of them. */
const reshape: Rule = (network, node) => {
  const x = network.plain(network.value(node, 0))
  const newshape = target(network, node, outputShape(network, node))
  return call(network, node, { kind: 'Reshape', operands: [x], config: { newshape } })
}

/** Blocks between channels and pixels: taken apart, put in order, and joined. */
const blocks =
  (toSpace: boolean): Rule =>
  (network, node) => {
    const x = network.plain(network.value(node, 0))
    const size = numberAttribute(node, 'blocksize', 1)
    const [batch = 'batch', channels = 0, rows = 0, columns = 0] = x.shape
    if ([channels, rows, columns].some((dim) => typeof dim !== 'number'))
      return network.refuse(node, 'several of its extents are open')
    const [c, h, w] = [Number(channels), Number(rows), Number(columns)]
    const inRows = stringAttribute(node, 'mode', 'DCR') === 'CRD'
    const [apart, axes] = !toSpace
      ? [
          [c, h / size, size, w / size, size],
          [0, 3, 5, 1, 2, 4],
        ]
      : inRows
        ? [
            [c / size ** 2, size, size, h, w],
            [0, 1, 4, 2, 5, 3],
          ]
        : [
            [size, size, c / size ** 2, h, w],
            [0, 3, 4, 1, 5, 2],
          ]
    const shape: Dim[] = [batch, ...apart]
    const cut = call(network, node, { kind: 'Reshape', operands: [x], config: { newshape: [-1, ...apart] } }, shape)
    const order = axes.map((axis) => shape[axis] as Dim)
    const turned = call(network, node, { kind: 'Transpose', operands: [cut], config: { axes } }, order)
    const newshape = target(network, node, outputShape(network, node))
    return call(network, node, { kind: 'Reshape', operands: [turned], config: { newshape } })
  }

export const operationRules: Readonly<Record<string, Rule>> = {
  Add: ofTwo('Add'),
  Sub: ofTwo('Subtract'),
  Mul: ofTwo('Multiply'),
  Div: ofTwo('Divide'),
  Pow: ofTwo('Power'),
  Max: ofTwo('Maximum'),
  Min: ofTwo('Minimum'),
  Equal: ofTwo('Equal'),
  Greater: ofTwo('Greater'),
  GreaterOrEqual: ofTwo('GreaterEqual'),
  Less: ofTwo('Less'),
  LessOrEqual: ofTwo('LessEqual'),
  And: ofTwo('LogicalAnd'),
  Or: ofTwo('LogicalOr'),
  Not: elementwise('LogicalNot'),
  Where: elementwise('Where'),
  Abs: elementwise('Absolute'),
  Neg: elementwise('Negative'),
  Sqrt: elementwise('Sqrt'),
  Exp: elementwise('Exp'),
  Log: elementwise('Log'),
  Sin: elementwise('Sin'),
  Cos: elementwise('Cos'),
  Floor: elementwise('Floor'),
  Ceil: elementwise('Ceil'),
  Sign: elementwise('Sign'),
  Reciprocal: elementwise('Reciprocal'),
  Erf: elementwise('Erf', 'math'),
  Cast: cast,
  Clip: clip,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  DepthToSpace: blocks(true),
  SpaceToDepth: blocks(false),
  CumSum: cumulated,
  OneHot: oneHot,
  MatMul: matMul,
  ReduceMean: reduction('Mean'),
  ReduceSum: reduction('Sum'),
  ReduceMax: reduction('Max'),
  ReduceMin: reduction('Min'),
  ReduceProd: reduction('Prod'),
  ReduceL2: length,
  ArgMax: place('Argmax'),
  ArgMin: place('Argmin'),
}

/** The first rule's layer; where it knows none, the second's operation, and the first's refusal where that fails too. */
export function layerOrOperation(network: KerasNetwork, node: GraphNode, layer: Rule | undefined): Written | undefined {
  const operation = node.domain === '' ? operationRules[node.op] : undefined
  if (!layer || !operation) return (layer ?? operation)?.(network, node)
  const before = network.mark()
  const refused = attempt(() => layer(network, node))
  if (!(refused instanceof EspalierError)) return refused
  network.backTo(before)
  const second = attempt(() => operation(network, node))
  if (second instanceof EspalierError) throw refused
  return second
}

function attempt(write: () => Written): Written | EspalierError {
  try {
    return write()
  } catch (error) {
    if (error instanceof EspalierError && error.code === 'EXPORT_FAILED') return error
    throw error
  }
}
