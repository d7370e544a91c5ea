/** Trajectories as kept steps: columns instead of objects; groups and indices follow from the coupling. */
import type { Coupling } from '../../coupling'
import type { Removal } from '../../strategies/trajectory'

export interface PackedTrajectory {
  readonly units: Int32Array
  readonly prices: Float64Array
  /** MACs, parameters and bytes after each removal. */
  readonly sizes: Float64Array
  readonly complete: Uint8Array
  /** Number of heirs of each removal, then their unit ids and shares. */
  readonly heirCounts: Int32Array
  readonly heirUnits: Int32Array
  readonly heirShares: Float64Array
}

export function packTrajectory(removals: readonly Removal[]): PackedTrajectory {
  const heirs = removals.flatMap((removal) => removal.heirs)
  return {
    units: Int32Array.from(removals, (removal) => removal.unit),
    prices: Float64Array.from(removals, (removal) => removal.price),
    sizes: Float64Array.from(removals.flatMap(({ macs, params, bytes }) => [macs, params, bytes])),
    complete: Uint8Array.from(removals, (removal) => (removal.complete ? 1 : 0)),
    heirCounts: Int32Array.from(removals, (removal) => removal.heirs.length),
    heirUnits: Int32Array.from(heirs, (heir) => heir.unit),
    heirShares: Float64Array.from(heirs, (heir) => heir.share),
  }
}

export function unpackTrajectory(coupling: Coupling, packed: PackedTrajectory): Removal[] {
  let heir = 0
  return Array.from(packed.units, (unit, i) => {
    const heirs = Array.from({ length: packed.heirCounts[i] as number }, () => {
      const entry = { unit: packed.heirUnits[heir] as number, share: packed.heirShares[heir] as number }
      heir++
      return entry
    })
    return {
      unit,
      group: coupling.groups[coupling.groupOf[unit] as number]?.name as string,
      index: coupling.indexOf[unit] as number,
      price: packed.prices[i] as number,
      heirs,
      macs: packed.sizes[3 * i] as number,
      params: packed.sizes[3 * i + 1] as number,
      bytes: packed.sizes[3 * i + 2] as number,
      complete: packed.complete[i] === 1,
    }
  })
}
