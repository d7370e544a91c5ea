/** Steps that lowering rules share: axes between layouts, static extents, scalars and broadcasting operands. */
import type { Shape } from '../../graph/graph'
import { float32, sizeOf, type TensorData, tensor } from '../../graph/tensor'
import type { Layout, LoweringContext, Register } from '../lowering'

/** [N, C, *spatial] -> [N, *spatial, C] */
export const channelsLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]

/** The place of an ONNX axis in a layout. */
export function axisIn(layout: Layout, axis: number, rank: number): number {
  if (layout === 'plain' || rank <= 2 || axis === 0) return axis
  return axis === 1 ? rank - 1 : axis - 1
}

/** A list with one entry an ONNX axis, in the order of a layout. */
export const inLayout = <T>(layout: Layout, list: readonly T[]): T[] =>
  layout === 'plain' || list.length <= 2 ? [...list] : channelsLast(list.length).map((axis) => list[axis] as T)

/** Extents for a Reshape: one of them may be unknown (the batch) and becomes -1. */
export function targetDims(context: LoweringContext, shape: Shape): number[] {
  if (shape.filter((dim) => typeof dim === 'string').length > 1) {
    return context.fail(
      `several extents of its result [${shape.join(', ')}] are not known; export the network with a fixed input size`,
    )
  }
  return shape.map((dim) => (typeof dim === 'string' ? -1 : dim))
}

/** Extents that must all be numbers. */
export function knownDims(context: LoweringContext, shape: Shape): number[] {
  return shape.map((dim) =>
    typeof dim === 'number'
      ? dim
      : context.fail(`its extent "${dim}" is not known; export the network with a fixed input size`),
  )
}

export const scalar = (context: LoweringContext, value: number): Register =>
  context.literal(float32([], Float32Array.of(value)))

export const indices = (context: LoweringContext, values: readonly number[]): Register =>
  context.literal(tensor('int32', [values.length], Int32Array.from(values)))

/** The layout in which operands of a broadcasting operator meet: channels last as soon as one of them is held so. */
export function meetingLayout(context: LoweringContext, count: number): Layout {
  const rank = context.outputShape(0).length
  if (rank <= 2) return 'plain'
  for (let i = 0; i < count; i++) {
    if (!context.constant(i) && context.shape(i).length === rank && context.layoutOf(i) === 'nhwc') return 'nhwc'
  }
  return 'plain'
}

/** Operand i, ready to be broadcast by TF's rules in the given layout. */
export function operand(context: LoweringContext, i: number, layout: Layout): Register {
  const shape = context.shape(i)
  const rank = context.outputShape(0).length
  if (layout === 'plain' || shape.length === rank) return context.input(i, layout)
  const constant = context.constant(i)
  if (constant && constant.data.length === 1) return context.weight(i, undefined, [])
  const missing = rank - shape.length
  const order = channelsLast(rank)
  if (constant) {
    const permutation = order.filter((axis) => axis >= missing).map((axis) => axis - missing)
    const dims = order.map((axis) => (axis < missing ? 1 : (constant.dims[axis - missing] as number)))
    return context.weight(i, permutation, dims)
  }
  const grown = context.emit(
    'Reshape',
    [context.input(i, 'plain')],
    { shape: targetDims(context, [...Array<number>(missing).fill(1), ...shape]) },
    'plain',
  )
  return context.emit('Transpose', [grown], { perm: order }, 'nhwc')
}

/** Number of elements of a constant input, or 0. */
export const constantSize = (data: TensorData | undefined): number => (data ? sizeOf(data.dims) : 0)

export const unaryEmit = (context: LoweringContext, op: string, x: Register, attributes = {}): Register =>
  context.emit(op, [x], attributes, x.layout)

export const binaryEmit = (context: LoweringContext, op: string, a: Register, b: Register): Register =>
  context.emit(op, [a, b], {}, a.layout)
