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
    for (let n = 0; n < batchSize; n++) {
      for (let row = 0; row < outHeight; row++) {
        const top = row * info.strideHeight - info.padInfo.top
        const firstRow = Math.max(0, top)
        const endRow = Math.min(inHeight, top + info.filterHeight)
        for (let column = 0; column < outWidth; column++) {
          const left = column * info.strideWidth - info.padInfo.left
          const firstColumn = Math.max(0, left)
          const endColumn = Math.min(inWidth, left + info.filterWidth)
          const from = ((n * outHeight + row) * outWidth + column) * channels
          for (let c = 0; c < channels; c++) {
            let best = Number.NEGATIVE_INFINITY
            let at = -1
            for (let i = firstRow; i < endRow; i++) {
              for (let j = firstColumn; j < endColumn; j++) {
                const index = ((n * inHeight + i) * inWidth + j) * channels + c
                const value = x[index] as number
                // The first of equal values takes the gradient, as in TensorFlow and PyTorch.
                if (value > best) {
                  best = value
                  at = index
                }
              }
            }
            if (at >= 0) dx[at] = (dx[at] as number) + (gradient[from + c] as number)
          }
        }
      }
    }
    return out
  },
}
