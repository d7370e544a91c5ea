/** From a plan to kept indices: of constants along their axes, and of values along theirs. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, PruningPlan } from '../coupling/index'
import type { Labels } from '../ops/index'

/** What is known of a plan already: one list of units runs through weights, norms and values. */
export type KnownIndices = Map<Int32Array, number[] | null>

/** Indices that stay; null where all do. */
export function keptIndices(units: Int32Array, removed: Uint8Array, known?: KnownIndices): number[] | null {
  let kept = known?.get(units)
  if (kept === undefined) {
    kept = indicesKept(units, removed)
    known?.set(units, kept)
  }
  return kept
}

function indicesKept(units: Int32Array, removed: Uint8Array): number[] | null {
  const kept: number[] = []
  for (let i = 0; i < units.length; i++) if (removed[units[i] as number] !== 1) kept.push(i)
  return kept.length === units.length ? null : kept
}

/**
 * Kept indices of every axis of one value.
 * @throws INTERNAL where what stays is not a box: the coupling rules must never let that happen.
 */
export function keptOfValue(
  name: string,
  entries: readonly Labels[],
  removed: Uint8Array,
  known: KnownIndices,
): Map<number, number[]> {
  const result = new Map<number, number[]>()
  for (const { axes, dims, ids } of entries) {
    if (axes.length === 1) {
      const kept = keptIndices(ids, removed, known)
      if (kept) result.set(axes[0] as number, kept)
      continue
    }
    const stays = axes.map((_, k) => new Uint8Array(dims[k] as number))
    let count = 0
    for (let i = 0; i < ids.length; i++) {
      if (removed[ids[i] as number] === 1) continue
      count++
      let rest = i
      for (let k = dims.length - 1; k >= 0; k--) {
        const extent = dims[k] as number
        ;(stays[k] as Uint8Array)[rest % extent] = 1
        rest = Math.floor(rest / extent)
      }
    }
    if (count === ids.length) continue
    const kept = stays.map((flags) => [...flags.keys()].filter((i) => flags[i] === 1))
    if (kept.reduce((product, list) => product * list.length, 1) !== count) {
      throw new EspalierError(
        'INTERNAL',
        `The units kept of "${name}" do not form a box, so the plan cannot be applied.`,
      )
    }
    axes.forEach((axis, k) => {
      if ((kept[k] as number[]).length < (dims[k] as number)) result.set(axis, kept[k] as number[])
    })
  }
  return result
}

/** Original indices that stay, a list for every group, those that cannot be pruned too, as reports and the command line print them. */
export function keptByGroup(coupling: Coupling, plan: PruningPlan): Record<string, number[]> {
  const result: Record<string, number[]> = {}
  for (const group of coupling.groups) {
    result[group.name] = keptIndices(group.units, plan.removed) ?? [...group.units.keys()]
  }
  return result
}
