import { beforeAll, describe, expect, it } from 'vitest'
import { initBackend } from '../../../../src/engine/runtime'
import {
  cholesky,
  inverse,
  meanDiagonal,
  multiply,
  solveLower,
  solveRows,
  subtractGram,
  subtractLowRank,
  transposed,
} from '../../../../src/engine/statistics/linear-algebra'

/** Second moments of positive, correlated rows as feature maps have them: far fewer directions than columns. */
function moments(n: number, directions: number): Float64Array {
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const f = Float64Array.from({ length: n * directions }, random)
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < directions; k++) sum += (f[i * directions + k] as number) * (f[j * directions + k] as number)
      a[i * n + j] = sum / directions
      a[j * n + i] = sum / directions
    }
  }
  return a
}

function ridged(a: Float64Array, n: number, ridge: number): Float64Array {
  const result = a.slice()
  const added = ridge * meanDiagonal(a, n)
  for (let i = 0; i < n; i++) result[i * n + i] = (result[i * n + i] as number) + added
  return result
}

/** |a - b| / |b| */
function difference(a: Float64Array, b: Float64Array): number {
  let above = 0
  let below = 0
  for (let i = 0; i < a.length; i++) {
    above += ((a[i] as number) - (b[i] as number)) ** 2
    below += (b[i] as number) ** 2
  }
  return Math.sqrt(above / below)
}

/** w A w^T summed over the rows of w. */
function energy(w: Float64Array, a: Float64Array, n: number): number {
  let total = 0
  for (let row = 0; row < w.length; row += n) {
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += (a[i * n + j] as number) * (w[row + j] as number)
      total += sum * (w[row + i] as number)
    }
  }
  return total
}

const n = 430

describe('products on the backend in float32, against double precision throughout', () => {
  beforeAll(async () => {
    await initBackend({ backend: 'wasm' })
  })

  it('gives the same factor and inverse, as far as the ridge lets either tell', () => {
    const a = ridged(moments(n, 40), n, 1e-3)
    const wide = inverse(a.slice(), n, true)
    const exact = inverse(a.slice(), n, false)
    expect(difference(wide, exact)).toBeLessThan(0.01)
    for (let i = 0; i < n; i++) {
      expect(Math.abs((wide[i * n + i] as number) / (exact[i * n + i] as number) - 1)).toBeLessThan(0.005)
    }
    const mild = ridged(moments(n, 40), n, 1e-2)
    expect(difference(inverse(mild.slice(), n, true), inverse(mild.slice(), n, false))).toBeLessThan(1e-3)
  })

  it('fits weights that predict what those of double precision predict', () => {
    const plain = moments(n, 40)
    const factors = [true, false].map((wide) => {
      const l = ridged(plain, n, 1e-2)
      cholesky(l, n, wide)
      const b = plain.slice(0, 5 * n)
      solveRows(l, n, b, 5, wide)
      return b
    }) as [Float64Array, Float64Array]
    const apart = factors[0].map((value, i) => value - (factors[1][i] as number))
    expect(energy(apart, plain, n)).toBeLessThan(1e-9 * energy(factors[1], plain, n))
  })

  it('multiplies, and takes a Gram matrix away', () => {
    const a = moments(n, 3)
    const b = moments(n, 5)
    const product = new Float64Array(n * n)
    multiply(product, a, b, n, n, n)
    const taken = a.slice()
    subtractGram(taken, n, b, 9)
    for (const [i, j] of [
      [0, 0],
      [3, 400],
      [429, 17],
    ] as const) {
      let expected = 0
      for (let k = 0; k < n; k++) expected += (a[i * n + k] as number) * (b[k * n + j] as number)
      expect(Math.abs((product[i * n + j] as number) / expected - 1)).toBeLessThan(1e-5)
      let gram = a[i * n + j] as number
      for (let k = 0; k < 9; k++) gram -= (b[k * n + i] as number) * (b[k * n + j] as number)
      expect(taken[i * n + j]).toBeCloseTo(gram, 5)
    }
  })

  it('takes a narrow product away as the registers do, a few rows at a time', () => {
    const [rows, columns, k] = [2100, 2300, 36]
    const [u, v] = [numbers(rows * k), numbers(k * columns)]
    const before = numbers(rows * columns)
    const taken = before.slice()
    subtractLowRank(taken, rows, columns, u, v, k)
    for (const [i, j] of [
      [0, 0],
      [1822, 5],
      [1823, 2299],
      [2099, 2299],
    ] as const) {
      let expected = before[i * columns + j] as number
      for (let s = 0; s < k; s++) expected -= (u[i * k + s] as number) * (v[s * columns + j] as number)
      expect(taken[i * columns + j]).toBeCloseTo(expected, 4)
    }
  })

  it.each([false, true])('solves a triangle for many columns (turned: %s)', (turned) => {
    const [rows, columns] = [72, 3400]
    const lower = ridged(moments(rows, 80), rows, 1e-2)
    cholesky(lower, rows, false)
    const wanted = numbers(rows * columns)
    const b = new Float64Array(rows * columns)
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < rows; k++) {
        const factor = (turned ? (k >= i ? lower[k * rows + i] : 0) : k <= i ? lower[i * rows + k] : 0) as number
        for (let j = 0; j < columns; j++) {
          b[i * columns + j] = (b[i * columns + j] as number) + factor * (wanted[k * columns + j] as number)
        }
      }
    }
    solveLower(lower, rows, b, columns, turned)
    expect(difference(b, wanted)).toBeLessThan(1e-4)
  })
})

/** In -0.5..0.5, the same for the same length. */
function numbers(length: number): Float64Array {
  let state = length
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  })
}

describe('a matrix turned', () => {
  it('has columns for rows, whatever their number', () => {
    const [count, stride] = [19, 5]
    const a = numbers(count * stride)
    const turned = transposed(a, count, stride)
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < stride; j++) expect(turned[j * count + i]).toBe(a[i * stride + j])
    }
  })
})
