/** The store's public face: one database, one repository a table. */
import { archiveRepository } from './archive'
import { comparisonRepository } from './comparisons'
import { openDatabase } from './database'
import { datasetRepository } from './datasets'
import { storeError } from './errors'
import { exportRepository } from './exports'
import { logRepository } from './logs'
import { metricRepository } from './metrics'
import { modelRepository } from './models'
import { projectRepository } from './projects'
import { runRepository } from './runs'
import { settingRepository } from './settings'
import { storageRepository } from './storage'
import { traceRepository } from './traces'
import { trashRepository } from './trash'

export { type ProcessLock, tryLock } from './lock'
export type { StoredFile } from './models'
export type { TablePart } from './runs'
export type { SettingsChanges } from './settings'

/** Opens the store at `path`. @throws STORE_CORRUPT, STORE_FROM_THE_FUTURE, STORE_BUSY, STORE_READ_ONLY, DISK_FULL */
export function openStore(path: string) {
  const database = openDatabase(path)
  return {
    projects: projectRepository(database),
    models: modelRepository(database),
    datasets: datasetRepository(database),
    runs: runRepository(database),
    metrics: metricRepository(database),
    traces: traceRepository(database),
    logs: logRepository(database),
    comparisons: comparisonRepository(database),
    exports: exportRepository(database),
    settings: settingRepository(database),
    trash: trashRepository(database),
    storage: storageRepository(database),
    archive: archiveRepository(database),
    /** All or nothing; may be nested. */
    transaction<T>(work: () => T): T {
      try {
        return database.transaction(work).immediate()
      } catch (error) {
        throw storeError(error)
      }
    },
    /** Changes when another connection has written. */
    foreignChanges: (): number => database.pragma('data_version', { simple: true }) as number,
    sqliteVersion: (): string => database.prepare<[], { v: string }>('SELECT sqlite_version() AS v').get()?.v ?? '',
    /** The connection itself, for the store's own tests and tools. */
    database,
    close: (): void => {
      database.close()
    },
  }
}
export type Store = ReturnType<typeof openStore>
