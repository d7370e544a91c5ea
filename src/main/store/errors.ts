/** Turns what SQLite throws into coded errors; every repository call goes through here. */
import { EspalierError } from '../../contract/errors'
import { say } from '../../contract/sentences'

const sqliteCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** The coded form of a SQLite error; anything else comes back as it is. */
export function storeError(error: unknown): unknown {
  if (error instanceof EspalierError) return error
  const code = sqliteCode(error)
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR_WRITE') || code === 'ENOSPC') {
    return new EspalierError(
      'DISK_FULL',
      'The disk is full, so the last change was undone and nothing was lost. Free some space and try again.',
      error,
    )
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new EspalierError('STORE_BUSY', say('error.store-busy'), error)
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new EspalierError(
      'STORE_CORRUPT',
      'The workbench database is damaged, so it was left as it is. Restore the last backup beside it (espalier.db.backup-*), or move the damaged file away to begin with an empty store; models and data in the artifacts folder are untouched.',
      error,
    )
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM)|^EACCES$|^EPERM$|^EROFS$/.test(code)) {
    return new EspalierError('STORE_READ_ONLY', say('error.store-read-only'), error)
  }
  if (code.startsWith('SQLITE_CONSTRAINT_FOREIGNKEY')) {
    return new EspalierError('CONFLICT', say('error.store-gone'), error)
  }
  return error
}

// biome-ignore lint/suspicious/noExplicitAny: methods of any signature are wrapped and keep their own type.
type Methods = Record<string, (...values: any[]) => any>

/** The same repository, with every method's SQLite errors translated. */
export function guarded<T extends Methods>(repository: T): T {
  const entries = Object.entries(repository).map(([name, method]) => [
    name,
    (...values: unknown[]) => {
      try {
        return method(...values)
      } catch (error) {
        throw storeError(error)
      }
    },
  ])
  return Object.fromEntries(entries) as T
}

/** What is asked for is not there (any more). */
export const notFound = (kind: string, id: string): EspalierError =>
  new EspalierError('NOT_FOUND', `There is no ${kind} with the id "${id}". It may have been removed; reload the list.`)
