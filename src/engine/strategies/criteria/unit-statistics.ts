/** From the observing pass's sums over unit ids to one number a unit of a group. */
import type { Coupling } from '../../coupling'
import type { Graph } from '../../graph/graph'
import { noStatistics, type Statistics, type StatisticsRequest, uniformRun } from '../../statistics'
import { contributionsOf } from './contributions'
import type { Criterion, UnitMaps, UnitStatistic, UnitStatistics } from './types'

/** What an observing pass must collect for a criterion. @param labelled the calibration samples have labels */
export function statisticsFor(criterion: Criterion, labelled: boolean): StatisticsRequest {
  const needs = (...names: UnitStatistic[]) => names.some((name) => criterion.needs.includes(name))
  return {
    ...noStatistics,
    moments: needs('contributions', 'response'),
    activations: needs('zeroShare', 'mean'),
    gradients: criterion.needsGradients,
    gradientOf: labelled ? 'labels' : 'sampled',
    keepMaps: needs('maps') ? (criterion.mapSamples ?? 0) : 0,
  }
}

/**
 * Statistics of group `g`; only what was observed is there. A unit that nothing reads counts as 0.
 * @param response NISP's scores by unit id, where they were asked for
 */
export function unitStatistics(
  graph: Graph,
  coupling: Coupling,
  g: number,
  statistics: Statistics,
  criterion: Criterion,
  response: Float64Array | null,
): UnitStatistics {
  const { units } = coupling.groups[g] as Coupling['groups'][number]
  const { activations, count, gate } = statistics.units
  const share = (sums: Float64Array, over: (unit: number) => number) =>
    Float64Array.from(units, (unit) => (over(unit) > 0 ? (sums[unit] as number) / over(unit) : 0))
  const elements = (unit: number) => count[unit] as number
  const samples = () => statistics.samples
  const maps = statistics.maps.length > 0 ? mapsOf(coupling, g, statistics) : []
  const contributions = criterion.needs.includes('contributions')
    ? contributionsOf(graph, coupling, g, statistics)
    : null
  return {
    ...(activations ? { zeroShare: share(activations.zeros, elements), mean: share(activations.sum, elements) } : {}),
    ...(gate
      ? { gateAbsolute: share(gate.sumOfAbsolutes, samples), gateSquared: share(gate.sumOfSquares, samples) }
      : {}),
    ...(maps.length > 0 ? { maps } : {}),
    ...(contributions ? { contributions } : {}),
    ...(response ? { response: Float64Array.from(units, (unit) => response[unit] as number) } : {}),
  }
}

/**
 * Values that carry units of the group. Behind a flatten the columns of a unit become its map's positions again, as
 * far as they follow one another.
 */
function mapsOf(coupling: Coupling, g: number, statistics: Statistics): UnitMaps[] {
  return statistics.maps.flatMap(({ units, samples, extents, data }): UnitMaps[] => {
    const indices = Int32Array.from(units, (unit) =>
      unit !== 0 && coupling.groupOf[unit] === g ? (coupling.indexOf[unit] as number) : -1,
    )
    if (indices.every((index) => index < 0)) return []
    const run = uniformRun(units)
    const positions = data.length / (samples * units.length)
    if (run === 1 || positions !== 1) {
      return [{ samples, channels: units.length, positions, extents, units: indices, data }]
    }
    const side = Math.round(Math.sqrt(run))
    return [
      {
        samples,
        channels: units.length / run,
        positions: run,
        extents: side * side === run ? [side, side] : [run],
        units: indices.filter((_, i) => i % run === 0),
        data,
      },
    ]
  })
}
