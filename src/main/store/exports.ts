/** Exports with their proof. */
import { randomUUID } from 'node:crypto'
import type { Export } from '../../contract/entities'
import type { ExportResult } from '../../contract/run'
import { now } from './columns'
import type { Database } from './database'
import { guarded, notFound } from './errors'

interface Row {
  id: string
  project_id: string
  run_id: string | null
  model_id: string
  proof: string
  created_at: string
}

const toExport = (row: Row): Export => ({
  id: row.id,
  projectId: row.project_id,
  runId: row.run_id,
  modelId: row.model_id,
  ...(JSON.parse(row.proof) as ExportResult),
  createdAt: row.created_at,
})

export interface NewExport {
  readonly projectId: string
  readonly runId: string | null
  readonly modelId: string
  readonly proof: ExportResult
}

export function exportRepository(database: Database) {
  const byId = database.prepare<[string], Row>('SELECT * FROM exports WHERE id = ?')
  const inProject = database.prepare<[string], Row>(
    'SELECT * FROM exports WHERE project_id = ? ORDER BY created_at, rowid',
  )
  const insert = database.prepare(
    'INSERT INTO exports (id, project_id, run_id, model_id, proof, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const get = (id: string): Export => {
    const row = byId.get(id)
    if (!row) throw notFound('export', id)
    return toExport(row)
  }
  return guarded({
    get,
    list: (projectId: string): Export[] => inProject.all(projectId).map(toExport),
    create(entry: NewExport): Export {
      const id = randomUUID()
      insert.run(id, entry.projectId, entry.runId, entry.modelId, JSON.stringify(entry.proof), now())
      return get(id)
    },
  })
}
