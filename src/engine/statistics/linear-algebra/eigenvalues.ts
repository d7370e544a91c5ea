/** Eigenvalues of symmetric matrices: Householder tridiagonalisation, then the implicit QL method. */

/**
 * Eigenvalues of a symmetric matrix of n rows, ascending. Golub and Van Loan, Matrix Computations, 8.3.
 * @param matrix row-major, only read.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonal(matrix.slice(), n)
  implicitQl(diagonal, beside, n)
  return diagonal.sort()
}

/** Householder reflections from the last row upwards; `a` is overwritten. `beside[i]` couples i - 1 and i. */
function tridiagonal(a: Float64Array, n: number): { diagonal: Float64Array; beside: Float64Array } {
  const beside = new Float64Array(n)
  const v = new Float64Array(n)
  const p = new Float64Array(n)
  for (let i = n - 1; i >= 1; i--) {
    // Row i left of the diagonal, of length i, becomes (0, ..., 0, alpha).
    let square = 0
    for (let k = 0; k < i; k++) {
      v[k] = a[i * n + k] as number
      square += (v[k] as number) ** 2
    }
    const last = v[i - 1] as number
    if (square === last * last) {
      beside[i] = last
      continue
    }
    const alpha = last > 0 ? -Math.sqrt(square) : Math.sqrt(square)
    beside[i] = alpha
    v[i - 1] = last - alpha
    const h = square - last * alpha
    let inner = 0
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let k = 0; k <= j; k++) sum += (a[j * n + k] as number) * (v[k] as number)
      for (let k = j + 1; k < i; k++) sum += (a[k * n + j] as number) * (v[k] as number)
      p[j] = sum / h
      inner += (p[j] as number) * (v[j] as number)
    }
    const half = inner / (2 * h)
    for (let j = 0; j < i; j++) p[j] = (p[j] as number) - half * (v[j] as number)
    for (let j = 0; j < i; j++) {
      const vj = v[j] as number
      const pj = p[j] as number
      for (let k = 0; k <= j; k++) {
        a[j * n + k] = (a[j * n + k] as number) - vj * (p[k] as number) - pj * (v[k] as number)
      }
    }
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i] as number), beside }
}

/** QL with implicit shifts on a tridiagonal matrix; `diagonal` ends as the eigenvalues, in no order. */
function implicitQl(diagonal: Float64Array, beside: Float64Array, n: number): void {
  const e = new Float64Array(n)
  for (let i = 1; i < n; i++) e[i - 1] = beside[i] as number
  for (let l = 0; l < n; l++) {
    for (;;) {
      let m = l
      for (; m < n - 1; m++) {
        const scale = Math.abs(diagonal[m] as number) + Math.abs(diagonal[m + 1] as number)
        if (Math.abs(e[m] as number) <= Number.EPSILON * scale) break
      }
      if (m === l) break
      const dl = diagonal[l] as number
      const el = e[l] as number
      let g = ((diagonal[l + 1] as number) - dl) / (2 * el)
      let r = Math.hypot(g, 1)
      g = (diagonal[m] as number) - dl + el / (g + (g >= 0 ? r : -r))
      let s = 1
      let c = 1
      let p = 0
      let i = m - 1
      for (; i >= l; i--) {
        let f = s * (e[i] as number)
        const b = c * (e[i] as number)
        r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          diagonal[i + 1] = (diagonal[i + 1] as number) - p
          e[m] = 0
          break
        }
        s = f / r
        c = g / r
        g = (diagonal[i + 1] as number) - p
        f = ((diagonal[i] as number) - g) * s + 2 * c * b
        p = s * f
        diagonal[i + 1] = g + p
        g = c * f - b
      }
      if (r === 0 && i >= l) continue
      diagonal[l] = (diagonal[l] as number) - p
      e[l] = g
      e[m] = 0
    }
  }
}
