/** The surgery layer's public face. */
export { applyPlan } from './apply'
export { keptByGroup, keptIndices, keptOfValue } from './kept'
export { maskPlan } from './mask'
