/** Data sets: opened by content, fitted to a network, split, served in batches. The public face of `data`. */
import { EspalierError } from '../../contract/errors'
import { type FileAccess, TrackedFiles } from './files'
import { OpenedData } from './source'
import { openNpz } from './sources/npz'
import { isZip } from './sources/zip'

export { batchAt, batchCount, batches, firstOf } from './batches'
export type { FileAccess } from './files'
export { type RandomStream, stream } from './rng'
export { fitToNetwork } from './source'
export { fewestSamples, makeSplits, type SplitOptions, wholeTable } from './splits'
export type * from './types'

/** What the user says about a data set where the files do not. */
export interface DataOverrides {
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  readonly classes?: readonly string[]
}

/**
 * Opens a file or a folder of data; what it is is told by its content.
 * @throws FORMAT_UNKNOWN, FILE_*, DATA_INVALID, DATA_NON_FINITE, DATA_LABELS_OUT_OF_RANGE
 */
export async function openData(access: FileAccess, overrides: DataOverrides = {}): Promise<OpenedData> {
  const files = new TrackedFiles(access)
  const names = await files.list()
  const [only] = names
  if (names.length === 1 && only !== undefined && isZip(await files.read(only))) {
    const raw = await openNpz(files, only)
    return new OpenedData({ ...raw, ...overrides, hash: await files.fingerprint() })
  }
  throw new EspalierError('FORMAT_UNKNOWN', 'This is not data that Espalier reads.')
}
