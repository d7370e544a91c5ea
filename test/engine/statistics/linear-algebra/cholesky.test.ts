import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EspalierError } from '../../../../src/contract/errors'
import {
  addOuter,
  cholesky,
  inverse,
  inverseAt,
  solveLower,
  solveRows,
  submatrix,
  subtractLowRank,
  subtractProduct,
  takeColumns,
  takeRows,
} from '../../../../src/engine/statistics/linear-algebra'

/** Reproducible numbers in [-0.5, 0.5). */
function numbers(length: number, seed: number): Float64Array {
  let state = seed >>> 0
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  })
}

/** Textbook X Y^T, rows with rows. */
function product(x: Float64Array, y: Float64Array, n: number, m: number, k: number): Float64Array {
  const result = new Float64Array(n * m)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0
      for (let s = 0; s < k; s++) sum += x[i * k + s]! * y[j * k + s]!
      result[i * m + j] = sum
    }
  }
  return result
}

function positiveDefinite(n: number, seed: number): Float64Array {
  const x = numbers(n * (n + 3), seed)
  const a = product(x, x, n, n, n + 3)
  for (let i = 0; i < n; i++) a[i * n + i]! += 0.1
  return a
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let worst = 0
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!))
  return worst
}

/** Sizes on both sides of the register square (4) and the panel (48). */
const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(47, 48, 49, 50, 51, 95, 96, 97, 101))

describe('cholesky', () => {
  it('gives a lower triangle whose product with its transpose is the matrix', () => {
    fc.assert(
      fc.property(size, fc.nat(), (n, seed) => {
        const a = positiveDefinite(n, seed)
        const l = a.slice()
        cholesky(l, n)
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) l[i * n + j] = 0
        expect(largest(product(l, l, n, n, n), a)).toBeLessThan(1e-11 * n)
      }),
      { numRuns: 60 },
    )
  })

  it('does not read the strict upper triangle', () => {
    const n = 53
    const a = positiveDefinite(n, 5)
    const dirty = a.slice()
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) dirty[i * n + j] = Number.NaN
    cholesky(a, n)
    cholesky(dirty, n)
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) expect(dirty[i * n + j]).toBe(a[i * n + j])
  })

  it('refuses a matrix that is not positive definite, naming the row', () => {
    const a = Float64Array.of(1, 2, 2, 1)
    expect(() => cholesky(a, 2)).toThrowError(EspalierError)
    expect(() => cholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrowError(/row 1 of 2/)
    expect(() => cholesky(Float64Array.of(Number.NaN), 1)).toThrowError(/not finite/)
  })
})

describe('inverse', () => {
  it('times the matrix is the identity, and it is symmetric', () => {
    fc.assert(
      fc.property(size, fc.nat(), (n, seed) => {
        const a = positiveDefinite(n, seed)
        const p = inverse(a.slice(), n)
        const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))
        expect(largest(product(a, p, n, n, n), identity)).toBeLessThan(1e-9 * n)
        for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(p[i * n + j]).toBe(p[j * n + i])
      }),
      { numRuns: 60 },
    )
  })
})

describe('solveRows', () => {
  it('solves against every row', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 9 }), fc.nat(), (n, count, seed) => {
        const a = positiveDefinite(n, seed)
        const x = numbers(n * count, seed + 1)
        const b = product(x, a, count, n, n)
        const l = a.slice()
        cholesky(l, n)
        solveRows(l, n, b, count)
        expect(largest(b, x)).toBeLessThan(1e-8 * n)
      }),
      { numRuns: 60 },
    )
  })
})

describe('products and updates', () => {
  it('subtracts rows times rows, whole or lower', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 14 }),
        fc.nat({ max: 20 }),
        fc.nat(),
        (n, m, k, seed) => {
          const x = numbers(n * k, seed)
          const y = numbers(m * k, seed + 1)
          const expected = product(x, y, n, m, k)
          const c = new Float64Array(n * m)
          subtractProduct(c, m, x, k, y, k, 0, n, 0, m, 0, k, false)
          expect(
            largest(
              c,
              expected.map((v) => -v),
            ),
          ).toBeLessThan(1e-12)
          const lower = new Float64Array(n * m)
          subtractProduct(lower, m, x, k, y, k, 0, n, 0, m, 0, k, true)
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < Math.min(m, i + 1); j++) {
              expect(Math.abs(lower[i * m + j]! + expected[i * m + j]!)).toBeLessThan(1e-12)
            }
          }
        },
      ),
    )
  })

  it('adds the outer products of rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 30 }), fc.nat(), (n, count, seed) => {
        const x = numbers(n * count, seed)
        const a = numbers(n * n, seed + 1)
        const symmetric = a.map(
          (_, at) => a[Math.floor(at / n) * n + (at % n)]! + a[(at % n) * n + Math.floor(at / n)]!,
        )
        const expected = symmetric.slice()
        for (let r = 0; r < count; r++) {
          for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) expected[i * n + j]! += x[r * n + i]! * x[r * n + j]!
        }
        addOuter(symmetric, n, x, count)
        expect(largest(symmetric, expected)).toBeLessThan(1e-12)
      }),
    )
  })

  it('subtracts a low-rank product of any rank', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.nat(), (n, k, seed) => {
        const a = numbers(n * 7, seed)
        const u = numbers(n * k, seed + 1)
        const v = numbers(k * 7, seed + 2)
        const expected = a.slice()
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < 7; j++) for (let s = 0; s < k; s++) expected[i * 7 + j]! -= u[i * k + s]! * v[s * 7 + j]!
        }
        subtractLowRank(a, n, 7, u, v, k)
        expect(largest(a, expected)).toBeLessThan(1e-13)
      }),
    )
  })

  it('takes blocks, rows and their products', () => {
    const a = positiveDefinite(6, 3)
    const at = Int32Array.of(1, 4)
    expect([...submatrix(a, 6, at)]).toEqual([a[7], a[10], a[25], a[28]])
    const inverted = inverseAt(a, 6, at)
    expect(largest(product(submatrix(a, 6, at), inverted, 2, 2, 2), [1, 0, 0, 1])).toBeLessThan(1e-12)
    expect(inverseAt(a, 6, Int32Array.of(2))[0]).toBe(1 / a[14]!)
    expect([...takeRows(a, 6, at)]).toEqual([...a.subarray(6, 12), ...a.subarray(24, 30)])
    expect([...takeColumns(a, 2, 6, at)]).toEqual([a[1], a[4], a[7], a[10]])
    expect([...takeColumns(a, 2, 6, at, true)]).toEqual([a[1], a[7], a[4], a[10]])
  })

  it('solves with a triangle from either side', () => {
    const l = Float64Array.of(2, 0, 0, 1, 4, 0, 3, 5, 8)
    const b = numbers(6, 3)
    const x = b.slice()
    solveLower(l, 3, x, 2)
    solveLower(l, 3, x, 2, true)
    // L L^T X = B, column by column.
    const a = product(l, l, 3, 3, 3)
    const turned = (m: Float64Array) => Float64Array.from({ length: 6 }, (_, i) => m[(i % 3) * 2 + Math.floor(i / 3)]!)
    expect(largest(product(a, turned(x), 3, 2, 3), b)).toBeLessThan(1e-12)
  })
})
