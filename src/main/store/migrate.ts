/** Brings a database to the present schema, one transaction a step. */
import type Database from 'better-sqlite3'
import { EspalierError } from '../../contract/errors'
import { migrations } from './migrations/index'

export const versionOf = (database: Database.Database): number =>
  database.pragma('user_version', { simple: true }) as number

/**
 * Applies the missing migrations up to `target`; each commits with its version or leaves no trace.
 * @throws STORE_FROM_THE_FUTURE where the database is newer than this program.
 */
export function migrate(
  database: Database.Database,
  steps: readonly string[] = migrations,
  target: number = steps.length,
): void {
  const present = versionOf(database)
  if (present > steps.length) {
    throw new EspalierError(
      'STORE_FROM_THE_FUTURE',
      `The data folder was written by a newer Espalier (its format is ${present}, this one knows ${steps.length}). Nothing was changed; install the newer version, or choose another folder with ESPALIER_HOME.`,
    )
  }
  for (let version = present; version < target; version++) {
    const apply = database.transaction(() => {
      // Another process may have done this step while we waited for the lock.
      if (versionOf(database) > version) return
      database.exec(steps[version] as string)
      database.pragma(`user_version = ${version + 1}`)
    })
    apply.immediate()
  }
}
