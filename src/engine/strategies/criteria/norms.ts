/** Norms of weight slices, reduced to one number a unit. */
import type { CriterionInput, Runs, Slices } from './types'

/** Sum of |w|^p of every row, in the order in which the weight lies in memory. */
function rowSums({ source, starts, count, stride, length }: Runs, p: 1 | 2): Float64Array {
  const sums = new Float64Array(starts.length)
  for (let k = 0; k < count; k++) {
    const offset = k * stride
    for (let row = 0; row < starts.length; row++) {
      const from = offset + (starts[row] as number)
      // Single elements (the columns of dense layers) are too many for a loop each.
      let sum = length === 1 ? power(source[from] as number, p) : 0
      if (length > 1) for (let i = from; i < from + length; i++) sum += power(source[i] as number, p)
      sums[row] = (sums[row] as number) + sum
    }
  }
  return sums
}

const power = (value: number, p: 1 | 2): number => (p === 1 ? Math.abs(value) : value * value)

/** Rows that are laid out already, as runs. */
const laidOut = ({ rows, units, width }: Slices): Runs => ({
  source: rows,
  starts: Int32Array.from(units, (_, row) => row * width),
  count: 1,
  stride: 0,
  length: width,
})

/**
 * Sum of |w|^p over the rows of each unit.
 * @returns one number a unit; `present` says which units own a row.
 */
export function powerSums(slices: Slices, units: number, p: 1 | 2): UnitSums {
  return ofUnits(slices, units, rowSums(slices.runs ?? laidOut(slices), p))
}

interface UnitSums {
  readonly sums: Float64Array
  readonly present: Uint8Array
}

function ofUnits(slices: Slices, units: number, ofRows: Float64Array): UnitSums {
  const sums = new Float64Array(units)
  const present = new Uint8Array(units)
  for (let row = 0; row < ofRows.length; row++) {
    const unit = slices.units[row] as number
    sums[unit] = (sums[unit] as number) + (ofRows[row] as number)
    present[unit] = 1
  }
  return { sums, present }
}

/** Mean over the weights a unit occurs in; null where no weight qualifies. */
export function meanOverSlices(
  input: CriterionInput,
  roles: readonly Slices['role'][],
  measure: (slices: Slices) => UnitSums,
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
  return meanOverSlices(input, ['producer', 'consumer', 'scale'], (slices) =>
    // Every weight is producer of one group and consumer of another: both sides are summed in one pass.
    slices.squares ? ofUnits(slices, input.units, slices.squares()) : powerSums(slices, input.units, 2),
  )
}
