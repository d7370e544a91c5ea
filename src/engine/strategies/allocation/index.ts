/** Allocation: how a budget is shared among the groups. */
export { allocate, type GroupScores, type SensitivityCurve } from './allocate'
export {
  floorOf,
  type GroupLimits,
  globalFloor,
  groupLimits,
  type LimitOptions,
  leastFor,
  usualLeast,
  widths,
} from './limits'
export { nearerToBudget } from './nearer'
