/** Saved selections of runs with a baseline. */
import { randomUUID } from 'node:crypto'
import type { Comparison } from '../../contract/entities'
import { now } from './columns'
import type { Database } from './database'
import { guarded, notFound } from './errors'

interface Row {
  id: string
  project_id: string
  name: string
  run_ids: string
  baseline_run_id: string | null
  created_at: string
  updated_at: string
}

const toComparison = (row: Row): Comparison => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  runIds: JSON.parse(row.run_ids) as string[],
  baselineRunId: row.baseline_run_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export function comparisonRepository(database: Database) {
  const byId = database.prepare<[string], Row>('SELECT * FROM comparisons WHERE id = ?')
  const inProject = database.prepare<[string], Row>(
    'SELECT * FROM comparisons WHERE project_id = ? ORDER BY created_at, rowid',
  )
  const put = database.prepare(
    `INSERT INTO comparisons (id, project_id, name, run_ids, baseline_run_id, created_at, updated_at)
     VALUES (@id, @projectId, @name, @runIds, @baselineRunId, @time, @time)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, run_ids = excluded.run_ids,
       baseline_run_id = excluded.baseline_run_id, updated_at = excluded.updated_at`,
  )
  const remove = database.prepare('DELETE FROM comparisons WHERE id = ?')
  const get = (id: string): Comparison => {
    const row = byId.get(id)
    if (!row) throw notFound('comparison', id)
    return toComparison(row)
  }
  return guarded({
    get,
    list: (projectId: string): Comparison[] => inProject.all(projectId).map(toComparison),
    /** New without an id, changed with one. @throws NOT_FOUND for an id that is not there */
    save(comparison: Omit<Comparison, 'id' | 'createdAt' | 'updatedAt'> & { id?: string | undefined }): Comparison {
      if (comparison.id !== undefined) get(comparison.id)
      const id = comparison.id ?? randomUUID()
      put.run({ ...comparison, id, runIds: JSON.stringify(comparison.runIds), time: now() })
      return get(id)
    },
    remove(id: string): void {
      get(id)
      remove.run(id)
    },
  })
}
