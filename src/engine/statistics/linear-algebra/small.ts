/** Blocks of a few rows: submatrices, their inverses, and the low-rank update a removal makes. */
import { inverse } from './cholesky'
import { isDear, solveLowerWide, subtractLowRankWide } from './wide'

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

/** The given columns of the first `count` rows of a matrix, row by row; `turned`: column by column. */
export function takeColumns(
  a: Float64Array,
  count: number,
  stride: number,
  indices: Int32Array,
  turned = false,
): Float64Array {
  const k = indices.length
  const result = new Float64Array(count * k)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < k; j++) {
      result[turned ? j * count + i : i * k + j] = a[i * stride + (indices[j] as number)] as number
    }
  }
  return result
}

/** Rows that are turned at once: as many streams are read, and what is written lies together. */
const STRIP = 8

/** The first `count` rows of a matrix with `stride` columns, turned: [stride, count]. */
export function transposed(a: Float64Array, count: number, stride: number): Float64Array {
  const result = new Float64Array(count * stride)
  for (let start = 0; start < count; start += STRIP) {
    const end = Math.min(start + STRIP, count)
    for (let j = 0; j < stride; j++) {
      const to = j * count
      for (let i = start, at = start * stride + j; i < end; i++, at += stride) result[to + i] = a[at] as number
    }
  }
  return result
}

/** L X = B in place for a lower triangle of n rows (with `turned`, L^T X = B); `b` is n x m, row-major. */
export function solveLower(l: Float64Array, n: number, b: Float64Array, m: number, turned = false): void {
  if (isDear(n, n, m)) {
    solveLowerWide(l, n, b, m, turned)
    return
  }
  for (let step = 0; step < n; step++) {
    const i = turned ? n - 1 - step : step
    for (let other = 0; other < step; other++) {
      const k = turned ? n - 1 - other : other
      const factor = (turned ? l[k * n + i] : l[i * n + k]) as number
      for (let j = 0; j < m; j++) b[i * m + j] = (b[i * m + j] as number) - factor * (b[k * m + j] as number)
    }
    const diagonal = l[i * n + i] as number
    for (let j = 0; j < m; j++) b[i * m + j] = (b[i * m + j] as number) / diagonal
  }
}

/**
 * A -= U V for A (n rows of `stride`), U (n x k) and V (k x stride), all row-major. Four rows of V at a time and two of A, so
 * that what is loaded once serves several operations. Rows whose factors are all zero are skipped.
 */
export function subtractLowRank(
  a: Float64Array,
  n: number,
  stride: number,
  u: Float64Array,
  v: Float64Array,
  k: number,
): void {
  if (isDear(n, k, stride)) {
    subtractLowRankWide(a, n, stride, u, v, k)
    return
  }
  // The rows of V in the outer loop: a few of them stay in the cache while all of A passes.
  for (let s = 0; s < k; ) {
    // One left over is taken along as a fifth.
    const width = k - s === 5 ? 5 : k - s >= 4 ? 4 : 1
    let waiting = -1
    for (let i = 0; i < n; i++) {
      if (isZero(u, i * k + s, width)) continue
      if (width === 1) subtractRow(a, i * stride, stride, u[i * k + s] as number, v, s * stride)
      else if (waiting < 0) waiting = i
      else {
        subtractFromTwo(a, waiting * stride, i * stride, stride, u, waiting * k + s, i * k + s, v, s * stride, width)
        waiting = -1
      }
    }
    if (waiting >= 0) subtractRows(a, waiting * stride, stride, u, waiting * k + s, v, s * stride, width)
    s += width
  }
}

function isZero(u: Float64Array, from: number, width: number): boolean {
  for (let at = from; at < from + width; at++) if (u[at] !== 0) return false
  return true
}

function subtractRow(a: Float64Array, row: number, stride: number, factor: number, v: Float64Array, from: number) {
  for (let j = 0; j < stride; j++) a[row + j] = (a[row + j] as number) - factor * (v[from + j] as number)
}

/** Four rows of V, or five. */
function subtractRows(
  a: Float64Array,
  row: number,
  stride: number,
  u: Float64Array,
  at: number,
  v: Float64Array,
  from: number,
  width: number,
): void {
  const u0 = u[at] as number
  const u1 = u[at + 1] as number
  const u2 = u[at + 2] as number
  const u3 = u[at + 3] as number
  let v0 = from
  let v1 = v0 + stride
  let v2 = v1 + stride
  let v3 = v2 + stride
  const end = row + stride
  if (width === 4) {
    for (let to = row; to < end; to++) {
      a[to] =
        (a[to] as number) -
        (u0 * (v[v0++] as number) + u1 * (v[v1++] as number) + (u2 * (v[v2++] as number) + u3 * (v[v3++] as number)))
    }
    return
  }
  const u4 = u[at + 4] as number
  let v4 = v3 + stride
  for (let to = row; to < end; to++) {
    a[to] =
      (a[to] as number) -
      (u0 * (v[v0++] as number) +
        u1 * (v[v1++] as number) +
        (u2 * (v[v2++] as number) + u3 * (v[v3++] as number) + u4 * (v[v4++] as number)))
  }
}

/** The same from two rows of A, each number of V loaded once for both. */
function subtractFromTwo(
  a: Float64Array,
  row: number,
  other: number,
  stride: number,
  u: Float64Array,
  at: number,
  atOther: number,
  v: Float64Array,
  from: number,
  width: number,
): void {
  const u0 = u[at] as number
  const u1 = u[at + 1] as number
  const u2 = u[at + 2] as number
  const u3 = u[at + 3] as number
  const w0 = u[atOther] as number
  const w1 = u[atOther + 1] as number
  const w2 = u[atOther + 2] as number
  const w3 = u[atOther + 3] as number
  let v0 = from
  let v1 = v0 + stride
  let v2 = v1 + stride
  let v3 = v2 + stride
  let and = other
  const end = row + stride
  if (width === 4) {
    for (let to = row; to < end; to++, and++) {
      const x0 = v[v0++] as number
      const x1 = v[v1++] as number
      const x2 = v[v2++] as number
      const x3 = v[v3++] as number
      a[to] = (a[to] as number) - (u0 * x0 + u1 * x1 + (u2 * x2 + u3 * x3))
      a[and] = (a[and] as number) - (w0 * x0 + w1 * x1 + (w2 * x2 + w3 * x3))
    }
    return
  }
  const u4 = u[at + 4] as number
  const w4 = u[atOther + 4] as number
  let v4 = v3 + stride
  for (let to = row; to < end; to++, and++) {
    const x0 = v[v0++] as number
    const x1 = v[v1++] as number
    const x2 = v[v2++] as number
    const x3 = v[v3++] as number
    const x4 = v[v4++] as number
    a[to] = (a[to] as number) - (u0 * x0 + u1 * x1 + (u2 * x2 + u3 * x3 + u4 * x4))
    a[and] = (a[and] as number) - (w0 * x0 + w1 * x1 + (w2 * x2 + w3 * x3 + w4 * x4))
  }
}
