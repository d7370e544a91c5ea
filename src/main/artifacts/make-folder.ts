/** Makes a folder and those above it. Node's recursive mkdir never returns where a file system makes none (/proc). */
import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { EspalierError } from '../../contract/errors'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** @throws FILE_UNREADABLE where no folder can be made, and the file system's own errors */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = []
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      if ((await stat(at)).isDirectory()) break
      throw new EspalierError('FILE_UNREADABLE', `${at} is a file where a folder is needed. Choose another place.`)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || dirname(at) === at) throw error
      missing.push(at)
    }
  }
  for (const folder of missing.reverse()) {
    try {
      await mkdir(folder)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EEXIST') continue
      if (code !== 'ENOENT') throw error
      throw new EspalierError(
        'FILE_UNREADABLE',
        `No folder can be made at ${folder}: that file system takes none. Choose another place.`,
        error,
      )
    }
  }
}
