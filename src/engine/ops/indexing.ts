/** Operators that order, pick or write positions by index: what they pick along stays, other axes pass. */
import { type Dim, numberAttribute, type Shape } from '../graph/graph'
import { type CouplingContext, type InferContext, type Inferred, type Labels, registerOp } from './definition'
import { lowerCumSum, lowerGatherElements, lowerScatterElements, lowerScatterND, lowerTrilu } from './lower/indexing'
import { lowerExtremum, lowerHardmax, lowerOneHot, lowerTopK } from './lower/ordering'
import { normaliseAxis } from './shapes'
import { inferSame } from './unary'

const axisOf = (context: { readonly node: InferContext['node'] }, rank: number, fallback: number): number => {
  const given = numberAttribute(context.node, 'axis', fallback)
  return given < 0 ? given + rank : given
}

/** Passes the units of input 0 that lie along other axes than these, moved where axes vanish; fixes the rest. */
function passOthers(context: CouplingContext, axes: readonly number[], gone: readonly number[] = []): Labels[] {
  const labels = context.labels(0)
  const held = labels.filter((entry) => entry.axes.some((axis) => axes.includes(axis)))
  context.fix(held, 'held.ordered')
  const moved = (axis: number) => axis - gone.filter((other) => other < axis).length
  return labels.filter((entry) => !held.includes(entry)).map((e) => ({ ...e, axes: e.axes.map(moved) }))
}

function inferArgument(context: InferContext): Inferred[] {
  const { shape } = context.input(0)
  const axis = normaliseAxis(numberAttribute(context.node, 'axis', 0), shape.length, context)
  const keep = numberAttribute(context.node, 'keepdims', 1) === 1
  return [{ dtype: 'int64', shape: shape.flatMap((dim, i): Dim[] => (i === axis ? (keep ? [1] : []) : [dim])) }]
}

for (const op of ['ArgMax', 'ArgMin']) {
  registerOp({
    op,
    since: 13,
    infer: inferArgument,
    lower: lowerExtremum,
    couple(context) {
      const axis = axisOf(context, context.shape(0).length, 0)
      const keep = numberAttribute(context.node, 'keepdims', 1) === 1
      context.set(0, passOthers(context, [axis], keep ? [] : [axis]))
    },
  })
}

registerOp({
  op: 'TopK',
  lower: lowerTopK,
  since: 11,
  infer(context) {
    const { dtype, shape } = context.input(0)
    const axis = normaliseAxis(numberAttribute(context.node, 'axis', -1), shape.length, context)
    const [count] = context.elements(1) ?? context.await('its number of values is not constant')
    const result = shape.map((dim, i) => (i === axis ? (count as Dim) : dim))
    return [
      { dtype, shape: result },
      { dtype: 'int64', shape: result },
    ]
  },
  couple(context) {
    const others = passOthers(context, [axisOf(context, context.shape(0).length, -1)])
    context.set(0, others)
    context.set(1, others)
  },
})

registerOp({
  op: 'CumSum',
  lower: lowerCumSum,
  since: 14,
  infer: inferSame,
  couple(context) {
    const rank = context.shape(0).length
    const axis = context.constant(1)
    const given = axis ? Number(axis.data[0]) : undefined
    const all = Array.from({ length: rank }, (_, i) => i)
    context.set(0, passOthers(context, given === undefined ? all : [given < 0 ? given + rank : given]))
  },
})

/** Sequences turned round, each as far as it goes. */
registerOp({
  op: 'ReverseSequence',
  since: 10,
  infer: inferSame,
  couple(context) {
    const axes = ['time_axis', 'batch_axis'].map((name, i) => numberAttribute(context.node, name, i))
    context.set(0, passOthers(context, axes))
  },
})

registerOp({
  op: 'Trilu',
  lower: lowerTrilu,
  since: 14,
  infer: inferSame,
  couple(context) {
    const rank = context.shape(0).length
    context.set(0, passOthers(context, [rank - 2, rank - 1]))
  },
})

registerOp({
  op: 'Hardmax',
  lower: lowerHardmax,
  since: 13,
  infer: inferSame,
  couple: (context) => context.set(0, passOthers(context, [axisOf(context, context.shape(0).length, -1)])),
})

const every = (shape: Shape): number[] => shape.map((_, i) => i)

registerOp({
  op: 'GatherElements',
  lower: lowerGatherElements,
  since: 13,
  infer: (context) => [{ dtype: context.input(0).dtype, shape: context.shape(1) }],
  /** Beside the axis along which it picks, each position of the indices stands for the same position of the values. */
  couple(context) {
    const axis = axisOf(context, context.shape(0).length, 0)
    const indices = [...context.operand(1)]
    const result = indices.filter((entry) => entry.axes.length === 1 && entry.axes[0] === axis)
    const beside = indices.filter((entry) => !result.includes(entry))
    for (const entry of passOthers(context, [axis])) {
      const at = beside.findIndex((other) => sameAxes(other, entry))
      const [other] = at < 0 ? [] : beside.splice(at, 1)
      if (other) {
        context.union(entry.ids, other.ids)
        result.push(entry)
      } else context.fix([entry], 'held.picked')
    }
    context.fix(beside, 'held.indices')
    context.set(0, result)
  },
})

const sameAxes = (a: Labels, b: Labels): boolean => a.axes.join() === b.axes.join() && a.dims.join() === b.dims.join()

registerOp({
  op: 'ScatterElements',
  lower: lowerScatterElements,
  since: 13,
  infer: inferSame,
  couple(context) {
    passOthers(context, every(context.shape(0)))
    context.fix(context.labels(2), 'held.written')
    context.set(0, [])
  },
})

/** Rows written into a value: axes behind those that the indices address are shared by both. */
registerOp({
  op: 'ScatterND',
  lower: lowerScatterND,
  since: 13,
  infer: inferSame,
  couple(context) {
    const indices = context.shape(1)
    const depth = indices.at(-1) as number
    const by = indices.length - 1 - depth
    const result: Labels[] = []
    const updates = [...context.operand(2)]
    for (const entry of context.operand(0)) {
      const at = updates.findIndex((other) => other.axes.join() === entry.axes.map((axis) => axis + by).join())
      const other = updates[at]
      if (entry.axes.some((axis) => axis < depth) || !other) {
        context.fix([entry], 'held.written-into')
        continue
      }
      updates.splice(at, 1)
      context.union(entry.ids, other.ids)
      result.push(entry)
    }
    context.fix(updates, 'held.written')
    context.set(0, result)
  },
})

registerOp({
  op: 'OneHot',
  lower: lowerOneHot,
  since: 11,
  infer(context) {
    const { shape } = context.input(0)
    const depth = context.elements(1)?.[0] ?? context.await('its depth is not constant')
    const axis = axisOf(context, shape.length + 1, -1)
    return [{ dtype: context.input(2).dtype, shape: [...shape.slice(0, axis), depth, ...shape.slice(axis)] }]
  },
  couple(context) {
    passOthers(context, every(context.shape(0)))
    context.set(0, [])
  },
})
