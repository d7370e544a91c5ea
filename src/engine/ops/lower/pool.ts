/** Lowering of pooling over windows and over all positions. */
import { numberAttribute, numbersAttribute, type Shape } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { type Window, windowOf } from '../shapes'
import { knownDims, targetDims } from './common'
import { imageOfVolume, imageWindow } from './convolution'

/** The end padding with which TF's rounding down gives as many windows as ONNX counts. */
function endPadding(context: LoweringContext, window: Window, spatial: Shape, output: Shape, i: number): number {
  const end = window.pads[i + spatial.length] as number
  const size = spatial[i]
  const out = output[i]
  if (typeof size !== 'number' || typeof out !== 'number') {
    return window.ceil ? context.fail('it rounds up (ceil_mode) over an axis of unknown extent') : end
  }
  const span = ((window.kernel[i] as number) - 1) * (window.dilations[i] as number) + 1
  return Math.max(0, (out - 1) * (window.strides[i] as number) + span - size - (window.pads[i] as number))
}

/** Pooling of an image whose window is given, and the padding with which it counts zeros. */
function poolImage(context: LoweringContext, image: Register, window: Window, counted: Window): Register {
  let x = image
  let [top, left, bottom, right] = window.pads as [number, number, number, number]
  const isAverage = context.node.op === 'AveragePool'
  if (isAverage && numberAttribute(context.node, 'count_include_pad', 0) === 1) {
    // The stated padding counts as zeros; what rounding up adds to it does not count.
    const [, , givenBottom, givenRight] = counted.pads as [number, number, number, number]
    const paddings = [0, 0, top, Math.min(bottom, givenBottom), left, Math.min(right, givenRight), 0, 0]
    if (paddings.some((pad) => pad > 0)) {
      x = context.emit('PadV2', [x], { paddings, constant_value: 0 }, 'nhwc')
      bottom -= paddings[3] as number
      right -= paddings[5] as number
      top = 0
      left = 0
    }
  }
  return context.emit(
    isAverage ? 'AvgPool' : 'MaxPool',
    [x],
    {
      ksize: [1, ...window.kernel, 1],
      strides: [1, ...window.strides, 1],
      padding: 'EXPLICIT',
      explicit_paddings: [0, 0, top, bottom, left, right, 0, 0],
      data_format: 'NHWC',
    },
    'nhwc',
  )
}

/** The first axis of a volume's window, over images whose columns are all the pixels of a depth. */
const alongDepth = ({ kernel, strides, pads, dilations, ...rest }: Window): Window => ({
  ...rest,
  kernel: [kernel[0] as number, 1],
  strides: [strides[0] as number, 1],
  dilations: [dilations[0] as number, 1],
  pads: [pads[0] as number, 0, pads[3] as number, 0],
})

/** Largest and mean of a box are those over depth of those over height and width. */
function poolVolume(context: LoweringContext, window: Window, given: Window): Register {
  const [channels, depth, height, width] = knownDims(context, context.shape(0).slice(1)) as [
    number,
    number,
    number,
    number,
  ]
  const [batch, , depths, rows, columns] = context.outputShape(0) as [number, number, number, number, number]
  const reshape = (x: Register, shape: readonly number[]) => context.emit('Reshape', [x], { shape }, 'nhwc')
  const images = reshape(context.input(0, 'nhwc'), [-1, height, width, channels])
  const flat = poolImage(context, images, imageOfVolume(window), imageOfVolume(given))
  const deep = reshape(flat, [-1, depth, rows * columns, channels])
  const pooled = poolImage(context, deep, alongDepth(window), alongDepth(given))
  return reshape(pooled, targetDims(context, [batch, depths, rows, columns, channels]))
}

export function lowerPool(context: LoweringContext): void {
  const shape = context.shape(0)
  if (shape.length < 3 || shape.length > 5)
    context.fail(`pooling in ${shape.length - 2} dimensions has no operation here`)
  const kernel = numbersAttribute(context.node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape')
  const spatial = shape.slice(2)
  const given = windowOf(context.node, kernel, spatial)
  if (given.dilations.some((dilation) => dilation !== 1)) context.fail('its window is dilated')
  const output = context.outputShape(0).slice(2)
  const ends = spatial.map((_, i) => endPadding(context, given, spatial, output, i))
  const window = { ...given, pads: [...given.pads.slice(0, spatial.length), ...ends] }
  if (shape.length === 5) {
    context.output(0, poolVolume(context, window, given))
    return
  }
  let x = context.input(0, 'nhwc')
  if (shape.length === 3) {
    const [n, c, length] = shape as [number, number, number]
    x = context.emit('Reshape', [x], { shape: targetDims(context, [n, 1, length, c]) }, 'nhwc')
  }
  let y = poolImage(context, x, imageWindow(window), imageWindow(given))
  if (shape.length === 3) {
    const [n, c, length] = context.outputShape(0) as [number, number, number]
    y = context.emit('Reshape', [y], { shape: targetDims(context, [n, length, c]) }, 'nhwc')
  }
  context.output(0, y)
}

export function lowerGlobalPool(context: LoweringContext): void {
  const rank = context.shape(0).length
  const axis = Array.from({ length: rank - 2 }, (_, i) => i + 1)
  const op = context.node.op === 'GlobalAveragePool' ? 'Mean' : 'Max'
  context.output(0, context.emit(op, [context.input(0, 'nhwc')], { axis, keep_dims: true }, 'nhwc'))
}
