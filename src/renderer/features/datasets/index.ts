/** What other features may use of data sets. */
export { useDatasets } from './datasets.store'
export { default as SampleContent } from './SampleContent.vue'
export { labelOf } from './sample'
