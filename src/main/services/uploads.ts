/** Files that come through the page instead of from a path: written to a folder of their own, removed afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { EspalierError } from '../../contract/errors'
import { writeAtomically } from '../artifacts/index'

export interface GivenFile {
  readonly path?: string | undefined
  readonly file?: Blob | undefined
  /** Several that belong together, by relative names with `/`. */
  readonly files?: readonly { readonly name: string; readonly file: Blob }[] | undefined
}

/** What several files are: the first one with the others beside it, or a folder. */
export type Whole = 'first' | 'folder'

export interface LocalFile {
  /** Of the file; of several given for a folder, the folder. */
  readonly path: string
  readonly name: string
  /** Came through the page, so that its path is gone after the call. */
  readonly uploaded: boolean
  /** Several files, as a folder. */
  readonly folder?: boolean
}

/** The name a browser gave a file, without anything that could lead out of a folder. */
const safeName = (file: Blob): string => {
  const name = 'name' in file && typeof file.name === 'string' ? basename(file.name.replaceAll('\\', '/')) : ''
  return name === '' || name === '.' || name === '..' ? 'upload' : name
}

/** A relative name that stays below its folder. @throws BAD_USAGE */
function below(name: string): string {
  const parts = name.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\:\0]/.test(part))) {
    throw new EspalierError('BAD_USAGE', `"${name}" is no name of a file below a folder, so nothing was taken.`)
  }
  return join(...parts)
}

/**
 * Writes what came through the page into `folder`; what has a path stays there.
 * @throws BAD_USAGE unless exactly one of path, file and files is given
 */
export async function placeFiles(
  { path, file, files }: GivenFile,
  folder: string,
  whole: Whole = 'first',
): Promise<LocalFile> {
  if ([path, file, files].filter((one) => one !== undefined).length !== 1) {
    throw new EspalierError('BAD_USAGE', 'Give one of these: the path of a file, the file itself, several files.')
  }
  if (path !== undefined) return { path, name: basename(path), uploaded: false }
  const all = files ?? [{ name: safeName(file as Blob), file: file as Blob }]
  const names = all.map(({ name }) => below(name))
  for (const [at, name] of names.entries()) {
    const target = join(folder, name)
    await writeAtomically(target, new Uint8Array(await (all[at] as { file: Blob }).file.arrayBuffer()))
  }
  const first = names[0] as string
  return files !== undefined && whole === 'folder'
    ? { path: folder, name: dirname(first), uploaded: true, folder: true }
    : { path: join(folder, first), name: basename(first), uploaded: true }
}

/** Runs `work` with a path to what is given. @throws as `placeFiles` does */
export async function withLocalFile<T>(
  given: GivenFile,
  work: (file: LocalFile) => Promise<T>,
  whole: Whole = 'first',
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-upload-'))
  try {
    return await work(await placeFiles(given, folder, whole))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
