import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { rankCounter, symmetricEigenvalues } from '../../../../src/engine/statistics/linear-algebra'

const random = seedrandom('rank')
const noise = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1)

/** [rows, columns] of rank at most `rank`. */
function product(rows: number, columns: number, rank: number): Float32Array {
  const left = noise(rows * rank)
  const right = noise(rank * columns)
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    let sum = 0
    for (let k = 0; k < rank; k++) {
      sum += (left[Math.floor(i / columns) * rank + k] as number) * (right[k * columns + (i % columns)] as number)
    }
    return sum
  })
}

/** By the eigenvalues of a^T a, the rule of torch.linalg.matrix_rank. */
function byEigenvalues(a: Float32Array, rows: number, columns: number): number {
  const gram = new Float64Array(columns * columns)
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) {
      for (let k = 0; k < rows; k++) {
        const at = i * columns + j
        gram[at] = (gram[at] as number) + (a[k * columns + i] as number) * (a[k * columns + j] as number)
      }
    }
  }
  const values = symmetricEigenvalues(gram, columns)
  const limit = (Math.max(rows, columns) * 2 ** -23) ** 2 * (values.at(-1) as number)
  return values.filter((value) => value > limit).length
}

describe('rankCounter', () => {
  const shapes = [
    [1, 1],
    [2, 2],
    [4, 7],
    [7, 4],
    [16, 16],
    [32, 32],
    [13, 40],
  ] as const

  for (const [rows, columns] of shapes) {
    it(`counts like the singular values of ${rows} x ${columns} matrices`, () => {
      const rank = rankCounter(rows, columns)
      const most = Math.min(rows, columns)
      expect(rank(new Float32Array(rows * columns), 0)).toBe(0)
      for (let wanted = 1; wanted <= most; wanted += Math.max(1, most >> 2)) {
        // Rounding to single precision leaves noise far below the limit.
        const a = product(rows, columns, wanted)
        expect(rank(a, 0)).toBe(wanted)
        expect(rank(a, 0)).toBe(byEigenvalues(a, rows, columns))
        const rectified = a.map((value) => Math.max(0, value))
        expect(rank(rectified, 0)).toBe(byEigenvalues(rectified, rows, columns))
      }
    })
  }

  it('decides by the largest singular value, wherever the matrix lies in the array', () => {
    const limit = 3 * 2 ** -23
    const diagonal = (last: number) => Float32Array.of(9, 1, 0, 0, 0, 0.5, 0, 0, 0, last)
    const rank = rankCounter(3, 3)
    expect(rank(diagonal(1.01 * limit), 1)).toBe(3)
    expect(rank(diagonal(0.99 * limit), 1)).toBe(2)
  })
})
