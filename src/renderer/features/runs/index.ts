/** What other features may use of runs. */
export { armKey, type Figures, figuresOf, isActive } from './figures'
export { useRuns } from './runs.store'
export { default as StatusBadge } from './StatusBadge.vue'
export { useLabels } from './use-labels'
export { useMarks } from './use-marks'
export { useRunActions } from './use-run-actions'
