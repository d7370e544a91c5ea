/** From the observing pass's sums over unit ids to one number a unit of a group. */
import type { Coupling } from '../../coupling'
import { noStatistics, type Statistics, type StatisticsRequest } from '../../statistics'
import type { Criterion, UnitStatistics } from './types'

/** What an observing pass must collect for a criterion. @param labelled the calibration samples have labels */
export function statisticsFor(criterion: Criterion, labelled: boolean): StatisticsRequest {
  return {
    ...noStatistics,
    activations: criterion.needsData && !criterion.needsGradients,
    gradients: criterion.needsGradients,
    gradientOf: labelled ? 'labels' : 'sampled',
  }
}

/** Statistics of group `g`; only what was observed is there. A unit that nothing reads counts as 0. */
export function unitStatistics(coupling: Coupling, g: number, statistics: Statistics): UnitStatistics {
  const { units } = coupling.groups[g] as Coupling['groups'][number]
  const { activations, count, gate } = statistics.units
  const share = (sums: Float64Array, over: (unit: number) => number) =>
    Float64Array.from(units, (unit) => (over(unit) > 0 ? (sums[unit] as number) / over(unit) : 0))
  const elements = (unit: number) => count[unit] as number
  const samples = () => statistics.samples
  return {
    ...(activations ? { zeroShare: share(activations.zeros, elements), mean: share(activations.sum, elements) } : {}),
    ...(gate
      ? { gateAbsolute: share(gate.sumOfAbsolutes, samples), gateSquared: share(gate.sumOfSquares, samples) }
      : {}),
  }
}
