/** TensorFlow's own Cholesky factorisation and triangular solves. */
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'
import { attributesFor, type NativeBackend, nativeName } from './backend'

export const choleskyName = 'Cholesky'
export const triangularSolveName = 'MatrixTriangularSolve'

/** Input `x` [n, n], of which the lower triangle is read. */
const factor: KernelConfig = {
  kernelName: choleskyName,
  backendName: nativeName,
  kernelFunc: ({ inputs, backend }) => {
    const native = backend as NativeBackend
    return native.executeSingleOutput(choleskyName, attributesFor(native, {}), [inputs.x as TensorInfo])
  },
}

/** Inputs `l` [n, n], lower triangular, and `b` [n, m]; attribute `adjoint`: L^T X = B instead of L X = B. */
const solve: KernelConfig = {
  kernelName: triangularSolveName,
  backendName: nativeName,
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend
    const { adjoint } = attrs as unknown as { readonly adjoint: boolean }
    return native.executeSingleOutput(triangularSolveName, attributesFor(native, { lower: true, adjoint }), [
      inputs.l as TensorInfo,
      inputs.b as TensorInfo,
    ])
  },
}

export const triangularKernels: readonly KernelConfig[] = [factor, solve]
