/** Lowering of pooling over windows and over all positions. */
import { numberAttribute, numbersAttribute, type Shape } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { type Window, windowOf } from '../shapes'
import { targetDims } from './common'
import { imageWindow } from './convolution'

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

export function lowerPool(context: LoweringContext): void {
  const shape = context.shape(0)
  if (shape.length !== 3 && shape.length !== 4)
    context.fail(`pooling in ${shape.length - 2} dimensions has no operation here`)
  const kernel = numbersAttribute(context.node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape')
  const spatial = shape.slice(2)
  const given = windowOf(context.node, kernel, spatial)
  if (given.dilations.some((dilation) => dilation !== 1)) context.fail('its window is dilated')
  const output = context.outputShape(0).slice(2)
  const ends = spatial.map((_, i) => endPadding(context, given, spatial, output, i))
  const window = imageWindow({ ...given, pads: [...given.pads.slice(0, spatial.length), ...ends] })
  let x = context.input(0, 'nhwc')
  if (shape.length === 3) {
    const [n, c, length] = shape as [number, number, number]
    x = context.emit('Reshape', [x], { shape: targetDims(context, [n, 1, length, c]) }, 'nhwc')
  }
  let [top, left, bottom, right] = window.pads as [number, number, number, number]
  const isAverage = context.node.op === 'AveragePool'
  if (isAverage && numberAttribute(context.node, 'count_include_pad', 0) === 1) {
    // The stated padding counts as zeros; what rounding up adds to it does not count.
    const [, , givenBottom, givenRight] = imageWindow(given).pads as [number, number, number, number]
    const paddings = [0, 0, top, Math.min(bottom, givenBottom), left, Math.min(right, givenRight), 0, 0]
    if (paddings.some((pad) => pad > 0)) {
      x = context.emit('PadV2', [x], { paddings, constant_value: 0 }, 'nhwc')
      bottom -= paddings[3] as number
      right -= paddings[5] as number
      top = 0
      left = 0
    }
  }
  let y: Register = context.emit(
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
