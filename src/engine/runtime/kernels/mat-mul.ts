/**
 * BatchMatMul for WASM with transposed operands: the backend's own takes a scalar loop (2 GFLOP/s) as soon as one is
 * transposed; transposing first and multiplying by XNNPACK reaches 30.
 */
import { BatchMatMul, getKernel, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import { compose, type Scope } from './compose'

const swapped = (scope: Scope, x: TensorInfo): TensorInfo => {
  const rank = x.shape.length
  const permutation = x.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i))
  return scope.transpose(x, permutation)
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
      if (!transposeA && !transposeB) return own.kernelFunc({ inputs, backend, attrs: plain })
      return compose(backend as never, (scope) => {
        const left = transposeA ? swapped(scope, a) : a
        const right = transposeB ? swapped(scope, b) : b
        const product = own.kernelFunc({ inputs: { a: left, b: right }, backend, attrs: plain }) as TensorInfo
        return product
      })
    },
  }
}
