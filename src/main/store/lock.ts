/** A lock that dies with its process: an exclusive transaction on a small SQLite file, released by the system. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite from 'better-sqlite3'

export interface ProcessLock {
  release(): void
}

/** Takes the lock at `path`; null where a living process holds it. */
export function tryLock(path: string): ProcessLock | null {
  mkdirSync(dirname(path), { recursive: true })
  const database = new BetterSqlite(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('SQLITE_BUSY')) return null
    throw error
  }
}
