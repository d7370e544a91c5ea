/** UnsortedSegmentSum for WASM, which has none: the gradient of a gather. Sums on the heap, in order of the rows. */
import { type KernelConfig, type TensorInfo, UnsortedSegmentSum } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import { elements, type HeapBackend } from './compose'

export const unsortedSegmentSum: KernelConfig = {
  kernelName: UnsortedSegmentSum,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const heap = backend as unknown as HeapBackend
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo }
    const segments = attrs?.numSegments as number
    if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== x.shape[0]) {
      throw new EspalierError('BACKEND_FAILED', 'UnsortedSegmentSum needs one segment a row of its input.')
    }
    const out = heap.makeOutput([segments, ...x.shape.slice(1)], x.dtype)
    const width = x.shape.slice(1).reduce((product, dim) => product * dim, 1)
    const to = heap.typedArrayFromHeap(out)
    const from = heap.typedArrayFromHeap(x)
    const ids = heap.typedArrayFromHeap(segmentIds)
    to.fill(0)
    const rows = elements(segmentIds)
    for (let row = 0; row < rows; row++) {
      const segment = ids[row] as number
      // TensorFlow drops rows whose segment is negative; so do we, and those past the end.
      if (segment < 0 || segment >= segments) continue
      for (let i = 0; i < width; i++) {
        const at = segment * width + i
        to[at] = (to[at] as number) + (from[row * width + i] as number)
      }
    }
    return out
  },
}
