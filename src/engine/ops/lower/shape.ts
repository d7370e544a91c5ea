/** Lowering of operators that move elements: reshape, transpose, concat, split, slice, pad, gather, tile. */
import { numberAttribute, numbersAttribute, stringAttribute } from '../../graph/graph'
import { tensor, toNumbers } from '../../graph/tensor'
import type { Layout, LoweringContext, Register } from '../lowering'
import { axisIn, channelsLast, indices, inLayout, knownDims, meetingLayout, targetDims } from './common'

const isIdentity = (permutation: readonly number[]) => permutation.every((axis, i) => axis === i)

/** Reshape, Flatten, Squeeze and Unsqueeze: the inferred result says all. */
export function lowerReshape(context: LoweringContext): void {
  const before = context.shape(0)
  // With one pixel, channels first and last are the same row.
  const onePixel = before.length > 2 && before.slice(2).every((dim) => dim === 1)
  const x = context.input(0, onePixel ? context.layoutOf(0) : 'plain')
  const shape = targetDims(context, context.outputShape(0))
  context.output(0, context.emit('Reshape', [x], { shape }, 'plain'))
}

export function lowerTranspose(context: LoweringContext): void {
  const rank = context.shape(0).length
  const wanted =
    numbersAttribute(context.node, 'perm', undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
  const layout = context.layoutOf(0)
  const x = context.input(0, layout)
  // Where a channels-last value is held, both transposes become one, or none.
  const perm = wanted.map((axis) => axisIn(layout, axis, rank))
  context.output(
    0,
    isIdentity(perm) ? { id: x.id, layout: 'plain' } : context.emit('Transpose', [x], { perm }, 'plain'),
  )
}

export function lowerConcat(context: LoweringContext): void {
  const rank = context.outputShape(0).length
  const given = numberAttribute(context.node, 'axis', 0)
  const count = context.node.inputs.length
  const layout = meetingLayout(context, count)
  const parts = Array.from({ length: count }, (_, i) => context.input(i, layout))
  const axis = axisIn(layout, given < 0 ? given + rank : given, rank)
  context.output(0, context.emit('ConcatV2', parts, { axis }, layout))
}

export function lowerSplit(context: LoweringContext): void {
  const rank = context.shape(0).length
  const given = numberAttribute(context.node, 'axis', 0)
  const axis = given < 0 ? given + rank : given
  const count = context.node.outputs.length
  const sizes = context.node.outputs.map((name, o) =>
    name === '' ? context.fail('one of its parts has no name') : (context.outputShape(o)[axis] as number),
  )
  const x = context.input(0, context.layoutOf(0))
  const attributes = { size_splits: sizes, axis: axisIn(x.layout, axis, rank) }
  context.emitMany('SplitV', [x], attributes, x.layout, count).forEach((part, o) => {
    context.output(o, part)
  })
}

export interface SliceRange {
  readonly axis: number
  readonly start: number
  /** -1 with step 1: to the end of the axis. */
  readonly end: number
  readonly step: number
}

/** Positions along one axis, by a table of indices: exact for steps, borders and nearest neighbours alike. */
export const gatherAlong = (
  context: LoweringContext,
  x: Register,
  axis: number,
  positions: readonly number[],
): Register => context.emit('GatherV2', [x, indices(context, positions)], { axis }, x.layout)

export function lowerSlice(context: LoweringContext, ranges: readonly SliceRange[]): void {
  const rank = context.shape(0).length
  let x = context.input(0, context.layoutOf(0))
  const begin = Array<number>(rank).fill(0)
  const size = Array<number>(rank).fill(-1)
  for (const { axis, start, end, step } of ranges) {
    if (step !== 1) {
      const positions: number[] = []
      for (let i = start; step > 0 ? i < end : i > end; i += step) positions.push(i)
      x = gatherAlong(context, x, axisIn(x.layout, axis, rank), positions)
    } else {
      begin[axis] = start
      if (end >= 0) size[axis] = Math.max(0, end - start)
    }
  }
  const whole = size.every((extent) => extent === -1) && begin.every((at) => at === 0)
  context.output(
    0,
    whole
      ? x
      : context.emit('Slice', [x], { begin: inLayout(x.layout, begin), size: inLayout(x.layout, size) }, x.layout),
  )
}

/** The position in the input that a position of the padded axis shows. */
function borderPosition(mode: string, position: number, extent: number): number {
  if (mode === 'edge') return Math.min(Math.max(position, 0), extent - 1)
  if (mode === 'wrap') return ((position % extent) + extent) % extent
  const period = Math.max(1, 2 * (extent - 1))
  const folded = ((position % period) + period) % period
  return folded < extent ? folded : period - folded
}

export function lowerPad(context: LoweringContext): void {
  const shape = context.shape(0)
  const rank = shape.length
  const constant = context.constant(1) ?? context.fail('its padding is not constant')
  const pads = toNumbers(constant)
  const mode = stringAttribute(context.node, 'mode', 'constant')
  const fill = context.has(2) ? (context.constant(2) ?? context.fail('its fill value is not constant')) : undefined
  let x = context.input(0, context.layoutOf(0))
  if (mode !== 'constant') {
    for (let axis = 0; axis < rank; axis++) {
      const before = pads[axis] as number
      const after = pads[axis + rank] as number
      if (before === 0 && after === 0) continue
      const extent = knownDims(context, [shape[axis] as number])[0] as number
      const positions = Array.from({ length: before + extent + after }, (_, i) =>
        borderPosition(mode, i - before, extent),
      )
      x = gatherAlong(context, x, axisIn(x.layout, axis, rank), positions)
    }
    context.output(0, x)
    return
  }
  if (pads.some((pad) => pad < 0)) {
    const begin = shape.map((_, axis) => Math.max(0, -(pads[axis] as number)))
    const size = shape.map((dim, axis) => {
      const cut = Math.min(0, pads[axis] as number) + Math.min(0, pads[axis + rank] as number)
      return cut === 0 ? -1 : (knownDims(context, [dim])[0] as number) + cut
    })
    x = context.emit('Slice', [x], { begin: inLayout(x.layout, begin), size: inLayout(x.layout, size) }, x.layout)
  }
  const pairs = shape.map((_, axis) => [Math.max(0, pads[axis] as number), Math.max(0, pads[axis + rank] as number)])
  const paddings = inLayout(x.layout, pairs).flat()
  const value = fill ? (toNumbers(fill)[0] as number) : 0
  context.output(0, context.emit('PadV2', [x], { paddings, constant_value: value }, x.layout))
}

export function lowerGather(context: LoweringContext): void {
  const rank = context.shape(0).length
  const given = numberAttribute(context.node, 'axis', 0)
  const table = context.constant(0) ? context.weight(0) : context.input(0, 'plain')
  const axis = given < 0 ? given + rank : given
  const extent = context.shape(0)[axis]
  const constant = context.constant(1)
  // TF does not count negative indices from the end.
  const wanted =
    constant && typeof extent === 'number'
      ? context.literal(
          tensor(
            'int32',
            constant.dims,
            Int32Array.from(toNumbers(constant), (i) => (i < 0 ? i + extent : i)),
          ),
        )
      : context.input(1, 'plain')
  context.output(0, context.emit('GatherV2', [table, wanted], { axis }, 'plain'))
}

/** ConstantOfShape: one number everywhere. */
export function lowerFilled(context: LoweringContext): void {
  const dims = knownDims(context, context.outputShape(0))
  const value = context.node.attributes.get('value')
  const number = value?.kind === 'tensor' ? Number(value.value.data[0]) : 0
  const whole = value?.kind === 'tensor' && !value.value.dtype.includes('float')
  const size = dims.reduce((a, b) => a * b, 1)
  context.output(
    0,
    context.literal(
      whole
        ? tensor('int32', dims, new Int32Array(size).fill(number))
        : tensor('float32', dims, new Float32Array(size).fill(number)),
    ),
  )
}

/** Expand and Tile: repeats along axes of known extent. */
export function lowerRepeat(context: LoweringContext): void {
  const before = context.shape(0)
  const after = context.outputShape(0)
  const missing = after.length - before.length
  const layout: Layout = missing === 0 ? context.layoutOf(0) : 'plain'
  const held = context.input(0, layout)
  const x =
    missing === 0
      ? held
      : context.emit(
          'Reshape',
          [held],
          { shape: targetDims(context, [...Array<number>(missing).fill(1), ...before]) },
          'plain',
        )
  const multiples = after.map((dim, axis) => {
    const from = axis < missing ? 1 : before[axis - missing]
    if (dim === from) return 1
    if (typeof dim !== 'number' || typeof from !== 'number') {
      return context.fail(`it repeats its input to the extent "${dim}", which is not known`)
    }
    return dim / from
  })
  context.output(0, context.emit('Tile', [x], { multiples: inLayout(layout, multiples) }, layout))
}

export const orderOf = (layout: Layout, rank: number): number[] =>
  layout === 'nhwc' ? channelsLast(rank) : Array.from({ length: rank }, (_, i) => i)
