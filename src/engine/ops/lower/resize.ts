/** Lowering of Resize by index tables and weights, which follow ONNX's coordinate rules exactly, axis by axis. */
import { numberAttribute, stringAttribute } from '../../graph/graph'
import { float32, toFloat32 } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { axisIn, binaryEmit, inLayout, knownDims } from './common'
import { gatherAlong } from './shape'
import { type Tap, weighted } from './taps'

/** Shows a part of the axis; what lies beyond the picture has a value of its own. */
const CROP = 'tf_crop_and_resize'

/** One axis of a Resize. */
interface Axis {
  readonly from: number
  readonly to: number
  readonly scale: number
  /** The part of the axis that is shown, of which 0 is the first pixel and 1 the last. */
  readonly crop: readonly [number, number]
}

/** Where an output position lies in the input, in pixels. */
function coordinate(context: LoweringContext, mode: string, i: number, { from, to, scale, crop }: Axis): number {
  switch (mode) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5
    case 'pytorch_half_pixel':
      return to > 1 ? (i + 0.5) / scale - 0.5 : 0
    case 'half_pixel_symmetric':
      // As far from the middle on both sides, also where the result was rounded down.
      return from / 2 - ((scale * from) / 2) * (to / (scale * from) / scale) + (i + 0.5) / scale - 0.5
    case 'align_corners':
      return to > 1 ? (i * (from - 1)) / (to - 1) : 0
    case 'asymmetric':
      return i / scale
    case 'tf_half_pixel_for_nn':
      return (i + 0.5) / scale
    case CROP: {
      const [start, end] = crop
      return (from - 1) * (to > 1 ? start + (i * (end - start)) / (to - 1) : (start + end) / 2)
    }
    default:
      return context.fail(`its coordinates are "${mode}"`)
  }
}

function nearest(context: LoweringContext, mode: string, x: number): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5)
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5)
    case 'floor':
      return Math.floor(x)
    case 'ceil':
      return Math.ceil(x)
    default:
      return context.fail(`its rounding is "${mode}"`)
  }
}

const triangle = (distance: number): number => Math.max(0, 1 - distance)

/** Keys' cubic convolution (IEEE Trans. ASSP 29, 1981), with its coefficient a. */
const cubic =
  (a: number) =>
  (distance: number): number => {
    const d = distance
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
  }

/** Taps around each position; what lies outside is the pixel at the border, or left out. */
function tapsOf(
  at: readonly number[],
  { from, scale }: Axis,
  kernel: (distance: number) => number,
  reach: number,
  { antialias, leavesOut }: { readonly antialias: boolean; readonly leavesOut: boolean },
): Tap[] {
  // Smaller pictures: a pixel is the mean over all that it covers.
  const shrink = antialias && scale < 1 ? scale : 1
  const half = reach / shrink
  const first = at.map((position) => Math.floor(position - half) + 1)
  const count = Math.ceil(2 * half) + (shrink < 1 ? 1 : 0)
  const outside = (place: number) => place < 0 || place >= from
  const raw = first.map((start, i) =>
    Array.from({ length: count }, (_, tap) => {
      const place = start + tap
      return leavesOut && outside(place) ? 0 : kernel(Math.abs(place - (at[i] as number)) * shrink)
    }),
  )
  const sums = raw.map((weights) => weights.reduce((a, b) => a + b, 0))
  return Array.from({ length: count }, (_, tap) => ({
    positions: first.map((start) => Math.min(Math.max(start + tap, 0), from - 1)),
    weights: raw.map((weights, i) => (weights[tap] as number) / (sums[i] as number)),
  }))
}

/** Starts of every axis, then ends. */
function cropOf(context: LoweringContext, rank: number): (axis: number) => readonly [number, number] {
  const region = context.constant(1) ?? context.fail('the region that it shows is computed')
  const given = toFloat32(region)
  return (axis) => [given[axis] as number, given[axis + rank] as number]
}

/** Positions beyond the picture along one axis get the value that is given for them. */
function filled(context: LoweringContext, x: Register, inside: readonly boolean[], axis: number, rank: number) {
  if (inside.every(Boolean)) return x
  const extents = inLayout(
    x.layout,
    Array.from({ length: rank }, (_, i) => (i === axis ? inside.length : 1)),
  )
  const share = (weights: readonly number[]) => context.literal(float32(extents, weights))
  const shown = binaryEmit(context, 'Mul', x, share(inside.map(Number)))
  const value = numberAttribute(context.node, 'extrapolation_value', 0)
  return value === 0 ? shown : binaryEmit(context, 'AddV2', shown, share(inside.map((is) => (is ? 0 : value))))
}

export function lowerResize(context: LoweringContext): void {
  const { node } = context
  const shape = context.shape(0)
  const rank = shape.length
  const target = context.outputShape(0)
  const mode = stringAttribute(node, 'mode', 'nearest')
  if (mode !== 'nearest' && mode !== 'linear' && mode !== 'cubic') context.fail(`its interpolation is "${mode}"`)
  const rule = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel')
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor')
  const antialias = numberAttribute(node, 'antialias', 0) === 1
  const leavesOut = numberAttribute(node, 'exclude_outside', 0) === 1
  const [kernel, reach] = mode === 'cubic' ? [cubic(numberAttribute(node, 'cubic_coeff_a', -0.75)), 2] : [triangle, 1]
  const given = context.has(3) ? undefined : context.constant(2)
  // Stated scales count even where rounding made the result a little smaller.
  const scales = given && toFloat32(given)
  const cropped = rule === CROP ? cropOf(context, rank) : undefined
  const isWhole = (axis: number) => cropped?.(axis).join() === '0,1'
  if (cropped && shape.every((dim, axis) => dim === target[axis]) && !shape.every((_, axis) => isWhole(axis)))
    context.fail('it shows a part of the picture at the size of the whole, of which ONNX Runtime shows the whole')
  let x = context.input(0, context.layoutOf(0))
  for (let axis = 0; axis < rank; axis++) {
    const crop = cropped?.(axis) ?? [0, 1]
    if (shape[axis] === target[axis] && crop.join() === '0,1') continue
    const [from, to] = knownDims(context, [shape[axis] as number, target[axis] as number]) as [number, number]
    const own = { from, to, scale: scales?.[axis] ?? to / from, crop }
    const at = Array.from({ length: to }, (_, i) => coordinate(context, rule, i, own))
    const clamp = (position: number) => Math.min(Math.max(position, 0), from - 1)
    const inside = at.map((position) => !cropped || (position >= 0 && position <= from - 1))
    if (mode === 'nearest') {
      const places = at.map((position) => clamp(nearest(context, rounding, position)))
      x = filled(context, gatherAlong(context, x, axisIn(x.layout, axis, rank), places), inside, axis, rank)
      continue
    }
    // Between two pixels a position outside is at the border.
    const held = mode === 'linear' && !leavesOut && !antialias ? at.map(clamp) : at
    const between = weighted(context, x, axis, rank, tapsOf(held, own, kernel, reach, { antialias, leavesOut }))
    x = filled(context, between, inside, axis, rank)
  }
  context.output(0, x)
}
