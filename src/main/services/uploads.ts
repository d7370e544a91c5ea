/** Files that come through the page instead of from a path: written to a folder of their own, removed afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { EspalierError } from '../../contract/errors'
import { writeAtomically } from '../artifacts/index'

export interface GivenFile {
  readonly path?: string | undefined
  readonly file?: Blob | undefined
}

export interface LocalFile {
  readonly path: string
  readonly name: string
  /** Came through the page, so that its path is gone after the call. */
  readonly uploaded: boolean
}

/** The name a browser gave a file, without anything that could lead out of a folder. */
const safeName = (file: Blob): string => {
  const name = 'name' in file && typeof file.name === 'string' ? basename(file.name.replaceAll('\\', '/')) : ''
  return name === '' || name === '.' || name === '..' ? 'upload' : name
}

/** Runs `work` with a path to the given file. @throws BAD_USAGE unless exactly one of path and file is given */
export async function withLocalFile<T>(given: GivenFile, work: (file: LocalFile) => Promise<T>): Promise<T> {
  if ((given.path === undefined) === (given.file === undefined)) {
    throw new EspalierError('BAD_USAGE', 'Give either the path of a file or the file itself, and not both.')
  }
  if (given.path !== undefined) return work({ path: given.path, name: basename(given.path), uploaded: false })
  const blob = given.file as Blob
  const folder = await mkdtemp(join(tmpdir(), 'espalier-upload-'))
  try {
    const name = safeName(blob)
    const path = join(folder, name)
    await writeAtomically(path, new Uint8Array(await blob.arrayBuffer()))
    return await work({ path, name, uploaded: true })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
