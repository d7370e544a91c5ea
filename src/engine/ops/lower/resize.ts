/** Lowering of Resize by index tables and weights, which follow ONNX's coordinate rules exactly. */
import { stringAttribute } from '../../graph/graph'
import { float32, toFloat32 } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { axisIn, binaryEmit, inLayout, knownDims } from './common'
import { gatherAlong } from './shape'

/** Where an output position lies in the input, in pixels. */
function coordinate(
  context: LoweringContext,
  mode: string,
  i: number,
  from: number,
  to: number,
  scale: number,
): number {
  switch (mode) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5
    case 'pytorch_half_pixel':
      return to > 1 ? (i + 0.5) / scale - 0.5 : 0
    case 'align_corners':
      return to > 1 ? (i * (from - 1)) / (to - 1) : 0
    case 'asymmetric':
      return i / scale
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

export function lowerResize(context: LoweringContext): void {
  const shape = context.shape(0)
  const rank = shape.length
  const target = context.outputShape(0)
  const mode = stringAttribute(context.node, 'mode', 'nearest')
  if (mode !== 'nearest' && mode !== 'linear') context.fail(`its interpolation is "${mode}"`)
  const rule = stringAttribute(context.node, 'coordinate_transformation_mode', 'half_pixel')
  const rounding = stringAttribute(context.node, 'nearest_mode', 'round_prefer_floor')
  const given = context.has(3) ? undefined : context.constant(2)
  // Stated scales count even where rounding made the result a little smaller.
  const scales = given && toFloat32(given)
  let x = context.input(0, context.layoutOf(0))
  for (let axis = 0; axis < rank; axis++) {
    if (shape[axis] === target[axis]) continue
    const [from, to] = knownDims(context, [shape[axis] as number, target[axis] as number]) as [number, number]
    const clamp = (position: number) => Math.min(Math.max(position, 0), from - 1)
    const at = Array.from({ length: to }, (_, i) => coordinate(context, rule, i, from, to, scales?.[axis] ?? to / from))
    const place = axisIn(x.layout, axis, rank)
    if (mode === 'nearest') {
      x = gatherAlong(
        context,
        x,
        place,
        at.map((position) => clamp(nearest(context, rounding, position))),
      )
      continue
    }
    const held = at.map(clamp)
    const low = held.map(Math.floor)
    const share = held.map((position, i) => position - (low[i] as number))
    const extents = inLayout(
      x.layout,
      shape.map((_, i) => (i === axis ? to : 1)),
    )
    const weighted = (positions: readonly number[], weights: readonly number[]): Register =>
      binaryEmit(context, 'Mul', gatherAlong(context, x, place, positions), context.literal(float32(extents, weights)))
    x = binaryEmit(
      context,
      'AddV2',
      weighted(
        low,
        share.map((s) => 1 - s),
      ),
      weighted(
        low.map((position) => clamp(position + 1)),
        share,
      ),
    )
  }
  context.output(0, x)
}
