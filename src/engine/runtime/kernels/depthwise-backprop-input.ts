/** DepthwiseConv2dNativeBackpropInput for WASM, which has none. */
import { DepthwiseConv2dNativeBackpropInput, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import { compose, type Scope } from './compose'
import { type Geometry, geometryOf } from './geometry'
import { inputGradient } from './spread'

/** dy [N, H', W', C q], filter [k_h, k_w, C, q] -> [N, H, W, C]. */
export function depthwiseInputGradient(
  scope: Scope,
  dy: TensorInfo,
  filter: TensorInfo,
  geometry: Geometry,
): TensorInfo {
  const { filterHeight, filterWidth, dilations, batch, inHeight, inWidth, inChannels, outChannels } = geometry
  // Every output channel has a filter of its own, so dy is convolved depthwise, one output for each.
  const flat = scope.reshape(filter, [filterHeight, filterWidth, outChannels, 1])
  const turned = filterHeight === 1 && filterWidth === 1 ? flat : scope.run('Reverse', { x: flat }, { dims: [0, 1] })
  const full = inputGradient(scope, dy, geometry, (x, pad) =>
    scope.run(
      'DepthwiseConv2dNative',
      { x, filter: turned },
      { strides: [1, 1], dilations, pad, dimRoundingMode: undefined },
    ),
  )
  if (inChannels === outChannels) return full
  const multiplier = outChannels / inChannels
  const split = scope.reshape(full, [batch * inHeight * inWidth * inChannels, multiplier])
  const summed = scope.run('Sum', { x: split }, { axis: [1], keepDims: false })
  return scope.reshape(summed, [batch, inHeight, inWidth, inChannels])
}

export const depthwiseBackpropInput: KernelConfig = {
  kernelName: DepthwiseConv2dNativeBackpropInput,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo }
    const geometry = geometryOf(attrs?.inputShape as number[], filter.shape, attrs ?? {}, true)
    return compose(backend as never, (scope) => depthwiseInputGradient(scope, dy, filter, geometry))
  },
}
