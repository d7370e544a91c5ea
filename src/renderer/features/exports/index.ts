/** What other features may use of exports. */
export { useExports } from './exports.store'
