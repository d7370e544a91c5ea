/** All criteria and how groups are scored by them. */
import './all'

export { rankAscending } from './rank'
export { findCriterion, registerCriterion, registeredCriteria } from './registry'
export { scoreGroups } from './score-groups'
export { type ScoredGroups, scoreWeights } from './score-weights'
export { groupSlices } from './slices'
export type { Criterion, CriterionInput, Slices, UnitMaps, UnitStatistic, UnitStatistics } from './types'
export { statisticsFor, unitStatistics } from './unit-statistics'
