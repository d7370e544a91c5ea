/**
 * AvgPoolGrad for WASM: the backend's own shares each gradient among all taps of a window, though the average itself
 * leaves those in the padding out.
 */
import { AvgPoolGrad, backend_util, getKernel, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import { compose, type HeapBackend } from './compose'

type Info = backend_util.Conv2DInfo

/** Taps of a window divided by those of them that lie inside, [1, H', W', 1]. */
function weights(info: Info): Float32Array {
  const along = (count: number, stride: number, before: number, filter: number, extent: number) =>
    Array.from({ length: count }, (_, i) => {
      const from = i * stride - before
      return filter / (Math.min(extent, from + filter) - Math.max(0, from))
    })
  const rows = along(info.outHeight, info.strideHeight, info.padInfo.top, info.filterHeight, info.inHeight)
  const columns = along(info.outWidth, info.strideWidth, info.padInfo.left, info.filterWidth, info.inWidth)
  return Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)))
}

/** Wraps the backend's kernel. @throws BACKEND_FAILED when it has none. */
export function avgPoolGradKernel(): KernelConfig {
  const own = getKernel(AvgPoolGrad, 'wasm')
  if (!own) throw new EspalierError('BACKEND_FAILED', 'The WASM backend has no gradient of average pooling.')
  return {
    ...own,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo }
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as {
        filterSize: [number, number]
        strides: [number, number]
        pad: backend_util.ExplicitPadding
        dimRoundingMode?: 'floor'
      }
      const shape = input.shape as [number, number, number, number]
      const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
      const shared = (flow: TensorInfo) =>
        own.kernelFunc({ inputs: { dy: flow, input }, backend, attrs: attrs ?? {} }) as TensorInfo
      const scale = weights(info)
      if (scale.every((weight) => weight === 1)) return shared(dy)
      const heap = backend as unknown as HeapBackend
      const weight = heap.makeOutput([1, info.outHeight, info.outWidth, 1], 'float32')
      heap.typedArrayFromHeap(weight).set(scale)
      const flow = compose(heap, (scope) => scope.run('Multiply', { a: dy, b: weight }))
      const result = shared(flow)
      heap.disposeData(weight.dataId)
      heap.disposeData(flow.dataId)
      return result
    },
  }
}
