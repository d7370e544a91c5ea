/** Cholesky factorisation and inverse of symmetric positive definite matrices in double precision. */
import { EspalierError } from '../../../contract/errors'
import { subtractProduct } from './product'
import { eliminateWide, inverseWide, isWide, solveWide } from './wide'

/** Columns that are factored at once; wide enough that nearly all work is in the register-blocked product. */
const BLOCK = 48
/** The same where the backend multiplies: what is left in JavaScript grows with it, what is copied falls. */
const PANEL = 128

/**
 * Replaces the lower triangle of a symmetric matrix (n squared, row-major) by L with A = L L^T. The strict upper
 * triangle is neither read nor written. Right-looking and blocked.
 * @param wide multiply on the backend in float32: a hundred times faster, and as good wherever a ridge of 1e-3 is.
 * @throws INTERNAL when the matrix is not positive definite.
 */
export function cholesky(a: Float64Array, n: number, wide = isWide(n)): void {
  if (!wide) {
    factorBlocks(a, n, 0, n)
    return
  }
  for (let start = 0; start < n; start += PANEL) {
    const end = Math.min(start + PANEL, n)
    factorBlocks(a, n, start, end)
    if (end < n) eliminateWide(a, n, start, end)
  }
}

/** Factorisation of the square from `first` to `last`, updates from the left already applied. */
function factorBlocks(a: Float64Array, n: number, first: number, last: number): void {
  for (let start = first; start < last; start += BLOCK) {
    const end = Math.min(start + BLOCK, last)
    factorDiagonal(a, n, start, end)
    solvePanel(a, n, start, end, last)
    // A_22 -= L_21 L_21^T, lower triangle only.
    for (let column = end; column < last; column += BLOCK) {
      const columnEnd = Math.min(column + BLOCK, last)
      subtractProduct(a, n, a, n, a, n, column, last, column, columnEnd, start, end, true)
    }
  }
}

/** Unblocked factorisation of the square between start and end, updates from the left already applied. */
function factorDiagonal(a: Float64Array, n: number, start: number, end: number): void {
  for (let j = start; j < end; j++) {
    let diagonal = a[j * n + j] as number
    for (let k = start; k < j; k++) diagonal -= (a[j * n + k] as number) ** 2
    if (!(diagonal > 0)) {
      throw new EspalierError(
        'INTERNAL',
        `A matrix of second moments is not positive definite at row ${j} of ${n}, so it cannot be inverted. The feature maps hold values that are not finite, or the ridge is too small.`,
      )
    }
    const root = Math.sqrt(diagonal)
    a[j * n + j] = root
    for (let i = j + 1; i < end; i++) {
      let sum = a[i * n + j] as number
      for (let k = start; k < j; k++) sum -= (a[i * n + k] as number) * (a[j * n + k] as number)
      a[i * n + j] = sum / root
    }
  }
}

/** L_21 = A_21 L_11^-T for the rows from `end` to `last`, four at a time. */
function solvePanel(a: Float64Array, n: number, start: number, end: number, last: number): void {
  let i = end
  for (; i + 3 < last; i += 4) {
    const r0 = i * n
    const r1 = r0 + n
    const r2 = r1 + n
    const r3 = r2 + n
    for (let j = start; j < end; j++) {
      const rj = j * n
      let s0 = a[r0 + j] as number
      let s1 = a[r1 + j] as number
      let s2 = a[r2 + j] as number
      let s3 = a[r3 + j] as number
      for (let k = start; k < j; k++) {
        const l = a[rj + k] as number
        s0 -= (a[r0 + k] as number) * l
        s1 -= (a[r1 + k] as number) * l
        s2 -= (a[r2 + k] as number) * l
        s3 -= (a[r3 + k] as number) * l
      }
      const inverse = 1 / (a[rj + j] as number)
      a[r0 + j] = s0 * inverse
      a[r1 + j] = s1 * inverse
      a[r2 + j] = s2 * inverse
      a[r3 + j] = s3 * inverse
    }
  }
  for (; i < last; i++) {
    const row = i * n
    for (let j = start; j < end; j++) {
      let sum = a[row + j] as number
      for (let k = start; k < j; k++) sum -= (a[row + k] as number) * (a[j * n + k] as number)
      a[row + j] = sum / (a[j * n + j] as number)
    }
  }
}

/**
 * Solves A X = B in place for a factor L of A (lower triangle, n squared): `b` holds the columns of B as *rows*
 * (count x n, row-major), so that every access is contiguous, and receives those of X.
 * @param wide as in {@link cholesky}.
 */
export function solveRows(l: Float64Array, n: number, b: Float64Array, count: number, wide = isWide(n)): void {
  if (wide) {
    solveWide(l, n, b, count, PANEL)
    return
  }
  // Forward: Y L^T = B, blocked: for each block of columns subtract what is known, then substitute.
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(start + BLOCK, n)
    if (start > 0) subtractProduct(b, n, b, n, l, n, 0, count, start, end, 0, start, false)
    for (let r = 0; r < count; r++) {
      const row = r * n
      for (let j = start; j < end; j++) {
        let sum = b[row + j] as number
        for (let k = start; k < j; k++) sum -= (b[row + k] as number) * (l[j * n + k] as number)
        b[row + j] = sum / (l[j * n + j] as number)
      }
    }
  }
  // Backward: X L = Y. Eliminating from the last column on, x_j leaves the columns before it: rows of L, contiguous.
  for (let r = 0; r < count; r++) {
    const row = r * n
    for (let j = n - 1; j >= 0; j--) {
      const rj = j * n
      const x = (b[row + j] as number) / (l[rj + j] as number)
      b[row + j] = x
      for (let k = 0; k < j; k++) b[row + k] = (b[row + k] as number) - x * (l[rj + k] as number)
    }
  }
}

/**
 * Inverse of a symmetric positive definite matrix (n squared, row-major; the lower triangle is read), both triangles
 * filled. `a` is overwritten with its factor.
 * @param wide as in {@link cholesky}.
 * @throws INTERNAL when the matrix is not positive definite.
 */
export function inverse(a: Float64Array, n: number, wide = isWide(n)): Float64Array {
  cholesky(a, n, wide)
  if (wide) return inverseWide(a, n, PANEL)
  // R = L^-T, upper triangular by rows: row i of R is column i of L^-1, so that A^-1 = R R^T has contiguous rows.
  const r = new Float64Array(n * n)
  invertTransposed(a, n, r)
  const result = new Float64Array(n * n)
  for (let column = 0; column < n; column += BLOCK) {
    const columnEnd = Math.min(column + BLOCK, n)
    for (let row = column; row < n; row += BLOCK) {
      const rowEnd = Math.min(row + BLOCK, n)
      // Row i of R is zero before i.
      subtractProduct(result, n, r, n, r, n, row, rowEnd, column, columnEnd, row, n, row === column)
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = -(result[i * n + j] as number)
      result[i * n + j] = value
      result[j * n + i] = value
    }
  }
  return result
}

/** Rows of L^-1 transposed: solves L X = I by columns, each kept as a row of `r`. */
function invertTransposed(l: Float64Array, n: number, r: Float64Array): void {
  for (let i = 0; i < n; i++) r[i * n + i] = 1
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(start + BLOCK, n)
    // Rows i < end are the only ones that are not zero in these columns.
    if (start > 0) subtractProduct(r, n, r, n, l, n, 0, start, start, end, 0, start, false)
    for (let i = 0; i < end; i++) {
      const row = i * n
      for (let j = Math.max(start, i); j < end; j++) {
        let sum = r[row + j] as number
        for (let k = Math.max(start, i); k < j; k++) sum -= (r[row + k] as number) * (l[j * n + k] as number)
        r[row + j] = sum / (l[j * n + j] as number)
      }
    }
  }
}
