/** Operators whose extents are decided by what the network is fed: how many boxes are left, which positions are not zero. */
import { type Dim, numberAttribute, type Shape } from '../graph/graph'
import { type CouplingContext, type InferContext, type Inferred, type Labels, registerOp } from './definition'
import { fedExtent } from './extents'
import { holdWhole } from './labels'
import { lowerNonMaxSuppression, lowerRoiAlign } from './lower/regions'
import { normaliseAxis } from './shapes'

const fed = ({ node }: InferContext, axis: number): Dim => fedExtent(node.outputs[0] || node.name, axis)

registerOp({
  op: 'NonZero',
  since: 13,
  couple: holdWhole,
  infer: (context) => [{ dtype: 'int64', shape: [context.shape(0).length, fed(context, 1)] }],
})

registerOp({
  op: 'NonMaxSuppression',
  since: 11,
  couple: holdWhole,
  lower: lowerNonMaxSuppression,
  infer: (context) => [{ dtype: 'int64', shape: [fed(context, 0), 3] }],
})

/** The axis along which positions are chosen; undefined where all are taken for one row. */
function chosenAxis(context: { readonly node: InferContext['node'] }, rank: number): number | undefined {
  if (!context.node.attributes.has('axis')) return undefined
  const given = numberAttribute(context.node, 'axis', 0)
  return given < 0 ? given + rank : given
}

function chosen(context: InferContext): Inferred {
  const { dtype, shape } = context.input(0)
  const axis = chosenAxis(context, shape.length)
  if (axis === undefined) return { dtype, shape: [fed(context, 0)] }
  const at = normaliseAxis(axis, shape.length, context)
  return { dtype, shape: shape.map((dim, i) => (i === at ? fed(context, i) : dim)) }
}

registerOp({
  op: 'Compress',
  since: 11,
  infer: (context) => [chosen(context)],
  couple(context) {
    const labels = context.labels(0)
    const axis = chosenAxis(context, context.shape(0).length)
    const held = labels.filter((entry) => axis === undefined || entry.axes.includes(axis))
    context.fix(held, 'held.picked')
    context.set(
      0,
      labels.filter((entry) => !held.includes(entry)),
    )
  },
})

registerOp({
  op: 'Unique',
  since: 11,
  couple: holdWhole,
  infer(context) {
    const values = chosen(context)
    const axis = chosenAxis(context, values.shape.length) ?? 0
    const first: Inferred = { dtype: 'int64', shape: [values.shape[axis] as Dim] }
    return [values, first, { dtype: 'int64', shape: [fed(context, axis + 1)] }, first]
  },
})

/** Maps read in regions, every channel by itself. */
function regions(context: InferContext, extents: Shape): Inferred[] {
  const { dtype, shape } = context.input(0)
  if (shape.length !== 4) context.fail(`its maps have rank ${shape.length}`)
  return [{ dtype, shape: [context.shape(1)[0] as Dim, shape[1] as Dim, ...extents] }]
}

function coupleRegions(context: CouplingContext): void {
  const labels = context.labels(0)
  const passes = (entry: Labels) => entry.axes.join() === '1'
  context.fix(
    labels.filter((entry) => !passes(entry)),
    'held.picked',
  )
  for (const i of [1, 2]) if (context.has(i)) context.fix(context.labels(i), 'held.indices')
  context.set(0, labels.filter(passes))
}

registerOp({
  op: 'RoiAlign',
  since: 16,
  couple: coupleRegions,
  lower: lowerRoiAlign,
  infer: (context) =>
    regions(context, [
      numberAttribute(context.node, 'output_height', 1),
      numberAttribute(context.node, 'output_width', 1),
    ]),
})
