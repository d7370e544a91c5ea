/** Who took over the work of units that went. */
import { multiply } from '../../statistics/linear-algebra'

/** A unit of the same operator, and its share (0..1) of what the removed units' work was rebuilt from. */
export interface Heir {
  readonly unit: number
  readonly share: number
}

/**
 * Shares by the energy of what is added to each unit's columns: that of W_c U, row by row of U.
 * @param unitOfRow whose each row is, 0 where it is nobody's; `variance`: of each row
 * @param gone the removed units
 * @param columns W_c, [outputs of all taps, width]
 * @param rebuilt U, [width, rows]
 * @param most heirs that are told of
 */
export function heirsOf(
  unitOfRow: Int32Array,
  variance: Float64Array,
  gone: ReadonlySet<number>,
  columns: Float64Array,
  rebuilt: Float64Array,
  width: number,
  most: number,
): Heir[] {
  const rows = unitOfRow.length
  const gram = new Float64Array(width * width)
  for (let at = 0; at < columns.length; at += width) {
    for (let a = 0; a < width; a++) {
      const w = columns[at + a] as number
      if (w === 0) continue
      for (let b = 0; b < width; b++) {
        gram[a * width + b] = (gram[a * width + b] as number) + w * (columns[at + b] as number)
      }
    }
  }
  const turned = new Float64Array(width * rows)
  multiply(turned, gram, rebuilt, width, width, rows)
  const energy = new Map<number, number>()
  let total = 0
  for (let j = 0; j < rows; j++) {
    const to = unitOfRow[j] as number
    if (gone.has(to)) continue
    let sum = 0
    for (let at = j; at < turned.length; at += rows) sum += (turned[at] as number) * (rebuilt[at] as number)
    sum *= variance[j] as number
    total += sum
    if (to !== 0) energy.set(to, (energy.get(to) ?? 0) + sum)
  }
  if (total === 0) return []
  return [...energy]
    .map(([unit, sum]) => ({ unit, share: sum / total }))
    .sort((a, b) => b.share - a.share || a.unit - b.unit)
    .slice(0, most)
    .filter((heir) => heir.share >= 0.01)
}
