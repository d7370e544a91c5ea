/** MatMul: batched matrix product; with a constant right side a dense layer, with two computed sides an interaction. */
import type { Dim, Shape } from '../graph/graph'
import type { DataType } from '../graph/tensor'
import {
  type CouplingContext,
  type InferContext,
  type Inferred,
  type Labels,
  type OpDefinition,
  registerOp,
} from './definition'
import { claimAxis, coveringAxis, onAxis } from './labels'
import { lowerMatMul } from './lower/linear'
import { broadcastShapes } from './shapes'

export function inferMatMul(context: InferContext, dtype: DataType, a: Shape, b: Shape): Inferred[] {
  if (a.length === 0 || b.length === 0) context.fail('it cannot multiply a scalar')
  const left = a.length === 1 ? [1, ...a] : a
  const right = b.length === 1 ? [...b, 1] : b
  const inner = left.at(-1)
  const other = right.at(-2)
  if (typeof inner === 'number' && typeof other === 'number' && inner !== other) {
    context.fail(`it expects ${other} input features and gets ${inner}`)
  }
  const batch = broadcastShapes(
    [left.slice(0, -2), right.slice(0, -2)].map((s) => (s.length ? s : [1])),
    context,
  )
  const shape: Dim[] = left.length > 2 || right.length > 2 ? [...batch] : []
  if (a.length > 1) shape.push(left.at(-2) as Dim)
  if (b.length > 1) shape.push(right.at(-1) as Dim)
  return [{ dtype, shape }]
}

const matmul: OpDefinition = {
  op: 'MatMul',
  infer: (context) => inferMatMul(context, context.input(0).dtype, context.shape(0), context.shape(1)),
  lower: lowerMatMul,
  mixes: ({ constant }) => !constant(0) && !constant(1),
  macs(context) {
    const inner = context.inputShape(0).at(-1) as number
    return context.outputShape(0).reduce((a, b) => a * b, 1) * inner
  },
  couple(context) {
    const weight = context.constant(1)
    const rank = context.shape(0).length
    if (weight?.dims.length === 1 && rank > 1) {
      // A stored vector sums features up to one number.
      const labels = context.operand(0)
      const ids = claimAxis(context, labels, rank - 1)
      if (ids) context.bind(1, 0, ids, 'consumer')
      context.set(
        0,
        labels.filter((entry) => !entry.axes.includes(rank - 1)),
      )
      return
    }
    if (weight?.dims.length !== 2) {
      if (context.constant(0)) coupleLeft(context)
      else coupleInteraction(context)
      return
    }
    const labels = context.operand(0)
    const inputIds = claimAxis(context, labels, rank - 1) ?? new Int32Array(weight.dims[0] as number)
    const outputIds = context.fresh(weight.dims[1] as number)
    context.bind(1, 0, inputIds, 'consumer')
    context.bind(1, 1, outputIds, 'producer')
    context.linear({ kind: 'dense', weight: 1, bias: -1, outputAxis: 1, inputAxis: 0, groups: 1, inputIds, outputIds })
    context.set(0, [...labels.filter((entry) => !entry.axes.includes(rank - 1)), onAxis(rank - 1, outputIds)])
  },
}

/** A constant matrix from the left: its columns read the other operand's rows, its rows are new units there. */
function coupleLeft(context: CouplingContext): void {
  const weight = context.constant(0)
  const rank = context.outputShape(0).length
  const labels = context.labels(1)
  const rows = coveringAxis(labels, rank - 2)
  if (weight?.dims.length !== 2 || context.shape(1).length !== rank) {
    coupleInteraction(context)
    return
  }
  const inputIds = claimAxis(context, labels, rank - 2) ?? new Int32Array(weight.dims[1] as number)
  const outputIds = context.fresh(weight.dims[0] as number)
  context.bind(0, 1, inputIds, 'consumer')
  context.bind(0, 0, outputIds, 'producer')
  context.set(0, [...labels.filter((entry) => entry !== rows), onAxis(rank - 2, outputIds)])
}

/**
 * The units of an operand. A stored stack of matrices (experts, positions for every head) has units of its own along the
 * axis of the result, reads the other operand along the one that is summed over, and follows its heads.
 */
function sideOf(context: CouplingContext, i: 0 | 1, rank: number): readonly Labels[] {
  const stack = context.constant(i)
  // An operand of fewer axes is the same along the first ones of the result.
  const by = rank - context.shape(i).length
  if (!stack) return context.labels(i).map((entry) => ({ ...entry, axes: entry.axes.map((axis) => axis + by) }))
  const made = i === 0 ? rank - 2 : rank - 1
  return stack.dims.flatMap((extent, own) => {
    if (extent < 2) return []
    const axis = own + by
    if (axis === made) {
      const ids = context.fresh(extent)
      context.bind(i, own, ids, 'producer')
      return [onAxis(axis, ids)]
    }
    const entry = context.free(axis, extent)
    context.bind(i, own, entry.ids, axis < rank - 2 ? 'passthrough' : 'consumer')
    return [entry]
  })
}

/**
 * Units of a computed matrix that vary along both of its axes (weights that a network makes): whole slices of the axis
 * that is summed over go where the other operand loses them too, else whole slices of the other axis.
 */
function apart(
  context: CouplingContext,
  sides: readonly (readonly Labels[])[],
  rank: number,
): readonly [readonly Labels[], readonly Labels[]] {
  const summed = [rank - 1, rank - 2] as const
  const of = (i: 0 | 1) =>
    (sides[i] as readonly Labels[]).map((entry) => {
      if (!entry.axes.includes(rank - 1) || !entry.axes.includes(rank - 2)) return entry
      const partner = coveringAxis(sides[1 - i] as readonly Labels[], summed[1 - i] as number)
      const shared = partner && !partner.free && !context.stays(partner)
      return context.merge(entry, [shared ? summed[i] : i === 0 ? rank - 2 : rank - 1])
    })
  return [of(0), of(1)]
}

/** What is summed over must go on both sides; axes of the batch (heads) go as a whole. */
function coupleInteraction(context: CouplingContext): void {
  const rank = context.outputShape(0).length
  if (context.shape(0).length < 2 || context.shape(1).length < 2) {
    const held = context.constant(0) || context.constant(1) ? 'held.stacked' : 'held.ranks'
    context.fix(context.labels(0), held)
    context.fix(context.labels(1), held)
    return
  }
  const batchAxes = Array.from({ length: rank - 2 }, (_, i) => i)
  const extent = (i: 0 | 1, axis: number) => context.shape(i)[axis - rank + context.shape(i).length] ?? 1
  const sides = [sideOf(context, 0, rank), sideOf(context, 1, rank)] as const
  const batchOf = (entry: Labels) => entry.axes.filter((axis) => axis < rank - 2)
  // Heads that share keys in groups: of such there are more on one side, so features go, the same of every head.
  const grouped = ([0, 1] as const).some((i) =>
    sides[i].some((entry) => {
      const shared = batchOf(entry).filter((axis) => extent((1 - i) as 0 | 1, axis) === 1)
      return shared.length > 0 && shared.length < batchOf(entry).length
    }),
  )
  const heads = (i: 0 | 1) =>
    sides[i].map((entry) => {
      const batch = batchOf(entry)
      if (batch.length === 0 || batch.length === entry.axes.length) return entry
      // Where the other side has no heads that could go, features go, the same of every head.
      const other = (1 - i) as 0 | 1
      const paired = batch.every(
        (axis) => extent(other, axis) === 1 || sides[other].some(({ axes }) => axes.includes(axis)),
      )
      // One that all heads share, or that is stored, does not decide: features may be finer.
      const open = context.constant(other) || batch.every((axis) => extent(other, axis) === 1)
      const whole = paired && !grouped && !(open && context.second('batch-or-features'))
      return context.merge(entry, whole ? batch : entry.axes.filter((axis) => axis >= rank - 2))
    })
  const [left, right] = apart(context, [heads(0), heads(1)], rank)
  const output: Labels[] = []
  for (const axis of batchAxes) {
    const a = coveringAxis(left, axis)
    const b = coveringAxis(right, axis)
    if (a && b && a.ids.length === b.ids.length) {
      context.union(a.ids, b.ids)
      output.push(a)
    } else {
      const alone = a ?? b
      const other = extent(a ? 1 : 0, axis)
      if (!alone) continue
      if (other === 1) output.push(alone)
      else context.fix([alone], 'held.paired-with-fixed')
    }
  }
  const summedLeft = coveringAxis(left, rank - 1)
  const summedRight = coveringAxis(right, rank - 2)
  if (summedLeft && summedRight && summedLeft.ids.length === summedRight.ids.length) {
    context.union(summedLeft.ids, summedRight.ids)
  } else {
    for (const entry of [summedLeft, summedRight]) {
      if (entry) context.fix([entry], 'held.summed-with-fixed')
    }
  }
  const rows = coveringAxis(left, rank - 2)
  const columns = coveringAxis(right, rank - 1)
  for (const entry of [rows, columns]) if (entry && !output.includes(entry)) output.push(entry)
  context.set(0, output)
}

registerOp(matmul)
