/** Lowering of QuantizeLinear and DequantizeLinear: whole steps of a scale, counted in floats. */
import { numberAttribute } from '../../graph/graph'
import { float32, type TensorData, toFloat32 } from '../../graph/tensor'
import type { Layout, LoweringContext, Register } from '../lowering'
import { axisIn, binaryEmit, scalar, unaryEmit } from './common'

const ranges: Readonly<Record<string, readonly [number, number]>> = { uint8: [0, 255], int8: [-128, 127] }

/** A step in parts: a float32 counts every part of 255 steps exactly. */
const parts = 2 ** 16

/** One number, or one a position along the operator's axis, laid out to be broadcast. */
function perAxis(context: LoweringContext, values: Float32Array, layout: Layout): Register {
  if (values.length === 1) return scalar(context, values[0] as number)
  const rank = context.shape(0).length
  const given = numberAttribute(context.node, 'axis', 1)
  const dims = Array<number>(rank).fill(1)
  dims[axisIn(layout, given < 0 ? given + rank : given, rank)] = values.length
  return context.literal(float32(dims, values))
}

function operands(context: LoweringContext): { scale: Float32Array; zero: TensorData | undefined } {
  if (numberAttribute(context.node, 'block_size', 0) !== 0) context.fail('it has a scale for each block')
  const scale = context.constant(1) ?? context.fail('its scale is computed')
  const zero = context.has(2) ? (context.constant(2) ?? context.fail('its zero point is computed')) : undefined
  return { scale: toFloat32(scale), zero }
}

/** The same number at both ends of the range for every position, or one a position. */
function clamp(context: LoweringContext, x: Register, [low, high]: readonly [number, number], zeros: Float32Array) {
  const [first = 0] = zeros
  if (zeros.every((zero) => zero === first)) {
    return unaryEmit(context, 'ClipByValue', x, { clip_value_min: low - first, clip_value_max: high - first })
  }
  const ends = [low, high].map((end) =>
    perAxis(
      context,
      zeros.map((zero) => end - zero),
      x.layout,
    ),
  ) as [Register, Register]
  return binaryEmit(context, 'Minimum', binaryEmit(context, 'Maximum', x, ends[0]), ends[1])
}

/**
 * The nearest whole number whose gradient is that of the number itself, as networks are trained for quantisation:
 * rounding has no gradient, and neither has what is subtracted, the number to the nearest of very small parts.
 */
function nearest(context: LoweringContext, x: Register): Register {
  const whole = unaryEmit(context, 'Round', x)
  const fine = unaryEmit(context, 'Round', binaryEmit(context, 'Mul', x, scalar(context, parts)))
  const itself = binaryEmit(context, 'Mul', fine, scalar(context, 1 / parts))
  return binaryEmit(context, 'AddV2', x, binaryEmit(context, 'Sub', whole, itself))
}

export function lowerQuantize(context: LoweringContext): void {
  const { scale, zero } = operands(context)
  const dtype = zero?.dtype ?? 'uint8'
  const range = ranges[dtype] ?? context.fail(`it counts in ${dtype}`)
  const layout = context.layoutOf(0)
  const zeros = zero ? Float32Array.from(zero.data as ArrayLike<number>) : Float32Array.of(0)
  const steps = binaryEmit(context, 'RealDiv', context.input(0, layout), perAxis(context, scale, layout))
  const counted = nearest(context, clamp(context, steps, range, zeros))
  const shifted = zeros.some((value) => value !== 0)
  context.output(0, shifted ? binaryEmit(context, 'AddV2', counted, perAxis(context, zeros, layout)) : counted)
}

export function lowerDequantize(context: LoweringContext): void {
  const { scale, zero } = operands(context)
  const layout = context.layoutOf(0)
  const zeros = zero ? Float32Array.from(zero.data as ArrayLike<number>) : Float32Array.of(0)
  let x = context.input(0, layout)
  if (zeros.some((value) => value !== 0)) x = binaryEmit(context, 'Sub', x, perAxis(context, zeros, layout))
  context.output(0, binaryEmit(context, 'Mul', x, perAxis(context, scale, layout)))
}
