/** Numerical rank of many small matrices, counted without their singular values. */
import { symmetricEigenvalues } from './eigenvalues'

/** Spacing of single precision. */
const epsilon = 2 ** -23

/** Steps of power iteration for a lower bound on the largest eigenvalue. */
const powerSteps = 4

/**
 * Counts singular values above max(rows, columns) epsilon sigma_1 (the rule of torch.linalg.matrix_rank and numpy) of
 * matrices in single precision, row-major.
 *
 * The squared singular values are the eigenvalues of the Gram matrix G, and by Sylvester's law of inertia as many of them
 * lie above t as G - t I = L D L^T has positive pivots: a third of n^3 multiplications instead of a singular value
 * decomposition. sigma_1 is only bounded from both sides; where the two bounds give different counts, which is rare, the
 * eigenvalues decide. Golub and Van Loan, Matrix Computations, 4.4 and 8.1.
 *
 * @returns a function of an array and the place in it where the matrix starts
 */
export function rankCounter(rows: number, columns: number): (source: Float32Array, start: number) => number {
  const size = Math.min(rows, columns)
  const length = Math.max(rows, columns)
  const tolerance = (length * epsilon) ** 2
  const a = new Float64Array(size * length)
  const gram = new Float64Array(size * size)
  const work = new Float64Array(size * size)
  const vector = new Float64Array(size)
  const image = new Float64Array(size)

  /** The matrix with its shorter side as rows, without rows of zeros. @returns rows left */
  const load = (source: Float32Array, start: number): number => {
    const [outer, inner] = rows <= columns ? [columns, 1] : [1, columns]
    let kept = 0
    for (let i = 0; i < size; i++) {
      let some = false
      let from = start + i * outer
      const to = kept * length
      for (let k = 0; k < length; k++) {
        const value = source[from] as number
        if (value !== 0) some = true
        a[to + k] = value
        from += inner
      }
      if (some) kept++
    }
    return kept
  }

  return (source, start) => {
    const n = load(source, start)
    if (n === 0) return 0
    gramOf(a, gram, n, length)
    const high = frobenius(gram, n)
    if (isAbove(gram, work, n, tolerance * high, image)) return n
    const least = countAbove(gram, work, n, tolerance * high, image)
    const low = Math.min(high, largestAtLeast(gram, n, vector, image))
    if (least === countAbove(gram, work, n, tolerance * low, image)) return least
    const values = symmetricEigenvalues(gram.slice(0, n * n), n)
    const limit = tolerance * (values[n - 1] as number)
    return values.reduce((count, value) => count + (value > limit ? 1 : 0), 0)
  }
}

/** a a^T of n rows, both halves; three rows with three others at a time, so that a number is loaded a third as often. */
function gramOf(a: Float64Array, gram: Float64Array, n: number, length: number): void {
  for (let i = 0; i < n; i += 3) {
    const i0 = i * length
    // Beyond the last row the last row again, whose products are not kept twice.
    const i1 = Math.min(i + 1, n - 1) * length
    const i2 = Math.min(i + 2, n - 1) * length
    for (let j = 0; j <= i; j += 3) {
      const j0 = j * length
      const j1 = Math.min(j + 1, n - 1) * length
      const j2 = Math.min(j + 2, n - 1) * length
      let s00 = 0
      let s01 = 0
      let s02 = 0
      let s10 = 0
      let s11 = 0
      let s12 = 0
      let s20 = 0
      let s21 = 0
      let s22 = 0
      for (let k = 0; k < length; k++) {
        const y0 = a[j0 + k] as number
        const y1 = a[j1 + k] as number
        const y2 = a[j2 + k] as number
        const x0 = a[i0 + k] as number
        s00 += x0 * y0
        s01 += x0 * y1
        s02 += x0 * y2
        const x1 = a[i1 + k] as number
        s10 += x1 * y0
        s11 += x1 * y1
        s12 += x1 * y2
        const x2 = a[i2 + k] as number
        s20 += x2 * y0
        s21 += x2 * y1
        s22 += x2 * y2
      }
      set(gram, n, i, j, s00, s01, s02)
      if (i + 1 < n) set(gram, n, i + 1, j, s10, s11, s12)
      if (i + 2 < n) set(gram, n, i + 2, j, s20, s21, s22)
    }
  }
}

/** Three elements of row i from column j on, and their mirror images. */
function set(matrix: Float64Array, n: number, i: number, j: number, a: number, b: number, c: number): void {
  matrix[i * n + j] = a
  matrix[j * n + i] = a
  if (j + 1 >= n) return
  matrix[i * n + j + 1] = b
  matrix[(j + 1) * n + i] = b
  if (j + 2 >= n) return
  matrix[i * n + j + 2] = c
  matrix[(j + 2) * n + i] = c
}

/** At least the largest eigenvalue. */
function frobenius(gram: Float64Array, n: number): number {
  let squares = 0
  for (let i = 0; i < n * n; i++) squares += (gram[i] as number) * (gram[i] as number)
  return Math.sqrt(squares)
}

/** At most the largest eigenvalue of a positive semidefinite matrix: Rayleigh quotients of a power iteration. */
function largestAtLeast(gram: Float64Array, n: number, v: Float64Array, w: Float64Array): number {
  v.fill(1, 0, n)
  let low = 0
  for (let step = 0; step < powerSteps; step++) {
    let along = 0
    let own = 0
    let most = 0
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += (gram[i * n + j] as number) * (v[j] as number)
      w[i] = sum
      along += sum * (v[i] as number)
      own += (v[i] as number) * (v[i] as number)
      most = Math.max(most, Math.abs(sum))
    }
    low = Math.max(low, along / own)
    if (most === 0) break
    for (let i = 0; i < n; i++) v[i] = (w[i] as number) / most
  }
  // The largest diagonal element is a Rayleigh quotient too, for the case that the first vector was a poor one.
  for (let i = 0; i < n; i++) low = Math.max(low, gram[i * n + i] as number)
  return low
}

/** Subtracts the outer product that ends a pivot's part from everything below it. */
function eliminate(m: Float64Array, n: number, k: number, pivot: number, column: Float64Array): void {
  for (let i = k + 1; i < n; i++) column[i] = m[i * n + k] as number
  for (let i = k + 1; i < n; i++) {
    const factor = (column[i] as number) / pivot
    if (factor === 0) continue
    const row = i * n
    for (let j = k + 1; j <= i; j++) m[row + j] = (m[row + j] as number) - factor * (column[j] as number)
  }
}

/** Whether all eigenvalues lie above a limit: then elimination in the given order meets no pivot that is not positive. */
function isAbove(gram: Float64Array, m: Float64Array, n: number, limit: number, column: Float64Array): boolean {
  for (let i = 0; i < n * n; i++) m[i] = gram[i] as number
  for (let i = 0; i < n; i++) m[i * n + i] = (m[i * n + i] as number) - limit
  for (let k = 0; k < n; k++) {
    const pivot = m[k * n + k] as number
    if (!(pivot > 0)) return false
    eliminate(m, n, k, pivot, column)
  }
  return true
}

/** Eigenvalues of a symmetric matrix above a limit: positive pivots, the largest of the diagonal first. */
function countAbove(gram: Float64Array, m: Float64Array, n: number, limit: number, column: Float64Array): number {
  for (let i = 0; i < n * n; i++) m[i] = gram[i] as number
  for (let i = 0; i < n; i++) m[i * n + i] = (m[i * n + i] as number) - limit
  let count = 0
  for (let k = 0; k < n; k++) {
    let at = k
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(m[i * n + i] as number) > Math.abs(m[at * n + at] as number)) at = i
    }
    const pivot = m[at * n + at] as number
    if (pivot === 0) break
    if (pivot < 0 && isNegative(m, n, k)) break
    if (pivot > 0) count++
    if (at !== k) exchange(m, n, k, at)
    eliminate(m, n, k, pivot, column)
  }
  return count
}

/** Whether what is left from row k on has no eigenvalue above zero, by Gershgorin's circles. */
function isNegative(m: Float64Array, n: number, k: number): boolean {
  for (let i = k; i < n; i++) {
    let reach = m[i * n + i] as number
    for (let j = k; j < i; j++) reach += Math.abs(m[i * n + j] as number)
    for (let j = i + 1; j < n; j++) reach += Math.abs(m[j * n + i] as number)
    if (reach >= 0) return false
  }
  return true
}

/** Exchanges rows and columns k and at (k < at) of the part from k on, of which the lower half is kept. */
function exchange(m: Float64Array, n: number, k: number, at: number): void {
  const swap = (x: number, y: number) => {
    const held = m[x] as number
    m[x] = m[y] as number
    m[y] = held
  }
  swap(k * n + k, at * n + at)
  for (let i = k + 1; i < at; i++) swap(i * n + k, at * n + i)
  for (let i = at + 1; i < n; i++) swap(i * n + k, i * n + at)
}
