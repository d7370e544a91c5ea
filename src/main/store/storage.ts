/** Which files every project names, for what it takes on the disk; and figures of the store that say nothing private. */
import type { Database } from './database'
import { guarded } from './errors'

export interface NamedFile {
  readonly projectId: string
  readonly kind: 'models' | 'data'
  readonly hash: string
}

export interface StoreFacts {
  readonly schema: number
  readonly sound: boolean
  readonly rows: Readonly<Record<string, number>>
  readonly runsByStatus: Readonly<Record<string, number>>
  readonly runsByStrategy: Readonly<Record<string, number>>
  /** Code and technical cause of runs that failed, newest first. */
  readonly failures: readonly { readonly code: string; readonly cause: string | null; readonly at: string | null }[]
}

const tables = ['projects', 'models', 'datasets', 'runs', 'metrics', 'traces', 'logs', 'comparisons', 'exports']

export function storageRepository(database: Database) {
  const files = database.prepare<[], NamedFile>(
    `SELECT DISTINCT project_id AS projectId, 'models' AS kind, json_extract(file.value, '$.hash') AS hash
       FROM models, json_each(models.files) AS file
     UNION SELECT project_id, 'data', artifact FROM datasets WHERE artifact IS NOT NULL`,
  )
  const owners = database.prepare<[], { id: string; projectId: string }>(
    'SELECT id, project_id AS projectId FROM runs UNION ALL SELECT id, project_id FROM datasets',
  )
  const grouped = (by: string) =>
    database.prepare<[], { name: string; n: number }>(`SELECT ${by} AS name, count(*) AS n FROM runs GROUP BY 1`)
  const byStatus = grouped('status')
  const byStrategy = grouped("json_extract(config, '$.strategy')")
  const failures = database.prepare<[], { code: string; cause: string | null; at: string | null }>(
    `SELECT json_extract(error, '$.code') AS code, json_extract(error, '$.cause') AS cause, finished_at AS at
       FROM runs WHERE error IS NOT NULL ORDER BY finished_at DESC LIMIT 100`,
  )
  const toRecord = (rows: readonly { name: string; n: number }[]) =>
    Object.fromEntries(rows.map(({ name, n }) => [name, n]))
  return guarded({
    files: (): NamedFile[] => files.all(),
    /** Project of every run and data set, whose folders carry their ids. */
    owners: (): Map<string, string> => new Map(owners.all().map(({ id, projectId }) => [id, projectId])),
    facts: (): StoreFacts => ({
      schema: database.pragma('user_version', { simple: true }) as number,
      sound: database.pragma('quick_check(1)', { simple: true }) === 'ok',
      rows: Object.fromEntries(
        tables.map((table) => [
          table,
          database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0,
        ]),
      ),
      runsByStatus: toRecord(byStatus.all()),
      runsByStrategy: toRecord(byStrategy.all()),
      failures: failures.all(),
    }),
  })
}
