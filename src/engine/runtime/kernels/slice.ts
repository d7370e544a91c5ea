/** Slice and SplitV for WASM without the copy of the whole input that the backend's own make for every piece. */
import {
  backend_util,
  type KernelConfig,
  Slice,
  SplitV,
  slice_util,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core'
import type { HeapBackend } from './compose'

/** Copies a box out of a row-major array, one contiguous run at a time. */
function copyBox(heap: HeapBackend, x: TensorInfo, begin: readonly number[], size: readonly number[]): TensorInfo {
  const out = heap.makeOutput([...size], x.dtype)
  if (util.sizeFromShape([...size]) === 0) return out
  const to = heap.typedArrayFromHeap(out)
  const from = heap.typedArrayFromHeap(x)
  const strides = util.computeStrides(x.shape as number[])
  // Trailing axes that are taken whole belong to the run.
  let axis = size.length - 1
  let run = 1
  while (axis >= 0 && size[axis] === x.shape[axis]) run *= size[axis--] as number
  if (axis >= 0) run *= size[axis] as number
  const strideOf = (i: number) => (i === size.length - 1 ? 1 : (strides[i] as number))
  let at = 0
  const visit = (i: number, offset: number) => {
    if (i >= axis) {
      const start = axis < 0 ? 0 : offset + (begin[axis] as number) * strideOf(axis)
      to.set(from.subarray(start, start + run), at)
      at += run
      return
    }
    const first = begin[i] as number
    const count = size[i] as number
    for (let k = first; k < first + count; k++) visit(i + 1, offset + k * strideOf(i))
  }
  visit(0, 0)
  return out
}

export const sliceKernel: KernelConfig = {
  kernelName: Slice,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x } = inputs as { x: TensorInfo }
    const { begin, size } = attrs as unknown as { begin: number | number[]; size: number | number[] }
    const [from, extent] = slice_util.parseSliceParams(x, begin, size)
    return copyBox(backend as unknown as HeapBackend, x, from as number[], extent as number[])
  },
}

export const splitKernel: KernelConfig = {
  kernelName: SplitV,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x } = inputs as { x: TensorInfo }
    const { numOrSizeSplits, axis } = attrs as unknown as { numOrSizeSplits: number | number[]; axis: number }
    const along = util.parseAxisParam(axis, x.shape as number[])[0] as number
    let start = 0
    return backend_util.prepareSplitSize(x as never, numOrSizeSplits, along).map((extent) => {
      const begin = x.shape.map((_, i) => (i === along ? start : 0))
      start += extent
      return copyBox(
        backend as unknown as HeapBackend,
        x,
        begin,
        x.shape.map((dim, i) => (i === along ? extent : dim)),
      )
    })
  },
}
