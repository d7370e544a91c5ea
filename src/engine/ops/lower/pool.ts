/** Lowering of pooling over windows and over all positions. */
import { numberAttribute, numbersAttribute, type Shape } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { type Window, windowOf } from '../shapes'
import { knownDims, targetDims } from './common'
import { imageOfVolume, imageWindow } from './convolution'
import { largest, weighted } from './taps'

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

/**
 * A window with gaps, axis by axis: the largest of a box is that of its rows' largest, and a box's positions that count are
 * those of its rows times those of its columns.
 */
function poolWithGaps(context: LoweringContext, window: Window, spatial: Shape): Register {
  const rank = spatial.length + 2
  const extents = knownDims(context, spatial)
  const counted = knownDims(context, context.outputShape(0).slice(2))
  const padsCount = numberAttribute(context.node, 'count_include_pad', 0) === 1
  let x = context.input(0, 'nhwc')
  for (const [i, size] of extents.entries()) {
    const [kernel, stride, dilation, before, behind] = [
      window.kernel[i],
      window.strides[i],
      window.dilations[i],
      window.pads[i],
      window.pads[i + extents.length],
    ] as [number, number, number, number, number]
    const windows = Array.from({ length: counted[i] as number }, (_, o) =>
      Array.from({ length: kernel }, (_, tap) => o * stride + tap * dilation - before),
    )
    const inside = (at: number) => at >= 0 && at < size
    const taps = Array.from({ length: kernel }, (_, tap) => tap)
    // What lies outside is read at another place of the same window.
    const positions = taps.map((tap) =>
      windows.map((places) => {
        const at = places[tap] as number
        return inside(at) ? at : (places.find(inside) ?? context.fail('a window of it reads nothing but padding'))
      }),
    )
    if (context.node.op === 'MaxPool') {
      x = largest(context, x, i + 2, rank, positions)
      continue
    }
    const counts = windows.map(
      (places) => places.filter((at) => inside(at) || (padsCount && at >= -before && at < size + behind)).length,
    )
    const weights = (tap: number) =>
      windows.map((places, o) => (inside(places[tap] as number) ? 1 / (counts[o] as number) : 0))
    x = weighted(
      context,
      x,
      i + 2,
      rank,
      taps.map((tap) => ({ positions: positions[tap] as number[], weights: weights(tap) })),
    )
  }
  return x
}

export function lowerPool(context: LoweringContext): void {
  const shape = context.shape(0)
  if (shape.length < 3 || shape.length > 5)
    context.fail(`pooling in ${shape.length - 2} dimensions has no operation here`)
  const kernel = numbersAttribute(context.node, 'kernel_shape', undefined) ?? context.fail('it has no kernel_shape')
  const spatial = shape.slice(2)
  const given = windowOf(context.node, kernel, spatial)
  if (given.dilations.some((dilation) => dilation !== 1)) {
    context.output(0, poolWithGaps(context, given, spatial))
    return
  }
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
