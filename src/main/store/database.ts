/** Opens the SQLite file: pragmas, integrity check, backup before an upgrade, migrations. */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { storeError } from './errors'
import { migrate, versionOf } from './migrate'
import { migrations } from './migrations/index'

export type Database = BetterSqlite.Database

const check = (database: Database): void => {
  const verdict = database.pragma('quick_check(1)', { simple: true }) as string
  if (verdict !== 'ok') throw Object.assign(new Error(verdict), { code: 'SQLITE_CORRUPT' })
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Reading all of more than this holds a start up for seconds. */
const checkedAlways = 64e6

/** Everything is read at the start where that is quick, or where the last end was none: SQLite's log was left behind. */
const needsCheck = (path: string): boolean => sizeOf(path) <= checkedAlways || sizeOf(`${path}-wal`) > 0

/** The operating system keeps the file's pages as well: SQLite's own share (16 MB as it is built here) would be held for ever. */
const cacheKilobytes = 4096

/** A whole copy of the old format, so that an upgrade can be gone back on. */
const backUp = (database: Database, path: string, version: number): void => {
  const target = `${path}.backup-v${version}`
  if (existsSync(target)) rmSync(target)
  database.prepare('VACUUM INTO ?').run(target)
}

/**
 * Opens or creates the database at `path` and brings it to the present schema.
 * @throws STORE_CORRUPT, STORE_FROM_THE_FUTURE, STORE_BUSY, STORE_READ_ONLY, DISK_FULL
 */
export function openDatabase(path: string): Database {
  let database: Database | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    const whole = needsCheck(path)
    database = new BetterSqlite(path, { timeout: 5000 })
    if (whole) check(database)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    database.pragma(`cache_size = -${cacheKilobytes}`)
    const version = versionOf(database)
    if (version > 0 && version < migrations.length) backUp(database, path, version)
    migrate(database)
    return database
  } catch (error) {
    database?.close()
    throw storeError(error)
  }
}
