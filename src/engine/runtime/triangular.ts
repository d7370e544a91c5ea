/** Factorisations that a backend makes itself, in float32; TF.js has none of its own. */
import { engine, getBackend, getKernel, type NamedAttrMap, type Tensor2D, type TensorInfo } from '@tensorflow/tfjs-core'
import { hasBackend } from './backend'
import { choleskyName, triangularSolveName } from './native/triangular'

/** Whether the current backend factors matrices. */
export const factorsOnBackend = (): boolean => hasBackend() && getKernel(choleskyName, getBackend()) !== undefined

/**
 * L with A = L L^T for a symmetric positive definite A [n, n], of which the lower triangle is read; null where rounding
 * leaves it not positive definite.
 */
export function factorOnBackend(a: Tensor2D): Tensor2D | null {
  try {
    return run(choleskyName, { x: a }, {})
  } catch (error) {
    if (error instanceof Error && error.message.includes('decomposition was not successful')) return null
    throw error
  }
}

/** X of L L^T X = B for B [n, m]. */
export function solveOnBackend(l: Tensor2D, b: Tensor2D): Tensor2D {
  const half = run(triangularSolveName, { l, b }, { adjoint: false })
  const whole = run(triangularSolveName, { l, b: half }, { adjoint: true })
  half.dispose()
  return whole
}

const run = (name: string, inputs: Record<string, TensorInfo>, attributes: NamedAttrMap): Tensor2D =>
  engine().runKernel(name, inputs as never, attributes) as Tensor2D
