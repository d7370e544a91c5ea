/** The backend's float32 products for wide matrices whose sums are kept in double precision. */
import { concat, hasBackend, matMul, slice, sub, type Tensor2D, tensor2d, tidy } from '../../runtime/tensors'

/** Rows from which a product on the backend is worth its copies. */
const WIDE = 384

export const isWide = (n: number): boolean => n >= WIDE && hasBackend()

/** Multiplications from which a product that is narrow on one side is worth them, and the least side. */
const DEAR = 2 ** 24
const LEAST_SIDE = 32

/** Whether A -= U V, for U of n x k and V of k x m, is the backend's. */
export const isDear = (n: number, k: number, m: number): boolean =>
  n * k * m >= DEAR && Math.min(n, k, m) >= LEAST_SIDE && hasBackend()

/** Numbers that are read back at once. */
const READ_BACK = 2 ** 22

/** Columns of a product that are taken at once, so that blocks above the diagonal need not be computed. */
const CHUNK = 512

/** Part of a row-major matrix as float32 on the backend. Runs inside a tidy scope. */
function upload(
  a: Float64Array | Float32Array,
  stride: number,
  row: number,
  rowEnd: number,
  from: number,
  to: number,
): Tensor2D {
  const width = to - from
  const data = new Float32Array((rowEnd - row) * width)
  for (let i = row, at = 0; i < rowEnd; i++, at += width) {
    data.set(a.subarray(i * stride + from, i * stride + to), at)
  }
  return tensor2d(data, [rowEnd - row, width])
}

/** C[row.., column..] -= product, for elements on and below the diagonal. */
function subtract(
  c: Float64Array,
  stride: number,
  row: number,
  column: number,
  product: ArrayLike<number>,
  rows: number,
  columns: number,
): void {
  for (let i = 0; i < rows; i++) {
    const to = (row + i) * stride + column
    const from = i * columns
    const last = Math.min(columns, row + i - column + 1)
    for (let j = 0; j < last; j++) c[to + j] = (c[to + j] as number) - (product[from + j] as number)
  }
}

/** Solves A X = B in place like `solveRows`, in float32. */
export function solveWide(l: Float64Array, n: number, b: Float64Array, count: number, block: number): void {
  tidy(() => {
    b.set(solved(l, n, upload(b, n, 0, count, 0, n), block).dataSync())
  })
}

/** A^-1 from the factor L of A; both triangles filled. */
export function inverseWide(l: Float64Array, n: number, block: number): Float64Array {
  const result = new Float64Array(n * n)
  for (let i = 0; i < n; i++) result[i * n + i] = 1
  solveWide(l, n, result, n, block)
  // Rounding differs between the triangles.
  mirrorWide(result, n)
  return result
}

/** Copies the lower triangle to the upper one, in squares, so that what is turned stays in the cache. */
function mirrorWide(a: Float64Array, n: number): void {
  for (let row = 0; row < n; row += SQUARE) {
    for (let column = 0; column <= row; column += SQUARE) {
      for (let i = row; i < Math.min(row + SQUARE, n); i++) {
        const last = Math.min(column + SQUARE, i)
        for (let j = column; j < last; j++) a[j * n + i] = a[i * n + j] as number
      }
    }
  }
}

/** Side of the squares that a matrix is mirrored in. */
const SQUARE = 64

/**
 * X of A X = B, [count, n] with the columns of B and X as rows: each block of columns is multiplied by the inverse of the
 * factor's own block, and taken from those that are left. Runs inside a tidy scope; disposes `b`.
 */
function solved(l: Float64Array, n: number, b: Tensor2D, block: number): Tensor2D {
  const count = b.shape[0]
  const starts = Array.from({ length: Math.ceil(n / block) }, (_, i) => i * block)
  const endOf = (start: number) => Math.min(start + block, n)
  const factor = upload(l, n, 0, n, 0, n)
  const inverted = starts.map((start) => {
    const width = endOf(start) - start
    return tensor2d(new Float32Array(lowerInverse(l, n, start, endOf(start))), [width, width])
  })
  // Y L^T = B, from the first block on.
  let rest = b
  const forward = starts.map((start, i) => {
    const end = endOf(start)
    const [known, left] = tidy(() => {
      const y = matMul(slice(rest, [0, 0], [count, end - start]), inverted[i] as Tensor2D, false, true)
      if (end === n) return [y]
      const below = slice(factor, [end, start], [n - end, end - start])
      return [y, sub(slice(rest, [0, end - start], [count, n - end]), matMul(y, below, false, true))]
    }) as Tensor2D[]
    rest.dispose()
    if (left) rest = left
    return known as Tensor2D
  })
  // X L = Y, from the last block on.
  rest = concat(forward, 1)
  const backward = starts.toReversed().map((start, i) => {
    const width = endOf(start) - start
    const [known, left] = tidy(() => {
      const x = matMul(slice(rest, [0, start], [count, width]), inverted[starts.length - 1 - i] as Tensor2D)
      if (start === 0) return [x]
      const before = slice(factor, [start, 0], [width, start])
      return [x, sub(slice(rest, [0, 0], [count, start]), matMul(x, before))]
    }) as Tensor2D[]
    rest.dispose()
    if (left) rest = left
    return known as Tensor2D
  })
  return concat(backward.toReversed(), 1)
}

/** One step of the right-looking factorisation: the panel below a factored square, and what it takes from the rest. */
export function eliminateWide(a: Float64Array, n: number, start: number, end: number): void {
  const width = end - start
  tidy(() => {
    const inverted = tensor2d(new Float32Array(lowerInverse(a, n, start, end)), [width, width])
    const panel = matMul(upload(a, n, end, n, start, end), inverted, false, true) as Tensor2D
    const data = panel.dataSync()
    for (let i = end, at = 0; i < n; i++, at += width) a.set(data.subarray(at, at + width), i * n + start)
    for (let column = end; column < n; column += CHUNK) {
      const columns = Math.min(CHUNK, n - column)
      const left = column === end ? panel : slice(panel, [column - end, 0], [n - column, width])
      const right = columns === n - end ? panel : slice(panel, [column - end, 0], [columns, width])
      subtract(a, n, column, column, matMul(left, right, false, true).dataSync(), n - column, columns)
    }
  })
}

/** Inverse of the factored square between start and end, [width, width] row-major, lower triangle. */
function lowerInverse(l: Float64Array, n: number, start: number, end: number): Float64Array {
  const width = end - start
  const result = new Float64Array(width * width)
  for (let i = 0; i < width; i++) {
    const row = (start + i) * n + start
    const to = i * width
    // Row i of the inverse: (e_i - sum over k < i of l_ik row_k) / l_ii, four rows at a time while there are as many.
    let k = 0
    for (; k + 3 < i; k += 4) {
      const f0 = l[row + k] as number
      const f1 = l[row + k + 1] as number
      const f2 = l[row + k + 2] as number
      const f3 = l[row + k + 3] as number
      let r0 = k * width
      let r1 = r0 + width
      let r2 = r1 + width
      let r3 = r2 + width
      // Rows are zero behind their diagonal.
      for (let j = 0; j <= k + 3; j++) {
        result[to + j] =
          (result[to + j] as number) -
          (f0 * (result[r0++] as number) +
            f1 * (result[r1++] as number) +
            (f2 * (result[r2++] as number) + f3 * (result[r3++] as number)))
      }
    }
    for (; k < i; k++) {
      const factor = l[row + k] as number
      const from = k * width
      for (let j = 0; j <= k; j++) result[to + j] = (result[to + j] as number) - factor * (result[from + j] as number)
    }
    const diagonal = l[row + i] as number
    for (let j = 0; j < i; j++) result[to + j] = (result[to + j] as number) / diagonal
    result[to + i] = 1 / diagonal
  }
  return result
}

/** A -= F^T F for a symmetric A (n squared) and the first `count` rows of F; both triangles kept equal. */
export function subtractGramWide(a: Float64Array, n: number, f: Float64Array, count: number): void {
  tidy(() => {
    const whole = upload(f, n, 0, count, 0, n)
    for (let column = 0; column < n; column += CHUNK) {
      const columns = Math.min(CHUNK, n - column)
      const left = slice(whole, [0, column], [count, n - column])
      const right = slice(whole, [0, column], [count, columns])
      subtract(a, n, column, column, matMul(left, right, true, false).dataSync(), n - column, columns)
    }
  })
  mirrorWide(a, n)
}

/** C = A B for A (n x k) and B (k x m), row-major. */
export function multiplyWide(c: Float64Array, a: Float64Array, b: Float64Array, n: number, k: number, m: number): void {
  tidy(() => {
    c.set(matMul(upload(a, k, 0, n, 0, k), upload(b, m, 0, k, 0, m)).dataSync())
  })
}

/** A -= U V for A (n rows of `stride`), U (n x k) and V (k x stride), row-major. */
export function subtractLowRankWide(
  a: Float64Array,
  n: number,
  stride: number,
  u: Float64Array,
  v: Float64Array,
  k: number,
): void {
  tidy(() => {
    const right = upload(v, stride, 0, k, 0, stride)
    const step = Math.max(1, Math.floor(READ_BACK / stride))
    for (let row = 0; row < n; row += step) {
      const end = Math.min(n, row + step)
      // Nothing is returned: tidy would look for tensors among the numbers.
      tidy(() => {
        const data = matMul(upload(u, k, row, end, 0, k), right).dataSync()
        const from = row * stride
        for (let i = 0; i < data.length; i++) a[from + i] = (a[from + i] as number) - (data[i] as number)
      })
    }
  })
}

/** L X = B in place for a lower triangle of n rows (with `turned`, L^T X = B), by its inverse; `b` is n x m. */
export function solveLowerWide(l: Float64Array, n: number, b: Float64Array, m: number, turned: boolean): void {
  tidy(() => {
    const inverted = tensor2d(new Float32Array(lowerInverse(l, n, 0, n)), [n, n])
    b.set(matMul(inverted, upload(b, m, 0, n, 0, m), turned, false).dataSync())
  })
}
