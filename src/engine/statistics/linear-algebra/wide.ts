/** The backend's float32 products for wide matrices whose sums are kept in double precision. */
import { concat, hasBackend, matMul, slice, sub, type Tensor2D, tensor2d, tidy } from '../../runtime/tensors'

/** Rows from which a product on the backend is worth its copies. */
const WIDE = 384

export const isWide = (n: number): boolean => n >= WIDE && hasBackend()

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

/**
 * Solves A X = B in place like `solveRows`, in float32: each block of columns is multiplied by the inverse of the factor's
 * own block, and taken from those that are left.
 */
export function solveWide(l: Float64Array, n: number, b: Float64Array, count: number, block: number): void {
  const starts = Array.from({ length: Math.ceil(n / block) }, (_, i) => i * block)
  const endOf = (start: number) => Math.min(start + block, n)
  tidy(() => {
    const factor = upload(l, n, 0, n, 0, n)
    const inverted = starts.map((start) => {
      const width = endOf(start) - start
      return tensor2d(Float32Array.from(lowerInverse(l, n, start, endOf(start))), [width, width])
    })
    // Y L^T = B, from the first block on.
    let rest = upload(b, n, 0, count, 0, n)
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
    const solved = starts.toReversed().map((start, i) => {
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
    b.set(concat(solved.toReversed(), 1).dataSync())
  })
}

/** One step of the right-looking factorisation: the panel below a factored square, and what it takes from the rest. */
export function eliminateWide(a: Float64Array, n: number, start: number, end: number): void {
  const width = end - start
  tidy(() => {
    const inverted = tensor2d(Float32Array.from(lowerInverse(a, n, start, end)), [width, width])
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
    // Row i of the inverse: (e_i - sum over k < i of l_ik row_k) / l_ii.
    for (let k = 0; k < i; k++) {
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

/** A^-1 from the factor L of A, in blocks of `block` columns; both triangles filled. */
export function inverseWide(l: Float64Array, n: number, block: number): Float64Array {
  // R = L^-T: row i is column i of L^-1.
  const r = new Float32Array(n * n)
  for (let start = 0; start < n; start += block) {
    const end = Math.min(start + block, n)
    const width = end - start
    const inverted = lowerInverse(l, n, start, end)
    for (let i = 0; i < width; i++) {
      for (let j = i; j < width; j++) r[(start + i) * n + start + j] = inverted[j * width + i] as number
    }
    if (start === 0) continue
    tidy(() => {
      const known = matMul(upload(r, n, 0, start, 0, start), upload(l, n, start, end, 0, start), false, true)
      const turned = tensor2d(Float32Array.from(inverted), [width, width])
      const data = matMul(known, turned, false, true).dataSync()
      for (let i = 0, at = 0; i < start; i++) {
        const to = i * n + start
        for (let j = 0; j < width; j++) r[to + j] = -(data[at++] as number)
      }
    })
  }
  const result = new Float64Array(n * n)
  for (let column = 0; column < n; column += CHUNK) {
    const columns = Math.min(CHUNK, n - column)
    tidy(() => {
      // Row i of R is zero before i.
      const left = upload(r, n, column, n, column, n)
      const right = slice(left, [0, 0], [columns, n - column])
      const data = matMul(left, right, false, true).dataSync()
      for (let i = column, at = 0; i < n; i++, at += columns) {
        const last = Math.min(columns, i - column + 1)
        for (let j = 0; j < last; j++) {
          const value = data[at + j] as number
          result[i * n + column + j] = value
          result[(column + j) * n + i] = value
        }
      }
    })
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
      const data = matMul(left, right, true, false).dataSync()
      for (let i = column, at = 0; i < n; i++, at += columns) {
        const last = Math.min(columns, i - column + 1)
        for (let j = 0; j < last; j++) {
          const value = (a[i * n + column + j] as number) - (data[at + j] as number)
          a[i * n + column + j] = value
          a[(column + j) * n + i] = value
        }
      }
    }
  })
}

/** C = A B for A (n x k) and B (k x m), row-major. */
export function multiplyWide(c: Float64Array, a: Float64Array, b: Float64Array, n: number, k: number, m: number): void {
  tidy(() => {
    c.set(matMul(upload(a, k, 0, n, 0, k), upload(b, m, 0, k, 0, m)).dataSync())
  })
}
