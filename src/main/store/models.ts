/** Models with their lineage, files and what was understood of them. */
import { randomUUID } from 'node:crypto'
import type { Model, ModelView } from '../../contract/entities'
import { now, pack, unpack } from './columns'
import type { Database } from './database'
import { guarded, notFound } from './errors'

/** One file of a model as the artifact store keeps it; the first is the one the user opened. */
export interface StoredFile {
  readonly name: string
  readonly hash: string
}

interface Row {
  id: string
  project_id: string
  name: string
  format: Model['format']
  hash: string
  files: string
  macs: number
  params: number
  bytes: number
  nodes: number
  parent_id: string | null
  run_id: string | null
  deleted_at: string | null
  created_at: string
}

const toModel = (row: Row): Model => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  format: row.format,
  hash: row.hash,
  size: { macs: row.macs, params: row.params, bytes: row.bytes },
  nodes: row.nodes,
  parentId: row.parent_id,
  runId: row.run_id,
  deletedAt: row.deleted_at,
  createdAt: row.created_at,
})

export type NewModel = Omit<Model, 'id' | 'createdAt' | 'deletedAt' | 'hash'> & {
  readonly files: readonly StoredFile[]
}

/** One repository: plain calls in, contract entities out. */
export function modelRepository(database: Database) {
  const byId = database.prepare<[string], Row>('SELECT * FROM models WHERE id = ?')
  const inProject = database.prepare<[string, number], Row>(
    'SELECT * FROM models WHERE project_id = ? AND (deleted_at IS NOT NULL) = ? ORDER BY created_at, rowid',
  )
  const insert = database.prepare(
    `INSERT INTO models (id, project_id, name, format, hash, files, macs, params, bytes, nodes, parent_id, run_id, created_at)
     VALUES (@id, @projectId, @name, @format, @hash, @files, @macs, @params, @bytes, @nodes, @parentId, @runId, @createdAt)`,
  )
  const setName = database.prepare('UPDATE models SET name = ? WHERE id = ?')
  const setDeleted = database.prepare('UPDATE models SET deleted_at = ? WHERE id = ?')
  const getView = database.prepare<[string, string], { body: Uint8Array }>(
    'SELECT body FROM model_views WHERE model_id = ? AND product = ?',
  )
  const putView = database.prepare('INSERT OR REPLACE INTO model_views (model_id, product, body) VALUES (?, ?, ?)')

  const row = (id: string): Row => {
    const found = byId.get(id)
    if (!found) throw notFound('model', id)
    return found
  }
  return guarded({
    get: (id: string): Model => toModel(row(id)),
    list: (projectId: string, deleted = false): Model[] => inProject.all(projectId, deleted ? 1 : 0).map(toModel),
    files: (id: string): StoredFile[] => JSON.parse(row(id).files) as StoredFile[],
    create(model: NewModel): Model {
      const { size, files, ...rest } = model
      const id = randomUUID()
      insert.run({ ...rest, ...size, id, hash: files[0]?.hash, files: JSON.stringify(files), createdAt: now() })
      return toModel(row(id))
    },
    rename(id: string, name: string): Model {
      setName.run(name, id)
      return toModel(row(id))
    },
    setDeleted(id: string, at: string | null): Model {
      setDeleted.run(at, id)
      return toModel(row(id))
    },
    /** null where none is kept, or another version of the product made it. */
    view(id: string, product: string): ModelView | null {
      const found = getView.get(id, product)
      return found ? unpack<ModelView>(found.body) : null
    },
    keepView: (id: string, product: string, view: ModelView): void => {
      putView.run(id, product, pack(view))
    },
  })
}
