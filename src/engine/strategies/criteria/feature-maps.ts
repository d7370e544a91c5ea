/** Matrices of feature maps for the criteria that look at whole maps. */
import { symmetricEigenvalues } from '../../statistics/linear-algebra/eigenvalues'
import type { UnitMaps } from './types'

/** a a^T of a matrix of `rows` x `columns`, or a^T a where that is smaller: same eigenvalues apart from zeros. */
export function smallGram(a: Float64Array, rows: number, columns: number): { gram: Float64Array; size: number } {
  const size = Math.min(rows, columns)
  const gram = new Float64Array(size * size)
  const [outer, inner] = rows <= columns ? [columns, 1] : [1, columns]
  const length = Math.max(rows, columns)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < length; k++) {
        sum += (a[i * outer + k * inner] as number) * (a[j * outer + k * inner] as number)
      }
      gram[i * size + j] = sum
      gram[j * size + i] = sum
    }
  }
  return { gram, size }
}

/** Sum of the singular values, from the eigenvalues of a Gram matrix. */
export const nuclearNorm = (gram: Float64Array, size: number): number =>
  symmetricEigenvalues(gram, size).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0)

/** Mean over a group's values and their channels of a measure of each channel; null without maps. */
export function meanOverMaps(
  maps: readonly UnitMaps[] | undefined,
  units: number,
  measure: (maps: UnitMaps) => Float64Array,
): Float64Array | null {
  if (!maps || maps.length === 0) return null
  const total = new Float64Array(units)
  const count = new Float64Array(units)
  for (const map of maps) {
    measure(map).forEach((value, channel) => {
      const unit = map.units[channel] as number
      if (unit < 0) return
      total[unit] = (total[unit] as number) + value
      count[unit] = (count[unit] as number) + 1
    })
  }
  return total.map((sum, unit) => (count[unit] ? sum / (count[unit] as number) : 0))
}
