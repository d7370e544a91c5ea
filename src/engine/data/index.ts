/** Data sets: opened by content, fitted to a network, split, served in batches. The public face of `data`. */
export { batchAt, batchCount, batches, firstOf } from './batches'
export type { FileAccess } from './files'
export { type DataOverrides, openData } from './open'
export { type RandomStream, stream } from './rng'
export { fitToNetwork } from './source'
export { fewestSamples, makeSplits, type SplitOptions, wholeTable } from './splits'
export type * from './types'
