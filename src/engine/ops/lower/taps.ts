/** Values made of a few weighted others along one axis: interpolation, and pooling by windows with gaps. */
import { float32 } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { axisIn, binaryEmit, inLayout } from './common'
import { gatherAlong } from './shape'

/** Where each position of the result reads, and how much that counts. */
export interface Tap {
  readonly positions: readonly number[]
  readonly weights: readonly number[]
}

/** The sum over taps. @param axis in ONNX order, of a value of `rank` axes */
export function weighted(
  context: LoweringContext,
  x: Register,
  axis: number,
  rank: number,
  taps: readonly Tap[],
): Register {
  const place = axisIn(x.layout, axis, rank)
  const parts = taps
    .filter(({ weights }) => weights.some((weight) => weight !== 0))
    .map(({ positions, weights }) => {
      const found = gatherAlong(context, x, place, positions)
      if (weights.every((weight) => weight === 1)) return found
      const extents = inLayout(
        x.layout,
        Array.from({ length: rank }, (_, i) => (i === axis ? weights.length : 1)),
      )
      return binaryEmit(context, 'Mul', found, context.literal(float32(extents, weights)))
    })
  return parts.reduce((sum, part) => binaryEmit(context, 'AddV2', sum, part))
}

/** The largest of the taps. */
export const largest = (
  context: LoweringContext,
  x: Register,
  axis: number,
  rank: number,
  positions: readonly (readonly number[])[],
): Register =>
  positions
    .map((places) => gatherAlong(context, x, axisIn(x.layout, axis, rank), places))
    .reduce((most, part) => binaryEmit(context, 'Maximum', most, part))
