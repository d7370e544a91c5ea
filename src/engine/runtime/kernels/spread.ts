/** Steps shared by the gradients of convolutions with respect to their input. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Scope } from './compose'
import { explicitPadding, type Geometry } from './geometry'

/** Puts stride - 1 zeros behind every row and column: [N, H, W, C] -> [N, H s_h, W s_w, C]. */
export function spread(scope: Scope, x: TensorInfo, strides: readonly [number, number]): TensorInfo {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const [strideHeight, strideWidth] = strides
  if (strideHeight === 1 && strideWidth === 1) return x
  const columns = scope.pad(scope.reshape(x, [batch * height * width, channels]), [
    [0, 0],
    [0, (strideWidth - 1) * channels],
  ])
  const line = width * strideWidth * channels
  const rows = scope.pad(scope.reshape(columns, [batch * height, line]), [
    [0, 0],
    [0, (strideHeight - 1) * line],
  ])
  return scope.reshape(rows, [batch, height * strideHeight, width * strideWidth, channels])
}

/**
 * The full correlation that a convolution's input gradient is: dy with zeros between its pixels, convolved with the
 * filter turned by 180 degrees. `convolve` runs the convolution with the given padding and no stride.
 */
export function inputGradient(
  scope: Scope,
  dy: TensorInfo,
  geometry: Geometry,
  convolve: (x: TensorInfo, pad: number[][]) => TensorInfo,
): TensorInfo {
  const { strides, dilations, filterHeight, filterWidth, top, left, inHeight, inWidth, batch } = geometry
  const wide = spread(scope, dy, strides)
  const [, height, width] = wide.shape as [number, number, number, number]
  const before = [(filterHeight - 1) * dilations[0] - top, (filterWidth - 1) * dilations[1] - left] as const
  // The window at input row i starts at row i - before of `wide`; the last one must end inside the padding.
  const after = [inHeight + top - height, inWidth + left - width] as const
  const full = convolve(
    wide,
    explicitPadding(Math.max(0, before[0]), Math.max(0, after[0]), Math.max(0, before[1]), Math.max(0, after[1])),
  )
  const skip = [Math.max(0, -before[0]), Math.max(0, -before[1])] as const
  const [, fullHeight, fullWidth, channels] = full.shape as [number, number, number, number]
  return fullHeight === inHeight && fullWidth === inWidth
    ? full
    : scope.slice(full, [0, skip[0], skip[1], 0], [batch, inHeight, inWidth, channels])
}
