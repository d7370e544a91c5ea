/** Allocation: how a budget is shared among the groups. */
export { allocate, type GroupScores, type SensitivityCurve } from './allocate'
export { type GroupLimits, globalFloor, groupLimits, type LimitOptions, widths } from './limits'
export { nearerToBudget } from './nearer'
