/**
 * Conv2DBackpropInput for WASM by a forward convolution: the backend's own kernel is a scalar loop (3-4 GFLOP/s, this
 * one 30-37).
 */
import { Conv2DBackpropInput, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import { compose, type Scope } from './compose'
import { explicitPadding, type Geometry, geometryOf } from './geometry'
import { inputGradient, spread } from './spread'

const noStride = { strides: [1, 1], dataFormat: 'NHWC', dimRoundingMode: undefined } as const

/** dy [N, H', W', M], filter [k_h, k_w, C, M] -> [N, H, W, C]. */
export function convolutionInputGradient(
  scope: Scope,
  dy: TensorInfo,
  filter: TensorInfo,
  geometry: Geometry,
): TensorInfo {
  const { filterHeight, filterWidth, strides, dilations, top, left, inHeight, inWidth, batch, inChannels } = geometry
  const turned =
    filterHeight === 1 && filterWidth === 1 ? filter : scope.run('Reverse', { x: filter }, { dims: [0, 1] })
  const swapped = scope.transpose(turned, [0, 1, 3, 2])
  const pointwise = filterHeight === 1 && filterWidth === 1 && top === 0 && left === 0
  if (pointwise && (strides[0] > 1 || strides[1] > 1)) {
    const small = scope.run('Conv2D', { x: dy, filter: swapped }, { ...noStride, dilations: [1, 1], pad: 'valid' })
    const wide = spread(scope, small, strides)
    const [, height, width] = wide.shape as [number, number, number, number]
    const cut = scope.slice(
      wide,
      [0, 0, 0, 0],
      [batch, Math.min(height, inHeight), Math.min(width, inWidth), inChannels],
    )
    const missing = explicitPadding(0, inHeight - (cut.shape[1] as number), 0, inWidth - (cut.shape[2] as number))
    return scope.pad(cut, missing as [number, number][])
  }
  return inputGradient(scope, dy, geometry, (x, pad) =>
    scope.run('Conv2D', { x, filter: swapped }, { ...noStride, dilations, pad }),
  )
}

export const conv2DBackpropInput: KernelConfig = {
  kernelName: Conv2DBackpropInput,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo }
    const geometry = geometryOf(attrs?.inputShape as number[], filter.shape, attrs ?? {}, false)
    return compose(backend as never, (scope) => convolutionInputGradient(scope, dy, filter, geometry))
  },
}
