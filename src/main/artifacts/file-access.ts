/** Data on disk as the engine reads it: one file, or a folder with everything in it. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { EspalierError } from '../../contract/errors'
import type { FileAccess } from '../../engine/data'

/** A folder with more files than this is taken for a mistake (a home folder, a whole disk). */
const mostFiles = 2_000_000

const unreadable = (path: string, error: unknown): EspalierError => {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new EspalierError('FILE_NOT_FOUND', `"${path}" is not there. Check the path and try again.`, error)
  }
  return new EspalierError(
    'FILE_UNREADABLE',
    `"${path}" cannot be read (${code ?? error}). Check its permissions.`,
    error,
  )
}

/** All files below a folder, hidden ones left out, links not followed. */
async function walk(root: string): Promise<string[]> {
  const names: string[] = []
  const pending = [root]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile()) names.push(relative(root, path).split(sep).join('/'))
    }
    if (names.length > mostFiles) {
      throw new EspalierError(
        'FILE_TOO_LARGE',
        `"${root}" holds more than ${mostFiles} files. Choose the folder of the data set itself.`,
      )
    }
  }
  return names
}

/**
 * A file or a folder by its path.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE
 */
export async function fileAccess(path: string): Promise<FileAccess> {
  const info = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  const root = info.isDirectory() ? path : dirname(path)
  return {
    list: async () => {
      if (!info.isDirectory()) return [basename(path)]
      try {
        return await walk(root)
      } catch (error) {
        throw error instanceof EspalierError ? error : unreadable(path, error)
      }
    },
    read: async (name) => {
      const file = join(root, name)
      if (relative(root, file).startsWith('..')) {
        throw new EspalierError('FILE_UNREADABLE', `"${name}" lies outside the folder of the data set.`)
      }
      try {
        return await readFile(file)
      } catch (error) {
        throw unreadable(file, error)
      }
    },
  }
}
