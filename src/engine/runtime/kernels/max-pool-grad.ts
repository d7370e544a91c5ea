/**
 * MaxPoolGrad for WASM: the backend's own starts its maximum at the smallest positive float and so loses the gradient
 * of every window without a positive value.
 */
import { backend_util, type KernelConfig, MaxPoolGrad, type TensorInfo } from '@tensorflow/tfjs-core'
import type { HeapBackend } from './compose'

export const maxPoolGrad: KernelConfig = {
  kernelName: MaxPoolGrad,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const heap = backend as unknown as HeapBackend
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo }
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as {
      filterSize: [number, number]
      strides: [number, number]
      pad: 'valid'
      dimRoundingMode?: 'floor'
    }
    const info = backend_util.computePool2DInfo(
      input.shape as [number, number, number, number],
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    )
    const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info
    const out = heap.makeOutput(input.shape, 'float32')
    const dx = heap.typedArrayFromHeap(out) as Float32Array
    const x = heap.typedArrayFromHeap(input) as Float32Array
    const gradient = heap.typedArrayFromHeap(dy) as Float32Array
    dx.fill(0)
    const best = new Float32Array(channels)
    const at = new Int32Array(channels)
    for (let n = 0; n < batchSize; n++) {
      for (let row = 0; row < outHeight; row++) {
        const top = row * info.strideHeight - info.padInfo.top
        const endRow = Math.min(inHeight, top + info.filterHeight)
        for (let column = 0; column < outWidth; column++) {
          const left = column * info.strideWidth - info.padInfo.left
          const endColumn = Math.min(inWidth, left + info.filterWidth)
          best.fill(Number.NEGATIVE_INFINITY)
          at.fill(-1)
          for (let i = Math.max(0, top); i < endRow; i++) {
            for (let j = Math.max(0, left); j < endColumn; j++) {
              const pixel = ((n * inHeight + i) * inWidth + j) * channels
              for (let c = 0; c < channels; c++) {
                const value = x[pixel + c] as number
                // The first of equal values takes the gradient, as in TensorFlow and PyTorch.
                if (value > (best[c] as number)) {
                  best[c] = value
                  at[c] = pixel + c
                }
              }
            }
          }
          const from = ((n * outHeight + row) * outWidth + column) * channels
          for (let c = 0; c < channels; c++) {
            const chosen = at[c] as number
            if (chosen >= 0) dx[chosen] = (dx[chosen] as number) + (gradient[from + c] as number)
          }
        }
      }
    }
    return out
  },
}
