/** Norms of weight slices, reduced to one number a unit. */
import type { CriterionInput, Slices } from './types'

/**
 * Sum of |w|^p over the rows of each unit.
 * @returns one number a unit; `present` says which units own a row.
 */
export function powerSums(slices: Slices, units: number, p: number): { sums: Float64Array; present: Uint8Array } {
  const sums = new Float64Array(units)
  const present = new Uint8Array(units)
  const { rows, width } = slices
  slices.units.forEach((unit, row) => {
    let sum = 0
    for (let i = row * width; i < (row + 1) * width; i++) sum += Math.abs(rows[i] as number) ** p
    sums[unit] = (sums[unit] as number) + sum
    present[unit] = 1
  })
  return { sums, present }
}

/** Mean over the weights a unit occurs in; null where no weight qualifies. */
export function meanOverSlices(
  input: CriterionInput,
  roles: readonly Slices['role'][],
  measure: (slices: Slices) => { sums: Float64Array; present: Uint8Array },
): Float64Array | null {
  const total = new Float64Array(input.units)
  const count = new Float64Array(input.units)
  for (const slices of input.slices) {
    if (!roles.includes(slices.role)) continue
    const { sums, present } = measure(slices)
    for (let u = 0; u < input.units; u++) {
      total[u] = (total[u] as number) + (sums[u] as number)
      count[u] = (count[u] as number) + (present[u] as number)
    }
  }
  if (count.every((n) => n === 0)) return null
  return total.map((sum, u) => (count[u] ? sum / (count[u] as number) : 0))
}

/** E over producers of the l_p norm of the unit's filters. */
export function filterNorm(input: CriterionInput, p: 1 | 2): Float64Array | null {
  return meanOverSlices(input, ['producer'], (slices) => {
    const { sums, present } = powerSums(slices, input.units, p)
    return { sums: p === 1 ? sums : sums.map(Math.sqrt), present }
  })
}

/** The DepGraph group norm: mean over producer, consumer and scale slices of the squared l2 norm. */
export function groupNorm(input: CriterionInput): Float64Array | null {
  return meanOverSlices(input, ['producer', 'consumer', 'scale'], (slices) => powerSums(slices, input.units, 2))
}
