/** A small reference evaluator for nodes whose inputs are all constant: shape arithmetic and the preparation of weights. */
import { type GraphNode, numberAttribute, numbersAttribute } from '../../../../graph/graph'
import { gatherStrided, stridesOf } from '../../../../graph/strided'
import { float32, int64, sizeOf, type TensorData, toNumbers } from '../../../../graph/tensor'
import { clip, elementwiseDims, evaluateElementwise } from './elementwise'
import { evaluateIndexed } from './indexed'
import { evaluateLayer } from './layers'
import { evaluateMovement } from './movement'
import { evaluationLimit, fromNumbers, numbersOf } from './numbers'

/** The value of a Constant node, in whichever of its attributes it lies. */
function constantValue(node: GraphNode): TensorData | undefined {
  for (const [name, attribute] of node.attributes) {
    if (name === 'value' && attribute.kind === 'tensor') return attribute.value
    if (name === 'value_float' && attribute.kind === 'float') return float32([], [attribute.value])
    if (name === 'value_int' && attribute.kind === 'int') return fromNumbers('int64', [], [attribute.value])
    if (name === 'value_floats' && attribute.kind === 'floats')
      return float32([attribute.value.length], attribute.value)
    if (name === 'value_ints' && attribute.kind === 'ints') {
      return fromNumbers('int64', [attribute.value.length], attribute.value)
    }
  }
  return undefined
}

function constantOfShape(node: GraphNode, dims: readonly number[]): TensorData | undefined {
  const given = node.attributes.get('value')
  const filling = given?.kind === 'tensor' ? given.value : float32([1], [0])
  if (!dims.every((dim) => Number.isInteger(dim) && dim >= 0) || sizeOf(dims) > evaluationLimit) return undefined
  const value = numbersOf(filling)[0] ?? 0
  return fromNumbers(filling.dtype, dims, new Float64Array(sizeOf(dims)).fill(value))
}

function range(inputs: readonly (TensorData | undefined)[]): TensorData | undefined {
  const [start, limit, delta] = inputs.map((input) => input && numbersOf(input)[0])
  if (start === undefined || limit === undefined || delta === undefined || delta === 0) return undefined
  const count = Math.max(0, Math.ceil((limit - start) / delta))
  if (!(count <= evaluationLimit)) return undefined
  const values = Float64Array.from({ length: count }, (_, i) => start + i * delta)
  return fromNumbers((inputs[0] as TensorData).dtype, [count], values)
}

function shape(node: GraphNode, x: TensorData): TensorData {
  const rank = x.dims.length
  const at = (value: number) => Math.min(Math.max(value < 0 ? value + rank : value, 0), rank)
  const dims = x.dims.slice(at(numberAttribute(node, 'start', 0)), at(numberAttribute(node, 'end', rank)))
  return int64([dims.length], dims)
}

const reductions: Readonly<Record<string, (values: Float64Array) => number>> = {
  ReduceProd: (values) => values.reduce((a, b) => a * b, 1),
  ReduceSum: (values) => values.reduce((a, b) => a + b, 0),
  ReduceMax: (values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ReduceMin: (values) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  ReduceMean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  ReduceL1: (values) => values.reduce((a, b) => a + Math.abs(b), 0),
  ReduceL2: (values) => Math.sqrt(values.reduce((a, b) => a + b * b, 0)),
  ReduceSumSquare: (values) => values.reduce((a, b) => a + b * b, 0),
}

function reduce(node: GraphNode, x: TensorData, given: TensorData | undefined): TensorData | undefined {
  const rule = reductions[node.op]
  const rank = x.dims.length
  const named = (given ? toNumbers(given) : numbersAttribute(node, 'axes', undefined))?.map((a) =>
    a < 0 ? a + rank : a,
  )
  if (!rule || x.data.length > evaluationLimit) return undefined
  if (named?.length === 0 && numberAttribute(node, 'noop_with_empty_axes', 0) === 1) return x
  const gone = x.dims.map((_, i) => !named || named.length === 0 || named.includes(i))
  const keep = numberAttribute(node, 'keepdims', 1) === 1
  const dims = x.dims.flatMap((dim, i) => (gone[i] ? (keep ? [1] : []) : [dim]))
  // The reduced axes are moved to the end, so that each result is taken from a run of elements.
  const strides = stridesOf(x.dims)
  const order = [...x.dims.keys()].sort((a, b) => Number(gone[a]) - Number(gone[b]))
  const sorted = gatherStrided(
    x,
    order.map((i) => x.dims[i] as number),
    order.map((i) => strides[i] as number),
  )
  const values = Float64Array.from(numbersOf(sorted))
  const run = sizeOf(x.dims.filter((_, i) => gone[i]))
  const results = Float64Array.from({ length: sizeOf(dims) }, (_, i) => rule(values.subarray(i * run, (i + 1) * run)))
  return fromNumbers(x.dtype, dims, results)
}

/**
 * Computes a node from constants.
 * @param inputs one an input; undefined where an optional input is left out
 * @returns one tensor an output, or undefined where the operator is not among those that are computed ahead, or the
 * result would be larger than 2^26 elements
 * @throws MODEL_INVALID where constants do not fit together
 */
export function evaluate(
  node: GraphNode,
  inputs: readonly (TensorData | undefined)[],
): readonly (TensorData | undefined)[] | undefined {
  if (node.domain !== '') return undefined
  if (node.op === 'Constant') return wrap(constantValue(node))
  if (node.op === 'Range') return wrap(range(inputs))
  const [x] = inputs
  if (!x) return undefined
  if (node.op === 'ConstantOfShape') return wrap(constantOfShape(node, toNumbers(x)))
  if (node.op === 'Shape') return [shape(node, x)]
  if (node.op === 'Size') return [int64([], [x.data.length])]
  if (node.op in reductions) return wrap(reduce(node, x, inputs[1]))
  if (node.op === 'Clip') return x.data.length > evaluationLimit ? undefined : [clip(x, inputs[1], inputs[2])]
  const given = inputs.filter((input) => input !== undefined)
  const dims = elementwiseDims(node, given)
  if (dims) return sizeOf(dims) > evaluationLimit ? undefined : wrap(evaluateElementwise(node, given))
  const layer = x.data.length > evaluationLimit ? undefined : evaluateLayer(node, inputs)
  return layer ? [layer] : (evaluateMovement(node, inputs) ?? evaluateIndexed(node, inputs))
}

const wrap = (result: TensorData | undefined) => (result ? [result] : undefined)
