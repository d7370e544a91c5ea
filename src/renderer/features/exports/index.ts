/** What other features may use of exports. */

export { useExports } from './exports.store'
export { default as LatencyTable } from './LatencyTable.vue'
