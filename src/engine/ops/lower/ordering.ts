/** Lowering of operators that find the largest, and of marks at places: ArgMax, TopK, OneHot, Hardmax. */
import { type Dim, numberAttribute } from '../../graph/graph'
import { tensor, toNumbers } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { knownDims, scalar, targetDims } from './common'

const axisOf = (context: LoweringContext, rank: number, fallback: number): number => {
  const given = numberAttribute(context.node, 'axis', fallback)
  return given < 0 ? given + rank : given
}

export function lowerExtremum(context: LoweringContext): void {
  if (numberAttribute(context.node, 'select_last_index', 0) === 1) context.fail('of equal values it takes the last')
  const axis = axisOf(context, context.shape(0).length, 0)
  const found = context.emit(context.node.op, [context.input(0, 'plain')], { axis }, 'plain')
  context.output(0, context.emit('Reshape', [found], { shape: targetDims(context, context.outputShape(0)) }, 'plain'))
}

/** TF orders along the last axis, the largest first. */
export function lowerTopK(context: LoweringContext): void {
  const rank = context.shape(0).length
  const axis = axisOf(context, rank, -1)
  const [k] = knownDims(context, [context.outputShape(0)[axis] as Dim]) as [number]
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i))
  const turned = (x: Register) => (axis === rank - 1 ? x : context.emit('Transpose', [x], { perm }, 'plain'))
  const smallest = numberAttribute(context.node, 'largest', 1) === 0
  const signed = (x: Register) => (smallest ? context.emit('Neg', [x], {}, 'plain') : x)
  const x = signed(turned(context.input(0, 'plain')))
  const [values, places] = context.emitMany('TopKV2', [x], { k }, 'plain', 2) as [Register, Register]
  context.output(0, turned(signed(values)))
  if (context.node.outputs[1]) context.output(1, turned(places))
}

/** True where a place along a new axis is the one that is named; places below 0 count from the end. */
function marked(context: LoweringContext, places: Register, dims: readonly Dim[], axis: number, depth: number) {
  const grown = [...dims.slice(0, axis), 1, ...dims.slice(axis)]
  const named = context.emit('Reshape', [places], { shape: targetDims(context, grown) }, 'plain')
  const along = grown.map((_, i) => (i === axis ? depth : 1))
  const range = (from: number) =>
    context.literal(
      tensor(
        'int32',
        along,
        Int32Array.from({ length: depth }, (_, i) => from + i),
      ),
    )
  const equal = (from: number) => context.emit('Equal', [named, range(from)], {}, 'plain')
  return context.emit('LogicalOr', [equal(0), equal(-depth)], {}, 'plain')
}

export function lowerOneHot(context: LoweringContext): void {
  const dims = context.shape(0)
  const axis = axisOf(context, dims.length + 1, -1)
  const [depth] = knownDims(context, [context.outputShape(0)[axis] as Dim]) as [number]
  const [off, on] = toNumbers(context.constant(2) ?? context.fail('its values are computed')) as [number, number]
  const places = context.emit('Cast', [context.input(0, 'plain')], { DstT: 'int32' }, 'plain')
  const marks = context.emit('Cast', [marked(context, places, dims, axis, depth)], { DstT: 'float32' }, 'plain')
  const scaled = on - off === 1 ? marks : context.emit('Mul', [marks, scalar(context, on - off)], {}, 'plain')
  context.output(0, off === 0 ? scaled : context.emit('AddV2', [scaled, scalar(context, off)], {}, 'plain'))
}

export function lowerHardmax(context: LoweringContext): void {
  const dims = context.shape(0)
  const axis = axisOf(context, dims.length, -1)
  const [depth] = knownDims(context, [dims[axis] as Dim]) as [number]
  const places = context.emit('ArgMax', [context.input(0, 'plain')], { axis }, 'plain')
  const left = dims.filter((_, i) => i !== axis)
  context.output(0, context.emit('Cast', [marked(context, places, left, axis, depth)], { DstT: 'float32' }, 'plain'))
}
