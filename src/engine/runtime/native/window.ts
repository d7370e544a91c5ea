/** Geometry of convolutions and pooling as attributes of TensorFlow's own operations. */
import { backend_util } from '@tensorflow/tfjs-core'

type Pad = 'valid' | 'same' | number | backend_util.ExplicitPadding
type Size4 = [number, number, number, number]
type Pair = [number, number]

interface WindowAttributes {
  readonly strides: Pair
  readonly pad: Pad
  readonly dilations?: Pair
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

export interface Padding {
  readonly kind: 'VALID' | 'SAME' | 'EXPLICIT'
  /** top, bottom, left, right */
  readonly sides: Size4
}

export interface Window {
  readonly kernel: Pair
  readonly strides: Pair
  readonly dilations: Pair
  readonly padding: Padding
}

type Info = backend_util.Conv2DInfo

/** Whether what TensorFlow adds for SAME is just these numbers of pixels. */
function isSame(input: number, output: number, kernel: number, stride: number, dilation: number, sides: Pair): boolean {
  const total = Math.max(0, (output - 1) * stride + (kernel - 1) * dilation + 1 - input)
  const before = Math.floor(total / 2)
  return output === Math.ceil(input / stride) && sides[0] === before && sides[1] === total - before
}

function windowOf(info: Info): Window {
  const { top, bottom, left, right, type } = info.padInfo
  // TensorFlow's gradients are up to forty times slower where padding is explicit.
  const same =
    isSame(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, info.dilationHeight, [top, bottom]) &&
    isSame(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, info.dilationWidth, [left, right])
  return {
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padding: {
      kind: type === 'VALID' ? type : same ? 'SAME' : 'EXPLICIT',
      sides: [top, bottom, left, right],
    },
  }
}

/** @throws Error of TF.js where input and filter do not fit */
export const convolutionWindow = (
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations, dimRoundingMode }: WindowAttributes,
  depthwise: boolean,
): Window =>
  windowOf(
    backend_util.computeConv2DInfo(
      inputShape as Size4,
      filterShape as Size4,
      strides,
      dilations ?? 1,
      pad,
      dimRoundingMode,
      depthwise,
    ),
  )

export const poolingWindow = (
  inputShape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: WindowAttributes & { readonly filterSize: Pair },
): Window => windowOf(backend_util.computePool2DInfo(inputShape as Size4, filterSize, strides, 1, pad, dimRoundingMode))

/** `padding`, and `explicit_paddings` where they are needed. */
export const paddingAttributes = ({ kind, sides }: Padding) =>
  kind === 'EXPLICIT' ? { padding: kind, explicit_paddings: [0, 0, ...sides, 0, 0] } : ({ padding: kind } as const)

export const inner = ([height, width]: Pair): number[] => [1, height, width, 1]

/** For `pad`, of a value [N, H, W, C]. */
export const paddingsOf = ({ padding }: Window): [number, number][] => {
  const [top, bottom, left, right] = padding.sides
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]
}
