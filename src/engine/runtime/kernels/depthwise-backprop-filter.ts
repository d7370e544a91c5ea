/** DepthwiseConv2dNativeBackpropFilter for WASM, which has none: one product and one sum a tap of the filter. */
import { DepthwiseConv2dNativeBackpropFilter, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import { compose } from './compose'
import { explicitPadding, geometryOf } from './geometry'

export const depthwiseBackpropFilter: KernelConfig = {
  kernelName: DepthwiseConv2dNativeBackpropFilter,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
    const geometry = geometryOf(x.shape, attrs?.filterShape as number[], attrs ?? {}, true)
    const { batch, inHeight, inWidth, inChannels, outChannels, outHeight, outWidth, strides, dilations } = geometry
    const { filterHeight, filterWidth, top, left } = geometry
    const multiplier = outChannels / inChannels
    return compose(backend as never, (scope) => {
      const bottom = Math.max(0, (filterHeight - 1) * dilations[0] + (outHeight - 1) * strides[0] + 1 - inHeight - top)
      const right = Math.max(0, (filterWidth - 1) * dilations[1] + (outWidth - 1) * strides[1] + 1 - inWidth - left)
      const padded = scope.pad(x, explicitPadding(top, bottom, left, right) as [number, number][])
      const rows = batch * outHeight * outWidth
      const gradient = scope.reshape(dy, [rows, inChannels, multiplier])
      const taps: TensorInfo[] = []
      for (let i = 0; i < filterHeight; i++) {
        for (let j = 0; j < filterWidth; j++) {
          const begin = [0, i * dilations[0], j * dilations[1], 0]
          const window =
            strides[0] === 1 && strides[1] === 1
              ? scope.slice(padded, begin, [batch, outHeight, outWidth, inChannels])
              : scope.run(
                  'StridedSlice',
                  { x: padded },
                  {
                    begin,
                    end: [
                      batch,
                      (begin[1] as number) + (outHeight - 1) * strides[0] + 1,
                      (begin[2] as number) + (outWidth - 1) * strides[1] + 1,
                      inChannels,
                    ],
                    strides: [1, strides[0], strides[1], 1],
                    beginMask: 0,
                    endMask: 0,
                    ellipsisMask: 0,
                    newAxisMask: 0,
                    shrinkAxisMask: 0,
                  },
                )
          const product = scope.run('Multiply', { a: scope.reshape(window, [rows, inChannels, 1]), b: gradient })
          const sum = scope.run(
            'Sum',
            { x: scope.reshape(product, [rows, outChannels]) },
            { axis: [0], keepDims: true },
          )
          taps.push(sum)
        }
      }
      const shape = [filterHeight, filterWidth, inChannels, multiplier]
      if (taps.length === 1) return scope.reshape(taps[0] as TensorInfo, shape)
      const stacked = scope.run('Concat', taps, { axis: 0 })
      return scope.reshape(stacked, shape)
    })
  },
}
