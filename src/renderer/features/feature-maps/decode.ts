/** The contract's base64 floats as arrays, one view a map. */
import type { FeatureMaps, RemovedMap } from '../../../contract'
import { floatsOf } from '../../ui/floats'

export interface UnitMap {
  readonly unit: number
  readonly values: Float32Array
  /** Null where the unit stays. */
  readonly removed: (RemovedMap & { readonly predicted: Float32Array; readonly difference: Float32Array }) | null
}

export function unitMaps(maps: FeatureMaps): UnitMap[] {
  const size = maps.height * maps.width
  const [originals, predictions] = [floatsOf(maps.maps), floatsOf(maps.predicted)]
  const at = new Map(maps.removed.map((one, index) => [one.unit, index]))
  return Array.from({ length: maps.units }, (_value, unit): UnitMap => {
    const values = originals.subarray(unit * size, (unit + 1) * size)
    const index = at.get(unit)
    const removed = index === undefined ? undefined : maps.removed[index]
    if (index === undefined || !removed) return { unit, values, removed: null }
    const predicted = predictions.subarray(index * size, (index + 1) * size)
    return {
      unit,
      values,
      removed: { ...removed, predicted, difference: values.map((value, i) => value - (predicted[i] as number)) },
    }
  })
}
