/**
 * BatchMatMul for WASM with transposed operands: the backend's own takes a scalar loop (2 GFLOP/s) as soon as one is
 * transposed; transposing first and multiplying by XNNPACK reaches 30.
 */
import { BatchMatMul, getKernel, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import { compose, type HeapBackend, type Scope } from './compose'

const swapped = (scope: Scope, x: TensorInfo): TensorInfo => {
  const rank = x.shape.length
  const permutation = x.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i))
  return scope.transpose(x, permutation)
}

/**
 * XNNPACK keeps the packed right operand by the id of its data alone, so the same data under another shape would be
 * multiplied as the first one (and written out of bounds): it gets a copy of its own.
 */
const packedShapes = new WeakMap<object, string>()

function unpacked(backend: HeapBackend, b: TensorInfo): { b: TensorInfo; copied: boolean } {
  const shape = b.shape.slice(-2).join()
  const packed = packedShapes.get(b.dataId)
  if (packed === undefined) packedShapes.set(b.dataId, shape)
  if (packed === undefined || packed === shape) return { b, copied: false }
  const copy = backend.makeOutput(b.shape, b.dtype)
  backend.typedArrayFromHeap(copy).set(backend.typedArrayFromHeap(b) as Float32Array)
  packedShapes.set(copy.dataId, shape)
  return { b: copy, copied: true }
}

/** Wraps the backend's kernel. @throws BACKEND_FAILED when it has none. */
export function matMulKernel(): KernelConfig {
  const own = getKernel(BatchMatMul, 'wasm')
  if (!own) throw new EspalierError('BACKEND_FAILED', 'The WASM backend has no matrix product.')
  return {
    ...own,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo }
      const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean }
      const plain = { transposeA: false, transposeB: false }
      const heap = backend as unknown as HeapBackend
      const multiply = (left: TensorInfo, right: TensorInfo): TensorInfo => {
        const packed = unpacked(heap, right)
        const product = own.kernelFunc({ inputs: { a: left, b: packed.b }, backend, attrs: plain }) as TensorInfo
        if (packed.copied) heap.disposeData(packed.b.dataId)
        return product
      }
      if (!transposeA && !transposeB) return multiply(a, b)
      return compose(backend as never, (scope) =>
        multiply(transposeA ? swapped(scope, a) : a, transposeB ? swapped(scope, b) : b),
      )
    },
  }
}
