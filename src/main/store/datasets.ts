/** Data sets: where they lie and what is known of them. */
import { randomUUID } from 'node:crypto'
import type { Dataset } from '../../contract/entities'
import { now } from './columns'
import type { Database } from './database'
import { guarded, notFound } from './errors'

type Facts = Pick<
  Dataset,
  'sampleShape' | 'classes' | 'mean' | 'std' | 'splits' | 'verificationFromTrain' | 'balance' | 'missing'
>

interface Row {
  id: string
  project_id: string
  name: string
  kind: Dataset['kind']
  path: string
  hash: string
  artifact: string | null
  facts: string
  deleted_at: string | null
  created_at: string
}

const toDataset = (row: Row): Dataset => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  kind: row.kind,
  path: row.path,
  hash: row.hash,
  ...(JSON.parse(row.facts) as Facts),
  deletedAt: row.deleted_at,
  createdAt: row.created_at,
})

export type NewDataset = Omit<Dataset, 'id' | 'createdAt' | 'deletedAt'> & {
  /** Hash of the file in the artifact store, where the data was copied into it; null where it stays at its path. */
  readonly artifact: string | null
}

/** One repository: plain calls in, contract entities out. */
export function datasetRepository(database: Database) {
  const byId = database.prepare<[string], Row>('SELECT * FROM datasets WHERE id = ?')
  const inProject = database.prepare<[string, number], Row>(
    'SELECT * FROM datasets WHERE project_id = ? AND (deleted_at IS NOT NULL) = ? ORDER BY created_at, rowid',
  )
  const insert = database.prepare(
    `INSERT INTO datasets (id, project_id, name, kind, path, hash, artifact, facts, created_at)
     VALUES (@id, @projectId, @name, @kind, @path, @hash, @artifact, @facts, @createdAt)`,
  )
  const setPlace = database.prepare('UPDATE datasets SET path = ?, artifact = ?, facts = ? WHERE id = ?')
  const setDeleted = database.prepare('UPDATE datasets SET deleted_at = ? WHERE id = ?')

  const row = (id: string): Row => {
    const found = byId.get(id)
    if (!found) throw notFound('data set', id)
    return found
  }
  return guarded({
    get: (id: string): Dataset => toDataset(row(id)),
    artifact: (id: string): string | null => row(id).artifact,
    list: (projectId: string, deleted = false): Dataset[] => inProject.all(projectId, deleted ? 1 : 0).map(toDataset),
    create(dataset: NewDataset, id: string = randomUUID()): Dataset {
      const { projectId, name, kind, path, hash, artifact, ...facts } = dataset
      insert.run({ id, projectId, name, kind, path, hash, artifact, facts: JSON.stringify(facts), createdAt: now() })
      return toDataset(row(id))
    },
    /** The same data at another place; it is not missing any more. */
    setPlace(id: string, path: string, artifact: string | null): Dataset {
      const { missing: _missing, ...facts } = JSON.parse(row(id).facts) as Facts
      setPlace.run(path, artifact, JSON.stringify(facts), id)
      return toDataset(row(id))
    },
    setDeleted(id: string, at: string | null): Dataset {
      setDeleted.run(at, id)
      return toDataset(row(id))
    },
  })
}
