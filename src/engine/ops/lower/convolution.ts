/** Lowering of Conv in one to three dimensions. */
import { numberAttribute, type Shape } from '../../graph/graph'
import { tensor } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { type Window, windowOf } from '../shapes'
import { knownDims, targetDims } from './common'

/** A one-dimensional value becomes an image of height 1, and back. */
export function asImage(context: LoweringContext, x: Register, shape: Shape): Register {
  if (shape.length === 4) return x
  const [n, c, length] = shape as [number, number, number]
  return context.emit('Reshape', [x], { shape: targetDims(context, [n, 1, length, c]) }, 'nhwc')
}

export function fromImage(context: LoweringContext, y: Register): Register {
  const shape = context.outputShape(0)
  if (shape.length === 4) return y
  const [n, c, length] = shape as [number, number, number]
  return context.emit('Reshape', [y], { shape: targetDims(context, [n, length, c]) }, 'nhwc')
}

/** A window over an image: one dimension gets a height of 1. */
export function imageWindow(window: Window): Window {
  if (window.kernel.length === 2) return window
  const one = (list: readonly number[]) => [1, ...list]
  const [begin, end] = window.pads as [number, number]
  return {
    ...window,
    kernel: one(window.kernel),
    strides: one(window.strides),
    dilations: one(window.dilations),
    pads: [0, begin, 0, end],
  }
}

/** GraphDef attributes of a convolution. Pads as in ONNX: top, left, bottom, right. */
export const convolutionAttributes = (window: Window) => {
  const [top, left, bottom, right] = window.pads as [number, number, number, number]
  return {
    strides: [1, ...window.strides, 1],
    dilations: [1, ...window.dilations, 1],
    padding: 'EXPLICIT',
    explicit_paddings: [0, 0, top, bottom, left, right, 0, 0],
    data_format: 'NHWC',
  }
}

/**
 * A volume [N, D, H, W, C] as images: at each depth of the result its taps of depth lie beside one another as channels.
 * @returns [N * depths, H, W, taps * C]
 */
export function depthAsChannels(context: LoweringContext, x: Register, shape: Shape, window: Window): Register {
  const [channels, depth, height, width] = knownDims(context, shape.slice(1)) as [number, number, number, number]
  const [taps, stride, dilation] = [window.kernel, window.strides, window.dilations].map(([first]) => first) as [
    number,
    number,
    number,
  ]
  const [before, after] = [window.pads[0] as number, window.pads[3] as number]
  const depths = Math.floor((depth + before + after - dilation * (taps - 1) - 1) / stride) + 1
  const paddings = [0, 0, before, after, 0, 0, 0, 0, 0, 0]
  const padded = before + after > 0 ? context.emit('PadV2', [x], { paddings, constant_value: 0 }, 'nhwc') : x
  const places = Int32Array.from(
    { length: depths * taps },
    (_, i) => Math.floor(i / taps) * stride + (i % taps) * dilation,
  )
  const all = places.every((place, i) => place === i) && places.length === depth + before + after
  const picked = all
    ? padded
    : context.emit('GatherV2', [padded, context.literal(tensor('int32', [places.length], places))], { axis: 1 }, 'nhwc')
  if (taps === 1) return context.emit('Reshape', [picked], { shape: [-1, height, width, channels] }, 'nhwc')
  const apart = context.emit('Reshape', [picked], { shape: [-1, taps, height * width, channels] }, 'nhwc')
  const beside = context.emit('Transpose', [apart], { perm: [0, 2, 1, 3] }, 'nhwc')
  return context.emit('Reshape', [beside], { shape: [-1, height, width, taps * channels] }, 'nhwc')
}

/** The window over height and width alone. */
export const imageOfVolume = (window: Window): Window => ({
  ...window,
  kernel: window.kernel.slice(1),
  strides: window.strides.slice(1),
  dilations: window.dilations.slice(1),
  pads: [1, 2, 4, 5].map((i) => window.pads[i] as number),
})

/** A convolution over three axes, as one over images whose channels hold the taps of depth too. */
function lowerVolume(context: LoweringContext, dims: readonly number[], groups: number): Register {
  const shape = context.shape(0)
  const window = windowOf(context.node, dims.slice(2), shape.slice(2))
  const attributes = convolutionAttributes(imageOfVolume(window))
  const [outputs, perGroup, taps, height, width] = dims as [number, number, number, number, number]
  const volume = context.input(0, 'nhwc')
  const split = (register: Register, extent: number, axis: number) =>
    groups === 1
      ? [register]
      : context.emitMany(
          'SplitV',
          [register],
          { size_splits: Array<number>(groups).fill(extent / groups), axis },
          'nhwc',
          groups,
        )
  const target = [context.shape(0)[0] as number, ...context.outputShape(0).slice(2), outputs]
  let y: Register
  if (perGroup === 1 && groups > 1) {
    const x = depthAsChannels(context, volume, shape, window)
    const filter = context.weight(1, [3, 4, 2, 0, 1], [height, width, taps * groups, outputs / groups])
    y = context.emit('DepthwiseConv2dNative', [x, filter], attributes, 'nhwc')
    const apart = context.emit('Reshape', [y], { shape: [-1, taps, outputs] }, 'nhwc')
    y = taps === 1 ? apart : context.emit('Sum', [apart], { axis: [1], keep_dims: false }, 'nhwc')
  } else {
    const filter = context.weight(1, [3, 4, 2, 1, 0], [height, width, taps * perGroup, outputs])
    const filters = split(filter, outputs, 3)
    const part = [shape[0] as number, perGroup, ...shape.slice(2)]
    const parts = split(volume, perGroup * groups, 4).map((own, g) =>
      context.emit('Conv2D', [depthAsChannels(context, own, part, window), filters[g] as Register], attributes, 'nhwc'),
    )
    y = groups === 1 ? (parts[0] as Register) : context.emit('ConcatV2', parts, { axis: 3 }, 'nhwc')
  }
  return context.emit('Reshape', [y], { shape: targetDims(context, target) }, 'nhwc')
}

const requireImage = (context: LoweringContext, rank: number) => {
  if (rank !== 3 && rank !== 4) context.fail(`convolutions in ${rank - 2} dimensions have no operation here`)
}

export function withBias(context: LoweringContext, y: Register): Register {
  return context.has(2) ? context.emit('BiasAdd', [y, context.weight(2)], { data_format: 'NHWC' }, 'nhwc') : y
}

export function lowerConv(context: LoweringContext): void {
  const shape = context.shape(0)
  const dims = context.constant(1)?.dims ?? context.fail('its weight is computed, not constant')
  const groups = numberAttribute(context.node, 'group', 1)
  if (shape.length === 5) {
    context.output(0, withBias(context, lowerVolume(context, dims, groups)))
    return
  }
  requireImage(context, shape.length)
  const window = imageWindow(windowOf(context.node, dims.slice(2), shape.slice(2)))
  const attributes = convolutionAttributes(window)
  const x = asImage(context, context.input(0, 'nhwc'), shape)
  const [outputs, perGroup] = dims as [number, number]
  const [height, width] = window.kernel as [number, number]
  const spatial = dims.slice(2).map((_, i) => i + 2)
  let y: Register
  if (groups === 1) {
    const filter = context.weight(1, [...spatial, 1, 0], [height, width, perGroup, outputs])
    y = context.emit('Conv2D', [x, filter], attributes, 'nhwc')
  } else if (perGroup === 1) {
    const filter = context.weight(1, [...spatial, 0, 1], [height, width, groups, outputs / groups])
    y = context.emit('DepthwiseConv2dNative', [x, filter], attributes, 'nhwc')
  } else {
    const filter = context.weight(1, [...spatial, 1, 0], [height, width, perGroup, outputs])
    const split = (register: Register, extent: number) =>
      context.emitMany(
        'SplitV',
        [register],
        { size_splits: Array<number>(groups).fill(extent / groups), axis: 3 },
        'nhwc',
        groups,
      )
    const images = split(x, perGroup * groups)
    const filters = split(filter, outputs)
    const parts = images.map((image, g) => context.emit('Conv2D', [image, filters[g] as Register], attributes, 'nhwc'))
    y = context.emit('ConcatV2', parts, { axis: 3 }, 'nhwc')
  }
  context.output(0, fromImage(context, withBias(context, y)))
}
