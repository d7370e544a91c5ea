/**
 * DepthwiseConv2dNativeBackpropFilter for WASM, which has none: one pass over the heap with sums in double precision.
 * A product and a sum a tap by the backend's own kernels move the whole feature map 27 times, and were 15 times slower.
 */
import { DepthwiseConv2dNativeBackpropFilter, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import type { HeapBackend } from './compose'
import { type Geometry, geometryOf } from './geometry'

/** sums[tap, m] += x[pixel under the tap, m / multiplier] dy[pixel, m], over all pixels. */
function accumulate(sums: Float64Array, x: Float32Array, dy: Float32Array, geometry: Geometry): void {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = geometry
  const { filterHeight, filterWidth, strides, dilations, top, left } = geometry
  const multiplier = outChannels / inChannels
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < outHeight; row++) {
      for (let i = 0; i < filterHeight; i++) {
        const y = row * strides[0] + i * dilations[0] - top
        if (y < 0 || y >= inHeight) continue
        for (let column = 0; column < outWidth; column++) {
          const from = ((n * outHeight + row) * outWidth + column) * outChannels
          for (let j = 0; j < filterWidth; j++) {
            const z = column * strides[1] + j * dilations[1] - left
            if (z < 0 || z >= inWidth) continue
            const pixel = ((n * inHeight + y) * inWidth + z) * inChannels
            const tap = (i * filterWidth + j) * outChannels
            if (multiplier === 1) {
              for (let c = 0; c < inChannels; c++) {
                sums[tap + c] = (sums[tap + c] as number) + (x[pixel + c] as number) * (dy[from + c] as number)
              }
              continue
            }
            for (let m = 0; m < outChannels; m++) {
              const value = x[pixel + Math.floor(m / multiplier)] as number
              sums[tap + m] = (sums[tap + m] as number) + value * (dy[from + m] as number)
            }
          }
        }
      }
    }
  }
}

export const depthwiseBackpropFilter: KernelConfig = {
  kernelName: DepthwiseConv2dNativeBackpropFilter,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const heap = backend as unknown as HeapBackend
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
    const geometry = geometryOf(x.shape, attrs?.filterShape as number[], attrs ?? {}, true)
    const { filterHeight, filterWidth, inChannels, outChannels } = geometry
    const out = heap.makeOutput([filterHeight, filterWidth, inChannels, outChannels / inChannels], 'float32')
    const sums = new Float64Array(filterHeight * filterWidth * outChannels)
    accumulate(sums, heap.typedArrayFromHeap(x) as Float32Array, heap.typedArrayFromHeap(dy) as Float32Array, geometry)
    heap.typedArrayFromHeap(out).set(sums)
    return out
  },
}
