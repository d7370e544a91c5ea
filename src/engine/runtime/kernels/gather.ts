/** GatherV2 for WASM: whole runs are copied on the heap, where the backend's own takes 25 ns an element. */
import { backend_util, type GatherV2, getKernel, type KernelConfig, type TensorInfo, util } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import type { HeapBackend } from './compose'

/** Runs shorter than this are copied element by element: a call costs as much as that. */
const SHORT = 16

/** Wraps the backend's kernel, which keeps indices with a batch of their own. @throws BACKEND_FAILED when it has none. */
export function gatherKernel(kernelName: typeof GatherV2): KernelConfig {
  const own = getKernel(kernelName, 'wasm')
  if (!own) throw new EspalierError('BACKEND_FAILED', 'The WASM backend has no GatherV2.')
  return {
    ...own,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo }
      const { axis, batchDims } = attrs as unknown as { axis: number; batchDims: number }
      const heap = backend as unknown as HeapBackend
      const along = util.parseAxisParam(axis, x.shape as number[])[0] as number
      if (batchDims !== 0 || x.dtype === 'string' || util.sizeFromShape(x.shape) === 0) {
        return own.kernelFunc({ inputs, backend, attrs: attrs ?? {} })
      }
      const shape = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, along, batchDims)
      const places = Int32Array.from(heap.typedArrayFromHeap(indices))
      const extent = x.shape[along] as number
      for (const place of places) {
        if (place < 0 || place >= extent) {
          throw new EspalierError('INTERNAL', `An index of ${place} is outside an axis of ${extent}.`)
        }
      }
      const out = heap.makeOutput(shape.outputShape, x.dtype)
      const to = heap.typedArrayFromHeap(out)
      const from = heap.typedArrayFromHeap(x)
      const inner = util.sizeFromShape(x.shape.slice(along + 1))
      const outer = util.sizeFromShape(x.shape.slice(0, along))
      let at = 0
      for (let o = 0; o < outer; o++) {
        const base = o * extent
        for (const place of places) {
          const start = (base + place) * inner
          if (inner < SHORT) for (let i = 0; i < inner; i++) to[at + i] = from[start + i] as number
          else to.set(from.subarray(start, start + inner), at)
          at += inner
        }
      }
      return out
    },
  }
}
