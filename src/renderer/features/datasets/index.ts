/** What other features may use of data sets. */
export { useDatasets } from './datasets.store'
