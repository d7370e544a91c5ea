/** Lowering of reductions and of Softmax. */
import { numberAttribute, numbersAttribute } from '../../graph/graph'
import { toNumbers } from '../../graph/tensor'
import type { Layout, LoweringContext } from '../lowering'
import { axisIn, unaryEmit } from './common'

const operations: Readonly<Record<string, string>> = {
  ReduceMean: 'Mean',
  ReduceSum: 'Sum',
  ReduceMax: 'Max',
  ReduceMin: 'Min',
  ReduceProd: 'Prod',
  ReduceL2: 'Sum',
  ReduceL1: 'Sum',
  ReduceSumSquare: 'Sum',
  ReduceLogSum: 'Sum',
  ReduceLogSumExp: 'Sum',
}

/** What is done to every element before, and to the result after. */
const around: Readonly<Record<string, readonly [string | null, string | null]>> = {
  ReduceL2: ['Square', 'Sqrt'],
  ReduceL1: ['Abs', null],
  ReduceSumSquare: ['Square', null],
  ReduceLogSum: [null, 'Log'],
  ReduceLogSumExp: ['Exp', 'Log'],
}

export function lowerReduce(context: LoweringContext): void {
  const rank = context.shape(0).length
  const constant = context.constant(1)
  const given = constant ? toNumbers(constant) : numbersAttribute(context.node, 'axes', undefined)
  const all = Array.from({ length: rank }, (_, i) => i)
  const axes = (given && given.length > 0 ? given : all).map((axis) => (axis < 0 ? axis + rank : axis))
  const keep = numberAttribute(context.node, 'keepdims', 1) === 1
  // Without keepdims the result is in channels-last order only while batch and channels are both still there.
  const stays = keep || (!axes.includes(0) && !axes.includes(1))
  const layout: Layout = context.layoutOf(0) === 'nhwc' && stays ? 'nhwc' : 'plain'
  const x = context.input(0, layout)
  const axis = axes.map((a) => axisIn(layout, a, rank)).sort((a, b) => a - b)
  const [before, after] = around[context.node.op] ?? [null, null]
  const prepared = before ? unaryEmit(context, before, x) : x
  const reduced = unaryEmit(context, operations[context.node.op] as string, prepared, { axis, keep_dims: keep })
  context.output(0, after ? unaryEmit(context, after, reduced) : reduced)
}

export function lowerSoftmax(context: LoweringContext): void {
  const rank = context.shape(0).length
  const given = numberAttribute(context.node, 'axis', -1)
  const axis = given < 0 ? given + rank : given
  const { op } = context.node
  if (rank > 2 && axis === 1 && context.layoutOf(0) === 'nhwc') {
    context.output(0, unaryEmit(context, op, context.input(0, 'nhwc')))
    return
  }
  const x = context.input(0, 'plain')
  if (axis === rank - 1) {
    context.output(0, unaryEmit(context, op, x))
    return
  }
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i))
  const turned = unaryEmit(context, 'Transpose', x, { perm })
  context.output(0, unaryEmit(context, 'Transpose', unaryEmit(context, op, turned), { perm }))
}
