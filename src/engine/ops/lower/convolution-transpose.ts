/** Lowering of ConvTranspose in one to three dimensions. */
import { numberAttribute, numbersAttribute } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { type Window, windowOf } from '../shapes'
import { knownDims, targetDims } from './common'
import {
  asImage,
  convolutionAttributes,
  depthAsChannels,
  fromImage,
  imageOfVolume,
  imageWindow,
  withBias,
} from './convolution'

/** Zeros between the pixels, and stride - 1 of them behind the last along each axis. */
function spread(
  context: LoweringContext,
  x: Register,
  extents: readonly number[],
  strides: readonly number[],
  channels: number,
): Register {
  if (strides.every((stride) => stride === 1)) return x
  let result = x
  let line = channels
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const stride = strides[axis] as number
    if (stride > 1) {
      const paddings = [0, 0, 0, (stride - 1) * line]
      result = context.emit('Reshape', [result], { shape: [-1, line] }, 'nhwc')
      result = context.emit('PadV2', [result], { paddings, constant_value: 0 }, 'nhwc')
    }
    line *= stride * (extents[axis] as number)
  }
  const shape = [-1, ...extents.map((extent, i) => extent * (strides[i] as number)), channels]
  return context.emit('Reshape', [result], { shape }, 'nhwc')
}

/** What negative pads cut off. */
function cropped(context: LoweringContext, x: Register, extents: readonly number[], pads: readonly number[]): Register {
  if (pads.every((pad) => pad >= 0)) return x
  const rank = extents.length
  const begin = [0, ...extents.map((_, i) => Math.max(0, -(pads[i] as number))), 0]
  const size = extents.map(
    (extent, i) => extent + Math.min(0, pads[i] as number) + Math.min(0, pads[i + rank] as number),
  )
  return context.emit('Slice', [x], { begin, size: [-1, ...size, -1] }, 'nhwc')
}

const groupsOf = (context: LoweringContext, x: Register, extent: number, groups: number, axis: number): Register[] =>
  groups === 1
    ? [x]
    : context.emitMany(
        'SplitV',
        [x],
        { size_splits: Array<number>(groups).fill(extent / groups), axis },
        'nhwc',
        groups,
      )

/**
 * As a convolution: zeros between the pixels, the filter turned around, and the padding that is left of the full
 * correlation.
 */
export function lowerConvTranspose(context: LoweringContext): void {
  const shape = context.shape(0)
  if (shape.length < 3 || shape.length > 5) {
    context.fail(`convolutions in ${shape.length - 2} dimensions have no operation here`)
  }
  const dims = context.constant(1)?.dims ?? context.fail('its weight is computed, not constant')
  if (numbersAttribute(context.node, 'output_shape', undefined)) context.fail('it states its output_shape')
  if (context.node.attributes.has('auto_pad') && context.node.attributes.get('auto_pad')?.value !== 'NOTSET') {
    context.fail('its padding is automatic')
  }
  const lengths = knownDims(context, shape.slice(2))
  const own = windowOf(context.node, dims.slice(2), shape.slice(2))
  const more = numbersAttribute(context.node, 'output_padding', undefined) ?? lengths.map(() => 0)
  const line = lengths.length === 1
  const window = line ? imageWindow(own) : own
  const [extents, extra] = line
    ? [
        [1, ...lengths],
        [0, ...more],
      ]
    : [lengths, more]
  const rank = extents.length
  const reach = window.kernel.map((kernel, i) => (kernel - 1) * (window.dilations[i] as number))
  const pads = [
    ...reach.map((span, i) => span - (window.pads[i] as number)),
    // The zeros behind the last pixel count as padding.
    ...reach.map(
      (span, i) =>
        span - (window.pads[i + rank] as number) + (extra[i] as number) - ((window.strides[i] as number) - 1),
    ),
  ]
  const whole = { ...window, strides: extents.map(() => 1), pads: pads.map((pad) => Math.max(0, pad)) }
  const inputs = dims[0] as number
  const image = line ? asImage(context, context.input(0, 'nhwc'), shape) : context.input(0, 'nhwc')
  const wide = spread(context, image, extents, window.strides, inputs)
  const spreadExtents = extents.map((extent, i) => extent * (window.strides[i] as number))
  const x = cropped(context, wide, spreadExtents, pads)
  const left = spreadExtents.map(
    (extent, i) => extent + Math.min(0, pads[i] as number) + Math.min(0, pads[i + rank] as number),
  )
  const y = rank === 3 ? overVolume(context, x, left, whole, dims) : overImage(context, x, whole, dims)
  context.output(0, rank === 3 ? y : fromImage(context, withBias(context, y)))
}

function overImage(context: LoweringContext, x: Register, window: Window, dims: readonly number[]): Register {
  const groups = numberAttribute(context.node, 'group', 1)
  const [inputs, perGroup] = dims as [number, number]
  const spatial = dims.slice(2).map((_, i) => i + 2)
  // [C, M / groups, k_h, k_w] -> [k_h, k_w, C, M / groups], turned.
  const weight = context.weight(1, [...spatial, 0, 1], [...window.kernel, inputs, perGroup])
  const filter = context.emit('ReverseV2', [weight], { dims: [0, 1] }, 'plain')
  const filters = groupsOf(context, filter, inputs, groups, 2)
  const attributes = convolutionAttributes(window)
  const parts = groupsOf(context, x, inputs, groups, 3).map((part, g) =>
    context.emit('Conv2D', [part, filters[g] as Register], attributes, 'nhwc'),
  )
  return groups === 1 ? (parts[0] as Register) : context.emit('ConcatV2', parts, { axis: 3 }, 'nhwc')
}

/** As images whose channels hold the taps of depth, like a convolution over volumes. */
function overVolume(
  context: LoweringContext,
  x: Register,
  extents: readonly number[],
  window: Window,
  dims: readonly number[],
): Register {
  const groups = numberAttribute(context.node, 'group', 1)
  const [inputs, perGroup, taps] = dims as [number, number, number]
  const [, height, width] = window.kernel as [number, number, number]
  const own = inputs / groups
  const turned = (weight: Register) => context.emit('ReverseV2', [weight], { dims: [0, 1, 2] }, 'plain')
  // [C, M / groups, k_d, k_h, k_w] -> [k_h, k_w, k_d, C x M / groups], turned; a group's rows of C lie together.
  const weight = turned(context.weight(1, [3, 4, 2, 0, 1], [height, width, taps, inputs * perGroup]))
  const filters = groupsOf(context, weight, inputs * perGroup, groups, 3).map((filter) =>
    context.emit('Reshape', [filter], { shape: [height, width, taps * own, perGroup] }, 'plain'),
  )
  const [samples] = context.shape(0)
  const attributes = convolutionAttributes(imageOfVolume(window))
  const parts = groupsOf(context, x, inputs, groups, 4).map((part, g) => {
    const images = depthAsChannels(context, part, [samples as number, own, ...extents], window)
    return context.emit('Conv2D', [images, filters[g] as Register], attributes, 'nhwc')
  })
  const y = groups === 1 ? (parts[0] as Register) : context.emit('ConcatV2', parts, { axis: 3 }, 'nhwc')
  const target = [samples as number, ...context.outputShape(0).slice(2), groups * perGroup]
  return context.emit('Reshape', [withBias(context, y)], { shape: targetDims(context, target) }, 'nhwc')
}
