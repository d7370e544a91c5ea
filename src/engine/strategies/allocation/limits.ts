/** How far each group may shrink: least widths, rounding and floors. */
import type { Coupling } from '../../coupling'

/** Units of every group that may go, and how many must stay. */
export interface GroupLimits {
  /** false: nothing of the group goes. */
  readonly prunable: boolean
  /** Units that stay at least; a multiple of the rounding where that can be. */
  readonly least: number
}

export interface LimitOptions {
  readonly roundTo: number
  /** Share of a group that stays at least (0..1). */
  readonly floor: number
}

/** Share of a group that global allocation never goes below, against collapse of a layer. */
export const globalFloor = 0.1
const leastUnits = 2

const roundUp = (value: number, step: number) => Math.ceil(value / step - 1e-9) * step

/** Limits in the order of `coupling.groups`; protected layers are fixed in the coupling already. */
export function groupLimits(coupling: Coupling, options: LimitOptions): GroupLimits[] {
  return coupling.groups.map((group) => {
    const units = group.units.length
    const fixed = group.units.reduce((count, unit) => count + (unit === 0 ? 1 : 0), 0)
    const wanted = Math.max(leastUnits, fixed, Math.ceil(options.floor * units - 1e-9))
    const least = Math.min(units, roundUp(wanted, options.roundTo))
    return { prunable: group.prunable && least < units, least }
  })
}

/** Widths a group passes through on its way down: multiples of the rounding, first the largest below the full width. */
export function widths(units: number, least: number, roundTo: number): number[] {
  const result: number[] = []
  for (let width = Math.ceil(units / roundTo - 1) * roundTo; width >= least; width -= roundTo) result.push(width)
  return result
}
