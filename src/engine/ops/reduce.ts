/** ReduceMean, ReduceSum, ReduceMax, ReduceMin over constant axes (an attribute in canonical form). */
import { type GraphNode, numberAttribute, numbersAttribute } from '../graph/graph'
import { type CouplingContext, type InferContext, type Inferred, type Labels, registerOp } from './definition'
import { multiplyDims } from './extents'
import { dropAxes } from './labels'
import { lowerReduce } from './lower/reduce'
import { normaliseAxis } from './shapes'

const axesOf = (
  node: GraphNode,
  rank: number,
  context: { fail(sentence: string): never },
  input?: readonly unknown[],
): number[] => {
  const given = (input?.map(Number) ?? numbersAttribute(node, 'axes', undefined)) as readonly number[] | undefined
  return (given ?? Array.from({ length: rank }, (_, i) => i)).map((axis) => normaliseAxis(axis, rank, context))
}

function infer(context: InferContext): Inferred[] {
  const x = context.input(0)
  const axes = axesOf(context.node, x.shape.length, context, context.has(1) ? context.elements(1) : undefined)
  const keep = numberAttribute(context.node, 'keepdims', 1) === 1
  const shape = keep
    ? x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
    : x.shape.filter((_, i) => !axes.includes(i))
  // The number of elements, as exporters work it out.
  const product = context.node.op === 'ReduceProd' && x.shape.length === 1 && x.elements
  return [{ dtype: x.dtype, shape, ...(product ? { elements: [multiplyDims(product)] } : {}) }]
}

/** A reduced unit axis vanishes: the reduction is then over the kept units. Others move up where axes are dropped. */
function couple(context: CouplingContext): void {
  const rank = context.shape(0).length
  const input = context.constant(1)
  const axes = axesOf(
    context.node,
    rank,
    {
      fail: (sentence) => {
        throw new RangeError(sentence)
      },
    },
    input ? Array.from(input.data as ArrayLike<number | bigint>) : undefined,
  )
  const keep = numberAttribute(context.node, 'keepdims', 1) === 1
  const moved = (axis: number) => (keep ? axis : axis - axes.filter((other) => other < axis).length)
  const result: Labels[] = []
  for (const entry of context.operand(0)) {
    const reduced = entry.axes.filter((axis) => axes.includes(axis))
    if (reduced.length === 0) result.push({ ...entry, axes: entry.axes.map(moved) })
    else if (reduced.length < entry.axes.length) {
      // Only whole slices of what remains can go: a head, where its features are summed up.
      const stays = entry.axes.filter((axis) => !axes.includes(axis))
      const merged = dropAxes(context.merge(entry, stays), reduced)
      if (merged) result.push({ ...merged, axes: merged.axes.map(moved) })
    }
  }
  context.set(0, result)
}

for (const op of ['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2', 'ReduceProd'])
  registerOp({ op, infer, couple, mixes: () => true, lower: lowerReduce })
registerOp({ op: 'ReduceSum', since: 13, mixes: () => true, infer, couple, lower: lowerReduce })
for (const op of ['ReduceL1', 'ReduceSumSquare', 'ReduceLogSumExp', 'ReduceLogSum'])
  registerOp({ op, infer, couple, mixes: () => true, lower: lowerReduce })
