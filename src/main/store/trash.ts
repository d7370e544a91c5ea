/** Empties the trash: what was deleted before a time goes for good, except what something living still needs. */
import type { Database } from './database'
import { guarded } from './errors'

export function trashRepository(database: Database) {
  const projects = database.prepare('DELETE FROM projects WHERE deleted_at <= ?')
  const runs = database.prepare(
    'DELETE FROM runs WHERE deleted_at <= @time AND (@project IS NULL OR project_id = @project)',
  )
  const models = database.prepare(
    `DELETE FROM models WHERE deleted_at <= @time AND (@project IS NULL OR project_id = @project)
       AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.model_id = models.id)
       AND NOT EXISTS (SELECT 1 FROM exports WHERE exports.model_id = models.id)`,
  )
  const datasets = database.prepare(
    `DELETE FROM datasets WHERE deleted_at <= @time AND (@project IS NULL OR project_id = @project)
       AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.dataset_id = datasets.id)`,
  )
  const hashes = database.prepare<[], { hash: string }>(
    `SELECT DISTINCT json_extract(file.value, '$.hash') AS hash FROM models, json_each(models.files) AS file
     UNION SELECT artifact FROM datasets WHERE artifact IS NOT NULL`,
  )
  const runIds = database.prepare<[], { id: string }>('SELECT id FROM runs')
  const datasetIds = database.prepare<[], { id: string }>('SELECT id FROM datasets')
  return guarded({
    /** Removes what was trashed at or before `time` (ISO), everywhere or inside one project; returns how many entries went. */
    purge: database.transaction((time: string, projectId?: string): number => {
      const of = { time, project: projectId ?? null }
      const whole = projectId === undefined ? projects.run(time).changes : 0
      return whole + runs.run(of).changes + models.run(of).changes + datasets.run(of).changes
    }),
    /** Every artifact that any row still names. */
    referencedHashes: (): Set<string> => new Set(hashes.all().map((row) => row.hash)),
    runIds: (): Set<string> => new Set(runIds.all().map((row) => row.id)),
    datasetIds: (): Set<string> => new Set(datasetIds.all().map((row) => row.id)),
  })
}
