/** Norms of weight slices, reduced to one number a unit. */
import type { CriterionInput, Runs, Slices } from './types'

const absolutes = (source: Float32Array, from: number, length: number): number => {
  let sum = 0
  for (let i = from; i < from + length; i++) sum += Math.abs(source[i] as number)
  return sum
}

/** Four sums at once: one alone waits for each addition to end. */
function squares(source: Float32Array, from: number, length: number): number {
  const end = from + length
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = from
  for (; i + 3 < end; i += 4) {
    const w = source[i] as number
    const x = source[i + 1] as number
    const y = source[i + 2] as number
    const z = source[i + 3] as number
    a += w * w
    b += x * x
    c += y * y
    d += z * z
  }
  for (; i < end; i++) a += (source[i] as number) * (source[i] as number)
  return a + b + (c + d)
}

/** Sum of |w|^p of every row, in the order in which the weight lies in memory. */
function rowSums({ source, starts, count, stride, length }: Runs, p: 1 | 2): Float64Array {
  const sums = new Float64Array(starts.length)
  const measure = p === 1 ? absolutes : squares
  for (let k = 0; k < count; k++) {
    const offset = k * stride
    for (let row = 0; row < starts.length; row++) {
      sums[row] = (sums[row] as number) + measure(source, offset + (starts[row] as number), length)
    }
  }
  return sums
}

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
export function powerSums(slices: Slices, units: number, p: 1 | 2): { sums: Float64Array; present: Uint8Array } {
  const sums = new Float64Array(units)
  const present = new Uint8Array(units)
  const ofRows = rowSums(slices.runs ?? laidOut(slices), p)
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
