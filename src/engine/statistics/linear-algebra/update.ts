/** Symmetric rank-k updates of moment matrices, and the ridge that keeps them invertible. */
import { subtractProduct } from './product'
import { subtractLowRank } from './small'
import { isWide, multiplyWide, subtractGramWide } from './wide'

/**
 * Adds X^T X to the symmetric matrix `a` (n squared), both triangles kept equal; `x` is `count` rows of n, row-major.
 * For the moments of small layers and for tests; large ones are accumulated by the backend.
 */
export function addOuter(a: Float64Array, n: number, x: Float64Array, count: number): void {
  // Transposed and negated once, so that the product of rows with rows can be used.
  const columns = new Float64Array(n * count)
  const negated = new Float64Array(n * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < n; j++) {
      const value = x[i * n + j] as number
      columns[j * count + i] = value
      negated[j * count + i] = -value
    }
  }
  subtractProduct(a, n, columns, count, negated, count, 0, n, 0, n, 0, count, true)
  mirror(a, n)
}

/** Copies the lower triangle to the upper one. */
export function mirror(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j] as number
}

/** Mean of the diagonal without its last entry, the constant's. */
export function meanDiagonal(a: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n - 1; i++) sum += a[i * n + i] as number
  return n > 1 ? sum / (n - 1) : 0
}

/** A -= F^T F for a symmetric A (n squared) and the first `count` rows of F (n columns each); both triangles kept equal. */
export function subtractGram(a: Float64Array, n: number, f: Float64Array, count: number): void {
  if (isWide(n)) {
    subtractGramWide(a, n, f, count)
    return
  }
  const columns = new Float64Array(n * count)
  for (let i = 0; i < count; i++) for (let j = 0; j < n; j++) columns[j * count + i] = f[i * n + j] as number
  subtractProduct(a, n, columns, count, columns, count, 0, n, 0, n, 0, count, true)
  mirror(a, n)
}

/** C = A B for A (n x k) and B (k x m), row-major; C holds zeros before. */
export function multiply(c: Float64Array, a: Float64Array, b: Float64Array, n: number, k: number, m: number): void {
  if (isWide(Math.min(n, k, m))) {
    multiplyWide(c, a, b, n, k, m)
    return
  }
  const negated = a.map((value) => -value)
  subtractLowRank(c, n, m, negated, b, k)
}
