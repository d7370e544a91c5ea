/** What other features may use of comparisons. */
export { useComparisons } from './comparisons.store'
