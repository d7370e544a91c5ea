/** Matrix products, transposed or not, with broadcasting batch axes. */
import { broadcast_util, type KernelConfig, type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { HeapBackend } from '../kernels/compose'
import type { SmallGraph } from './encode'
import type { OnnxValue } from './offer'
import { heapValue, type Programs } from './programs'

const graphOf = (transposeA: boolean, transposeB: boolean): SmallGraph => ({
  nodes: [
    {
      op: 'FusedMatMul',
      domain: 'com.microsoft',
      inputs: ['a', 'b'],
      outputs: ['y'],
      attributes: { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
    },
  ],
  inputs: { a: 'float', b: 'float' },
  outputs: { y: 'float' },
})

export interface Product {
  readonly a: TensorInfo
  readonly b: TensorInfo
  readonly transposeA: boolean
  readonly transposeB: boolean
  /** Shapes under which the operands are read; default: their own. */
  readonly shapeA?: readonly number[]
  readonly shapeB?: readonly number[]
}

/** [..., rows, inner] and [..., inner, columns] of a product, before its operands are transposed back. */
export function productExtents({ a, b, transposeA, transposeB, shapeA = a.shape, shapeB = b.shape }: Product) {
  const rows = shapeA.at(transposeA ? -1 : -2) as number
  const inner = shapeA.at(transposeA ? -2 : -1) as number
  const columns = shapeB.at(transposeB ? -2 : -1) as number
  const batch = broadcast_util.assertAndGetBroadcastShape(shapeA.slice(0, -2), shapeB.slice(0, -2))
  return { batch, rows, inner, columns }
}

/** The product of two values, written into a third. */
export function productProgram(
  programs: Programs,
  { transposeA, transposeB }: { readonly transposeA: boolean; readonly transposeB: boolean },
  a: OnnxValue,
  b: OnnxValue,
  y: OnnxValue,
): void {
  programs.run(`product ${transposeA} ${transposeB}`, () => graphOf(transposeA, transposeB), { a, b }, { y })
}

/** `shape`: the result's, if another than [..., rows, columns]. */
export function multiply(
  programs: Programs,
  heap: HeapBackend,
  product: Product,
  shape?: readonly number[],
): TensorInfo {
  const { a, b, shapeA = a.shape, shapeB = b.shape } = product
  const { batch, rows, columns } = productExtents(product)
  const dims = [...batch, rows, columns]
  const out = heap.makeOutput(shape ?? dims, 'float32')
  productProgram(programs, product, heapValue(heap, a, shapeA), heapValue(heap, b, shapeB), heapValue(heap, out, dims))
  return out
}

/** BatchMatMul, small ones by the kernel of WASM. */
export const matMul = (programs: Programs, wasm: KernelConfig): KernelConfig['kernelFunc'] => {
  return (call) => {
    const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo }
    const { transposeA, transposeB } = call.attrs as unknown as { transposeA: boolean; transposeB: boolean }
    const product = { a, b, transposeA, transposeB }
    const { batch, rows, inner, columns } = productExtents(product)
    const work = util.sizeFromShape(batch) * rows * inner * columns
    if (work < programs.runtime.callCost || a.dtype !== 'float32' || b.dtype !== 'float32') return wasm.kernelFunc(call)
    return multiply(programs, call.backend as unknown as HeapBackend, product)
  }
}
