/** How far each group may shrink: least widths, rounding and floors. */
import type { Goal, RunConfig } from '../../../contract/run'
import type { Coupling } from '../../coupling'
import type { CostModel } from '../../evaluation/cost'
import { isBudget, withinBudget } from '../trajectory'

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
  /** Units of every group that stay at least; default {@link usualLeast}. */
  readonly least?: number
}

/** Share of a group below which no allocation goes that may take a layer apart, against collapse. */
export const globalFloor = 0.1
export const floorOf = (allocation: RunConfig['allocation']): number => (allocation === 'uniform' ? 0 : globalFloor)
/** One unit alone has nobody to share its work with, so a group keeps two where that can be. */
export const usualLeast = 2

const roundUp = (value: number, step: number) => Math.ceil(value / step - 1e-9) * step

/** Limits in the order of `coupling.groups`; protected layers are fixed in the coupling already. */
export function groupLimits(coupling: Coupling, options: LimitOptions): GroupLimits[] {
  return coupling.groups.map((group) => {
    const units = group.units.length
    const fixed = group.units.reduce((count, unit) => count + (unit === 0 ? 1 : 0), 0)
    const wanted = Math.max(options.least ?? usualLeast, fixed, Math.ceil(options.floor * units - 1e-9))
    const least = Math.min(units, roundUp(wanted, options.roundTo))
    return { prunable: group.prunable && least < units, least }
  })
}

/**
 * Units of every group that stay at least on the way to a goal: {@link usualLeast}, or one where the goal is a budget that
 * no network meets otherwise. @param cost of the whole network
 */
export function leastFor(goal: Goal, coupling: Coupling, cost: CostModel, options: LimitOptions): number {
  if (!isBudget(goal)) return usualLeast
  const limits = groupLimits(coupling, { ...options, least: usualLeast })
  const gone = coupling.groups.flatMap(({ units }, g) => {
    const { prunable, least } = limits[g] as GroupLimits
    return prunable ? [...units].filter((unit) => unit !== 0).slice(0, units.length - least) : []
  })
  const { macs, params, bytes } = cost.savingOf(gone)
  const { original } = cost
  const smallest = { macs: original.macs - macs, params: original.params - params, bytes: original.bytes - bytes }
  return withinBudget(goal, original, smallest) ? usualLeast : 1
}

/** Widths a group passes through on its way down: multiples of the rounding, first the largest below the full width. */
export function widths(units: number, least: number, roundTo: number): number[] {
  const result: number[] = []
  for (let width = Math.ceil(units / roundTo - 1) * roundTo; width >= least; width -= roundTo) result.push(width)
  return result
}
