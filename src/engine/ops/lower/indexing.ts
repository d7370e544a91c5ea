/** Lowering of operators that pick by index, cut triangles, add up along an axis or turn channels into pixels. */
import { numberAttribute, stringAttribute } from '../../graph/graph'
import { float32, sizeOf, tensor, toNumbers } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { indices, knownDims, targetDims } from './common'

const strideOf = (dims: readonly number[], axis: number): number => sizeOf(dims.slice(axis + 1))

/** What GatherND and ScatterND address: the extents that are shared, those that coordinates name, and what lies behind. */
function addressed(context: LoweringContext) {
  const shape = context.shape(0)
  const paired = numberAttribute(context.node, 'batch_dims', 0)
  const depth = context.shape(1).at(-1) as number
  const places = context.shape(1).slice(paired, -1)
  return {
    depth,
    shared: knownDims(context, shape.slice(0, paired)),
    dims: knownDims(context, shape.slice(paired, paired + depth)),
    rest: shape.slice(paired + depth),
    /** How many rows each of the shared positions picks, where there are any. */
    each: paired === 0 ? 0 : sizeOf(knownDims(context, places)),
  }
}

/** Each sample picks rows of its own, for any number of samples. */
function gatherOwn(context: LoweringContext): void {
  const places = knownDims(context, context.shape(1).slice(1, -1))
  const extents = indices(context, knownDims(context, context.shape(0).slice(1, 2)))
  const given = context.emit('Cast', [context.input(1, 'plain')], { DstT: 'int32' }, 'plain')
  const wrapped = context.emit('FloorMod', [context.emit('AddV2', [given, extents], {}, 'plain'), extents], {}, 'plain')
  const whole = context.emit('Cast', [wrapped], { DstT: 'int32' }, 'plain')
  const at = context.emit('Reshape', [whole], { shape: [-1, sizeOf(places)] }, 'plain')
  const picked = context.emit('GatherV2', [held(context, 0), at], { axis: 1, batch_dims: 1 }, 'plain')
  const shape = targetDims(context, context.outputShape(0))
  context.output(0, places.length === 1 ? picked : context.emit('Reshape', [picked], { shape }, 'plain'))
}

/** Coordinates become positions in the flattened value; behind shared axes each picks among its own. */
export function lowerGatherND(context: LoweringContext): void {
  const paired = numberAttribute(context.node, 'batch_dims', 0)
  if (paired === 1 && context.shape(1).at(-1) === 1 && !context.constant(1)) {
    gatherOwn(context)
    return
  }
  const { shared, dims, depth, rest, each } = addressed(context)
  const stored = context.constant(1)
  const size = sizeOf(dims)
  const shape = targetDims(context, [sizeOf(shared) * size, ...rest])
  let at: Register
  if (stored) {
    const values = toNumbers(stored)
    const rows = Int32Array.from({ length: values.length / depth }, (_, r) =>
      dims.reduce(
        (offset, extent, k) => {
          const place = values[r * depth + k] as number
          return offset + (place < 0 ? place + extent : place) * strideOf(dims, k)
        },
        each > 0 ? Math.floor(r / each) * size : 0,
      ),
    )
    at = context.literal(tensor('int32', [rows.length], rows))
  } else {
    at = rowPlaces(context, dims, depth)
    if (each > 0) {
      const base = Int32Array.from({ length: sizeOf(shared) * each }, (_, r) => Math.floor(r / each) * size)
      const own = context.literal(tensor('int32', [base.length], base))
      at = context.emit('Cast', [context.emit('AddV2', [at, own], {}, 'plain')], { DstT: 'int32' }, 'plain')
    }
  }
  const flat = context.emit('Reshape', [held(context, 0)], { shape }, 'plain')
  const picked = context.emit('GatherV2', [flat, at], { axis: 0 }, 'plain')
  context.output(0, context.emit('Reshape', [picked], { shape: targetDims(context, context.outputShape(0)) }, 'plain'))
}

/** Coordinates that the network computes, as rows of the flattened value; those below zero count from the end. */
function rowPlaces(context: LoweringContext, dims: readonly number[], depth: number): Register {
  const whole = (values: readonly number[]) => context.literal(tensor('int32', [depth], Int32Array.from(values)))
  const given = context.emit('Cast', [context.input(1, 'plain')], { DstT: 'int32' }, 'plain')
  const extents = whole(dims)
  const wrapped = context.emit('FloorMod', [context.emit('AddV2', [given, extents], {}, 'plain'), extents], {}, 'plain')
  const scaled = context.emit('Mul', [wrapped, whole(dims.map((_, k) => strideOf(dims, k)))], {}, 'plain')
  const axis = context.shape(1).length - 1
  const at = context.emit('Sum', [scaled], { axis: [axis], keep_dims: false }, 'plain')
  const flat = context.emit('Reshape', [at], { shape: [-1] }, 'plain')
  return context.emit('Cast', [flat], { DstT: 'int32' }, 'plain')
}

/** Each index of input 1 as a position in the flattened input 0; below 0 it counts from the end. */
function elementPlaces(context: LoweringContext): Register {
  const dims = knownDims(context, context.shape(0))
  const wanted = knownDims(context, context.shape(1))
  const given = numberAttribute(context.node, 'axis', 0)
  const axis = given < 0 ? given + dims.length : given
  const base = Int32Array.from({ length: sizeOf(wanted) }, (_, i) =>
    wanted.reduce(
      (offset, extent, k) =>
        k === axis ? offset : offset + (Math.floor(i / strideOf(wanted, k)) % extent) * strideOf(dims, k),
      0,
    ),
  )
  const whole = (value: number) => context.literal(tensor('int32', [], Int32Array.of(value)))
  const extent = whole(dims[axis] as number)
  const cast = context.emit('Cast', [context.input(1, 'plain')], { DstT: 'int32' }, 'plain')
  const indices = context.emit('Reshape', [cast], { shape: [-1] }, 'plain')
  const wrapped = context.emit('FloorMod', [context.emit('AddV2', [indices, extent], {}, 'plain'), extent], {}, 'plain')
  const scaled = context.emit('Mul', [wrapped, whole(strideOf(dims, axis))], {}, 'plain')
  const at = context.emit('AddV2', [scaled, context.literal(tensor('int32', [base.length], base))], {}, 'plain')
  return context.emit('Cast', [at], { DstT: 'int32' }, 'plain')
}

const held = (context: LoweringContext, i: number): Register =>
  context.constant(i) ? context.weight(i) : context.input(i, 'plain')

export function lowerGatherElements(context: LoweringContext): void {
  const at = elementPlaces(context)
  const flat = context.emit('Reshape', [held(context, 0)], { shape: [-1] }, 'plain')
  const picked = context.emit('GatherV2', [flat, at], { axis: 0 }, 'plain')
  context.output(0, context.emit('Reshape', [picked], { shape: targetDims(context, context.outputShape(0)) }, 'plain'))
}

/** Rows of `width` of input 2 into those of input 0, at places in it. */
function scatter(context: LoweringContext, places: Register, width: number): void {
  const reduction = stringAttribute(context.node, 'reduction', 'none')
  if (reduction !== 'none' && reduction !== 'add') context.fail(`it combines by "${reduction}"`)
  const rows = (i: number) => context.emit('Reshape', [held(context, i)], { shape: [-1, width] }, 'plain')
  const written = context.emit('ScatterRows', [rows(0), places, rows(2)], { add: reduction === 'add' }, 'plain')
  context.output(0, context.emit('Reshape', [written], { shape: targetDims(context, context.outputShape(0)) }, 'plain'))
}

export const lowerScatterElements = (context: LoweringContext): void => scatter(context, elementPlaces(context), 1)

export function lowerScatterND(context: LoweringContext): void {
  const { dims, depth, rest } = addressed(context)
  scatter(context, rowPlaces(context, dims, depth), sizeOf(knownDims(context, rest)))
}

/** Ones on one side of a diagonal. */
const triangle = (rows: number, columns: number, keep: (row: number, column: number) => boolean) =>
  float32(
    [rows, columns],
    Float32Array.from({ length: rows * columns }, (_, i) => Number(keep(Math.floor(i / columns), i % columns))),
  )

/** A product with a triangle of ones. */
export function lowerCumSum(context: LoweringContext): void {
  const { node } = context
  const rank = context.shape(0).length
  const constant = context.constant(1) ?? context.fail('its axis is computed')
  const given = toNumbers(constant)[0] as number
  const axis = given < 0 ? given + rank : given
  // The axis changes places with the last one, and back.
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i))
  const turned = (value: Register) =>
    axis === rank - 1 ? value : context.emit('Transpose', [value], { perm }, 'plain')
  const [extent] = knownDims(context, context.shape(0).slice(axis, axis + 1)) as [number]
  const strict = numberAttribute(node, 'exclusive', 0) === 1
  const reverse = numberAttribute(node, 'reverse', 0) === 1
  const ones = triangle(extent, extent, (from, to) => (reverse ? from > to : from < to) || (!strict && from === to))
  const x = turned(context.emit('Cast', [context.input(0, 'plain')], { DstT: 'float32' }, 'plain'))
  const rows = context.emit('Reshape', [x], { shape: [-1, extent] }, 'plain')
  const sums = context.emit(
    'MatMul',
    [rows, context.literal(ones)],
    { transpose_a: false, transpose_b: false },
    'plain',
  )
  const dims = context.outputShape(0)
  const shape = targetDims(
    context,
    perm.map((from) => dims[from] as (typeof dims)[number]),
  )
  context.output(0, turned(context.emit('Reshape', [sums], { shape }, 'plain')))
}

export function lowerTrilu(context: LoweringContext): void {
  const constant = context.has(1) ? (context.constant(1) ?? context.fail('its diagonal is computed')) : undefined
  const diagonal = constant ? (toNumbers(constant)[0] as number) : 0
  const upper = numberAttribute(context.node, 'upper', 1) === 1
  const [rows, columns] = knownDims(context, context.shape(0).slice(-2)) as [number, number]
  const mask = triangle(rows, columns, (row, column) => (upper ? column >= row + diagonal : column <= row + diagonal))
  context.output(0, context.emit('Mul', [context.input(0, 'plain'), context.literal(mask)], {}, 'plain'))
}

/** Equal to an infinity, of one sign or of both. */
export function lowerIsInf(context: LoweringContext): void {
  const x = context.input(0, context.layoutOf(0))
  const counts = (name: string) => numberAttribute(context.node, name, 1) === 1
  const infinity = (sign: number) => context.literal(float32([], Float32Array.of(sign * Number.POSITIVE_INFINITY)))
  const above = context.emit('Equal', [x, infinity(1)], {}, x.layout)
  const below = context.emit('Equal', [x, infinity(-1)], {}, x.layout)
  const both = counts('detect_positive') && counts('detect_negative')
  const one = counts('detect_positive') ? above : below
  context.output(0, both ? context.emit('LogicalOr', [above, below], {}, x.layout) : one)
}

/** Not equal to itself. */
export function lowerIsNaN(context: LoweringContext): void {
  const x = context.input(0, context.layoutOf(0))
  const same = context.emit('Equal', [x, x], {}, x.layout)
  context.output(0, context.emit('LogicalNot', [same], {}, x.layout))
}

/** Between [N, C, H, W] and blocks, as a Reshape, a Transpose and a Reshape. */
export function lowerDepthSpace(context: LoweringContext): void {
  const { node } = context
  const block = numberAttribute(node, 'blocksize', 1)
  const toSpace = node.op === 'DepthToSpace'
  const [channels, height, width] = knownDims(
    context,
    (toSpace ? context.outputShape(0) : context.shape(0)).slice(1),
  ) as [number, number, number]
  const low = [height / block, width / block] as const
  const columns = toSpace && stringAttribute(node, 'mode', 'DCR') === 'CRD'
  const [split, perm] = toSpace
    ? columns
      ? [
          [channels, block, block, ...low],
          [0, 1, 4, 2, 5, 3],
        ]
      : [
          [block, block, channels, ...low],
          [0, 3, 4, 1, 5, 2],
        ]
    : [
        [channels, low[0], block, low[1], block],
        [0, 3, 5, 1, 2, 4],
      ]
  const parts = context.emit('Reshape', [context.input(0, 'plain')], { shape: [-1, ...(split as number[])] }, 'plain')
  const turned = context.emit('Transpose', [parts], { perm: perm as number[] }, 'plain')
  context.output(0, context.emit('Reshape', [turned], { shape: targetDims(context, context.outputShape(0)) }, 'plain'))
}
