/** Distance of a filter to all the others: what lies near the geometric median is replaceable. */
import { registerCriterion } from './registry'
import type { CriterionInput, Slices } from './types'

/** Sum over the units j of the Euclidean distance between the filters of each unit and of j. */
function distanceSums(slices: Slices, units: number): Float64Array | null {
  const rowsOf: number[][] = Array.from({ length: units }, () => [])
  slices.units.forEach((unit, row) => {
    rowsOf[unit]?.push(row)
  })
  const { width, rows } = slices
  const sums = new Float64Array(units)
  for (let a = 0; a < units; a++) {
    for (let b = a + 1; b < units; b++) {
      const ra = rowsOf[a] as number[]
      const rb = rowsOf[b] as number[]
      const shared = Math.min(ra.length, rb.length)
      let square = 0
      for (let k = 0; k < shared; k++) {
        const i = (ra[k] as number) * width
        const j = (rb[k] as number) * width
        for (let w = 0; w < width; w++) square += ((rows[i + w] as number) - (rows[j + w] as number)) ** 2
      }
      const distance = Math.sqrt(square)
      sums[a] = (sums[a] as number) + distance
      sums[b] = (sums[b] as number) + distance
    }
  }
  return sums
}

/** Mean over the group's producers; each unit's rows are compared in order. */
function score(input: CriterionInput): Float64Array | null {
  const producers = input.slices.filter((slices) => slices.role === 'producer')
  if (producers.length === 0) return null
  const total = new Float64Array(input.units)
  for (const slices of producers) {
    distanceSums(slices, input.units)?.forEach((sum, unit) => {
      total[unit] = (total[unit] as number) + sum / producers.length
    })
  }
  return total
}

registerCriterion({
  name: 'fpgm',
  title: 'FPGM',
  summary: 'Removes the units whose filters lie nearest to the geometric median of their layer: the replaceable ones.',
  paper: 'He et al., Filter Pruning via Geometric Median, CVPR 2019 (arXiv:1811.00250)',
  needsData: false,
  needsGradients: false,
  needs: [],
  score,
})
