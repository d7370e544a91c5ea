/** What other features may use of run configurations. */
export { comparisonConfigs, defaultConfig } from './config'
export { saveDraftFrom } from './draft'
export { useCompareStrategies } from './use-compare-strategies'
