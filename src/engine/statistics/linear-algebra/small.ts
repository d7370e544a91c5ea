/** Blocks of a few rows: submatrices, their inverses, and the low-rank update a removal makes. */
import { inverse } from './cholesky'

/** The square submatrix at the given rows and columns of a matrix with `stride` columns. */
export function submatrix(a: Float64Array, stride: number, indices: Int32Array): Float64Array {
  const n = indices.length
  const result = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const row = (indices[i] as number) * stride
    for (let j = 0; j < n; j++) result[i * n + j] = a[row + (indices[j] as number)] as number
  }
  return result
}

/** Inverse of the principal submatrix of a symmetric positive definite matrix at `indices`. */
export function inverseAt(a: Float64Array, stride: number, indices: Int32Array): Float64Array {
  if (indices.length === 1) {
    const at = indices[0] as number
    return Float64Array.of(1 / (a[at * stride + at] as number))
  }
  return inverse(submatrix(a, stride, indices), indices.length)
}

/** The given rows of a matrix, one after the other. */
export function takeRows(a: Float64Array, stride: number, indices: Int32Array): Float64Array {
  const result = new Float64Array(indices.length * stride)
  for (let i = 0; i < indices.length; i++) {
    const from = (indices[i] as number) * stride
    result.set(a.subarray(from, from + stride), i * stride)
  }
  return result
}

/**
 * A -= U V for A (n rows of `stride`), U (n x k) and V (k x stride), all row-major. Four rows of V at a time, so that a
 * row of A is loaded once for eight operations. Rows whose factors are all zero are skipped.
 */
export function subtractLowRank(
  a: Float64Array,
  n: number,
  stride: number,
  u: Float64Array,
  v: Float64Array,
  k: number,
): void {
  for (let i = 0; i < n; i++) {
    const row = i * stride
    const ui = i * k
    let s = 0
    for (; s + 3 < k; s += 4) {
      const u0 = u[ui + s] as number
      const u1 = u[ui + s + 1] as number
      const u2 = u[ui + s + 2] as number
      const u3 = u[ui + s + 3] as number
      if (u0 === 0 && u1 === 0 && u2 === 0 && u3 === 0) continue
      let v0 = s * stride
      let v1 = v0 + stride
      let v2 = v1 + stride
      let v3 = v2 + stride
      const end = row + stride
      for (let at = row; at < end; at++) {
        a[at] =
          (a[at] as number) -
          (u0 * (v[v0++] as number) + u1 * (v[v1++] as number) + (u2 * (v[v2++] as number) + u3 * (v[v3++] as number)))
      }
    }
    for (; s < k; s++) {
      const us = u[ui + s] as number
      if (us === 0) continue
      const vs = s * stride
      for (let j = 0; j < stride; j++) a[row + j] = (a[row + j] as number) - us * (v[vs + j] as number)
    }
  }
}

/** Product of X (n x k, gathered at `columns` of a matrix with `stride` columns) and Y (k x m), row-major. */
export function productAt(
  x: Float64Array,
  n: number,
  stride: number,
  columns: Int32Array,
  y: Float64Array,
  m: number,
): Float64Array {
  const k = columns.length
  const result = new Float64Array(n * m)
  for (let i = 0; i < n; i++) {
    for (let s = 0; s < k; s++) {
      const factor = x[i * stride + (columns[s] as number)] as number
      if (factor === 0) continue
      for (let j = 0; j < m; j++) {
        result[i * m + j] = (result[i * m + j] as number) + factor * (y[s * m + j] as number)
      }
    }
  }
  return result
}
