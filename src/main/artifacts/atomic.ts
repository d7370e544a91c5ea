/** Writes a file so that after a crash the old or the new content is there, never half of one. */
import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EspalierError } from '../../contract/errors'
import { makeFolder } from './make-folder'
import { forbids } from './writable'

/** A full disk and a read-only folder as coded errors; anything else comes back as it is. */
export function diskError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EspalierError(
      'DISK_FULL',
      'The disk is full, so the file was not written and what was there before is unchanged. Free some space and try again.',
      error,
    )
  }
  if (forbids(error)) {
    return new EspalierError(
      'FILE_UNREADABLE',
      `There is no permission to use ${path}. Check the permissions of its folder, or choose another place.`,
      error,
    )
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new EspalierError('FILE_NOT_FOUND', `${path} is not there. Check the path and try again.`, error)
  }
  return error
}

/** Renames are durable only once the folder itself is written; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Moves a finished, synced file into place. */
export async function moveIntoPlace(temporary: string, path: string): Promise<void> {
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

/** Temp file in the same folder, fsync, rename. @throws DISK_FULL, FILE_UNREADABLE */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`)
  try {
    await makeFolder(dirname(path))
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await moveIntoPlace(temporary, path)
  } catch (error) {
    // What went wrong is told, and not that there is nothing to clear away.
    await rm(temporary, { force: true }).catch(() => {})
    throw diskError(error, path)
  }
}
