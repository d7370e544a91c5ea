/** What other features may use of new runs. */
export { useCompareStrategies } from './use-compare-strategies'
