/** Lowering of LpPool and GlobalLpPool: powers of what lies in a window are added up, and the root taken of the sum. */
import { numberAttribute, numbersAttribute } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { windowOf } from '../shapes'
import { binaryEmit, knownDims, scalar, unaryEmit } from './common'
import { weighted } from './taps'

/** Roots have no slope at zero: sums below this count as this, whose root no float32 beside a 1 can tell from 0. */
const LEAST = 1e-24

const power = (context: LoweringContext, x: Register, p: number): Register => {
  if (p === 2) return unaryEmit(context, 'Square', x)
  const magnitude = unaryEmit(context, 'Abs', x)
  return p === 1 ? magnitude : binaryEmit(context, 'Pow', magnitude, scalar(context, p))
}

function root(context: LoweringContext, sum: Register, p: number): Register {
  if (p === 1) return sum
  const positive = binaryEmit(context, 'Maximum', sum, scalar(context, LEAST))
  return p === 2 ? unaryEmit(context, 'Sqrt', positive) : binaryEmit(context, 'Pow', positive, scalar(context, 1 / p))
}

const orderOf = (context: LoweringContext): number => numberAttribute(context.node, 'p', 2)

/** Sums over windows, axis by axis; padding adds nothing. */
export function lowerLpPool(context: LoweringContext): void {
  const shape = context.shape(0)
  const rank = shape.length
  const kernel = numbersAttribute(context.node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape')
  const window = windowOf(context.node, kernel, shape.slice(2))
  const extents = knownDims(context, shape.slice(2))
  const counts = knownDims(context, context.outputShape(0).slice(2))
  let sum = power(context, context.input(0, 'nhwc'), orderOf(context))
  for (const [i, extent] of extents.entries()) {
    const [size, stride, dilation, before] = [
      window.kernel[i],
      window.strides[i],
      window.dilations[i],
      window.pads[i],
    ] as [number, number, number, number]
    const starts = Array.from({ length: counts[i] as number }, (_, o) => o * stride - before)
    const taps = Array.from({ length: size }, (_, tap) => {
      const places = starts.map((start) => start + tap * dilation)
      const inside = places.map((place) => place >= 0 && place < extent)
      return {
        positions: places.map((place, o) => (inside[o] ? place : 0)),
        weights: inside.map(Number),
      }
    })
    sum = weighted(context, sum, i + 2, rank, taps)
  }
  context.output(0, root(context, sum, orderOf(context)))
}

export function lowerGlobalLpPool(context: LoweringContext): void {
  const rank = context.shape(0).length
  const axis = Array.from({ length: rank - 2 }, (_, i) => i + 1)
  const powers = power(context, context.input(0, 'nhwc'), orderOf(context))
  const sum = context.emit('Sum', [powers], { axis, keep_dims: true }, 'nhwc')
  context.output(0, root(context, sum, orderOf(context)))
}
