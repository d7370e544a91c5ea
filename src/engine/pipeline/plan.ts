/** From a prefix of a trajectory to a plan, and to what is told about it. */
import type { DecisionTrace, Round, TraceCheckpoint } from '../../contract/run'
import type { Coupling } from '../coupling'
import type { Removal } from '../strategies/trajectory'

/** Units removed a group, groups that lost none left out. */
export function removedByGroup(removals: readonly { readonly group: string }[]): Round['removed'] {
  const counts: Record<string, number> = {}
  for (const { group } of removals) counts[group] = (counts[group] ?? 0) + 1
  return counts
}

export const predictedOf = (removals: readonly Removal[]): number =>
  removals.reduce((sum, removal) => sum + removal.price, 0)

/**
 * The decision trace of what was done. Checkpoints beyond the last removal (a tolerance that stopped earlier) are left
 * out.
 */
export function traceOf(
  coupling: Coupling,
  removals: readonly Removal[],
  kept: Readonly<Record<string, number[]>>,
  details: {
    /** Of each removal; one round where it is left out. */
    readonly rounds?: readonly number[]
    readonly checkpoints: readonly TraceCheckpoint[]
    readonly correlation?: DecisionTrace['correlation']
    readonly sensitivity?: DecisionTrace['sensitivity']
    readonly latency?: DecisionTrace['latency']
  },
): DecisionTrace {
  const units = new Map(coupling.groups.map((group) => [group.name, group.units.length]))
  return {
    steps: removals.map(({ group, index, price, heirs, macs, params }, step) => ({
      step,
      round: details.rounds?.[step] ?? 0,
      group,
      unit: index,
      price,
      heirs: heirs.map(({ unit, share }) => ({ unit: coupling.indexOf[unit] as number, share })),
      macs,
      params,
    })),
    checkpoints: details.checkpoints.filter(({ step }) => step <= removals.length),
    groups: Object.entries(kept).map(([group, list]) => ({
      group,
      unitsBefore: units.get(group) ?? list.length,
      kept: list,
    })),
    correlation: details.correlation ?? { groups: [], values: [] },
    ...(details.sensitivity ? { sensitivity: details.sensitivity } : {}),
    ...(details.latency ? { latency: details.latency } : {}),
  }
}
