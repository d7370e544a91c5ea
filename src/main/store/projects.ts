/** Projects, with the counts and the best result that their card shows. */
import { randomUUID } from 'node:crypto'
import type { Project } from '../../contract/entities'
import type { Outcome } from '../../contract/run'
import { now } from './columns'
import type { Database } from './database'
import { guarded, notFound } from './errors'

interface Row {
  id: string
  name: string
  goal: string
  tags: string
  archived: number
  sample: number
  deleted_at: string | null
  created_at: string
  updated_at: string
  models: number
  datasets: number
  runs: number
  best_id: string | null
  best_macs: number | null
  best_drop: number | null
  best_metric: Outcome['metric'] | null
}

const select = `
SELECT p.*,
  (SELECT count(*) FROM models WHERE project_id = p.id AND deleted_at IS NULL) AS models,
  (SELECT count(*) FROM datasets WHERE project_id = p.id AND deleted_at IS NULL) AS datasets,
  (SELECT count(*) FROM runs WHERE project_id = p.id AND deleted_at IS NULL) AS runs,
  best.id AS best_id, best.macs_kept AS best_macs, best.metric_drop AS best_drop,
  json_extract(best.result, '$.result.metric') AS best_metric
FROM projects p LEFT JOIN runs best ON best.id = (
  SELECT id FROM runs WHERE project_id = p.id AND deleted_at IS NULL AND status = 'done' AND metric_drop IS NOT NULL
  ORDER BY metric_drop > 1, CASE WHEN metric_drop <= 1 THEN macs_kept ELSE metric_drop END, metric_drop LIMIT 1)`

const toProject = (row: Row): Project => ({
  id: row.id,
  name: row.name,
  goal: row.goal,
  tags: JSON.parse(row.tags) as string[],
  archived: row.archived === 1,
  sample: row.sample === 1,
  deletedAt: row.deleted_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  counts: { models: row.models, datasets: row.datasets, runs: row.runs },
  best:
    row.best_id === null
      ? null
      : {
          runId: row.best_id,
          macsKept: row.best_macs ?? 1,
          drop: row.best_drop ?? 0,
          metric: row.best_metric ?? 'accuracy',
        },
})

export interface ProjectChanges {
  readonly name?: string | undefined
  readonly goal?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly archived?: boolean | undefined
}

/** One repository: plain calls in, contract entities out. */
export function projectRepository(database: Database) {
  const byId = database.prepare<[string], Row>(`${select} WHERE p.id = ?`)
  const all = database.prepare<[number], Row>(
    `${select} WHERE (p.deleted_at IS NOT NULL) = ? ORDER BY p.updated_at DESC, p.rowid DESC`,
  )
  const insert = database.prepare(
    'INSERT INTO projects (id, name, goal, sample, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const change = database.prepare(
    'UPDATE projects SET name = ?, goal = ?, tags = ?, archived = ?, updated_at = ? WHERE id = ?',
  )
  const setDeleted = database.prepare('UPDATE projects SET deleted_at = ? WHERE id = ?')
  const setUpdated = database.prepare('UPDATE projects SET updated_at = ? WHERE id = ?')

  const get = (id: string): Project => {
    const row = byId.get(id)
    if (!row) throw notFound('project', id)
    return toProject(row)
  }
  return guarded({
    get,
    list: (deleted = false): Project[] => all.all(deleted ? 1 : 0).map(toProject),
    create(project: { name: string; goal: string; sample?: boolean }): Project {
      const id = randomUUID()
      const time = now()
      insert.run(id, project.name, project.goal, project.sample ? 1 : 0, time, time)
      return get(id)
    },
    update(id: string, changes: ProjectChanges): Project {
      const old = get(id)
      const { name, goal, tags, archived } = {
        ...old,
        ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)),
      } as Project
      change.run(name, goal, JSON.stringify(tags), archived ? 1 : 0, now(), id)
      return get(id)
    },
    /** The card's last activity. */
    touch: (id: string): void => {
      setUpdated.run(now(), id)
    },
    setDeleted(id: string, at: string | null): Project {
      setDeleted.run(at, id)
      return get(id)
    },
  })
}
