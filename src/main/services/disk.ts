/** Sizes of files and folders, as they are now. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** 0 for what is not there (any more). */
export async function fileBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

/** Bytes of everything under a folder; 0 where there is none. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      // What goes away between the listing and the look, as temporary files do, counts nothing.
      if (entry.isFile()) bytes += await fileBytes(join(entry.parentPath, entry.name))
    }
  } catch {
    return bytes
  }
  return bytes
}

/** Names of the folders in a folder. */
export async function foldersIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
