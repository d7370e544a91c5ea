/** Whether the data folder can be worked in, asked before anything of it is opened: half a start would be worse than none. */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { EspalierError } from '../../contract/errors'
import { say } from '../../contract/sentences'
import type { Layout } from './home'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

export const forbids = (error: unknown): boolean => ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))

/**
 * Makes the folder where there is none, and looks at what lies in it: a start as another user (sudo) leaves files that
 * only that one can write.
 * @param begun whether the folder is open: then nothing more is begun in it, else it is not opened
 * @throws STORE_READ_ONLY, naming what cannot be written to
 */
export function requireWritable({ home, database, ...folders }: Layout, begun = false): void {
  const refused = (path: string) => (begun ? say('error.home-closed', { path }) : say('error.home-read-only', { path }))
  const { R_OK, W_OK, X_OK } = constants
  const look = (path: string, mode: number): void => {
    try {
      accessSync(path, mode)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return
      throw forbids(error) ? new EspalierError('STORE_READ_ONLY', refused(path), error) : error
    }
  }
  try {
    mkdirSync(home, { recursive: true })
  } catch (error) {
    if (!forbids(error)) throw error
    throw new EspalierError('STORE_READ_ONLY', refused(home), error)
  }
  for (const folder of [home, ...Object.values(folders)]) look(folder, R_OK | W_OK | X_OK)
  for (const file of [database, `${database}-wal`, `${database}-shm`]) look(file, R_OK | W_OK)
}
