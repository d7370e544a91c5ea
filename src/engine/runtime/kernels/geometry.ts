/** Strides, dilations and padding of a two-dimensional convolution, from the attributes of a TF.js kernel. */
import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core'

export interface Geometry {
  readonly batch: number
  readonly inHeight: number
  readonly inWidth: number
  readonly inChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  readonly filterHeight: number
  readonly filterWidth: number
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** Rows and columns of zeros before the first. */
  readonly top: number
  readonly left: number
}

export function geometryOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: NamedAttrMap,
  depthwise: boolean,
): Geometry {
  const { strides, dilations, pad, dimRoundingMode } = attributes as unknown as {
    strides: [number, number]
    dilations?: [number, number] | number
    pad: Parameters<typeof backend_util.computeConv2DInfo>[4]
    dimRoundingMode?: 'floor' | 'round' | 'ceil'
  }
  const info = backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  )
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    top: info.padInfo.top,
    left: info.padInfo.left,
  }
}

/** Padding attribute that adds zeros before and after the rows and columns. */
export const explicitPadding = (top: number, bottom: number, left: number, right: number) => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
]
