/** Rows of a project that came in an archive: as they were elsewhere, under new ids. */
import type { Comparison, Dataset, Export, Model, Run } from '../../contract/entities'
import { toJson } from './columns'
import type { Database } from './database'
import { guarded } from './errors'
import type { StoredFile } from './models'
import { outcomeColumns } from './run-row'

export interface ArrivedProject {
  readonly id: string
  readonly name: string
  readonly goal: string
  readonly tags: readonly string[]
  readonly createdAt: string
}

/** A project stays in the trash, under a name that says so, until `finish`: an import that is cut short leaves no half. */
export function archiveRepository(database: Database) {
  const project = database.prepare(
    `INSERT INTO projects (id, name, goal, tags, created_at, updated_at, deleted_at)
     VALUES (@id, @name, @goal, @tags, @createdAt, @now, @now)`,
  )
  const finish = database.prepare('UPDATE projects SET name = ?, deleted_at = NULL WHERE id = ?')
  const drop = database.prepare('DELETE FROM projects WHERE id = ?')
  const model = database.prepare(
    `INSERT INTO models (id, project_id, name, format, hash, files, macs, params, bytes, nodes, deleted_at, created_at)
     VALUES (@id, @projectId, @name, @format, @hash, @files, @macs, @params, @bytes, @nodes, @deletedAt, @createdAt)`,
  )
  const lineage = database.prepare('UPDATE models SET parent_id = ?, run_id = ? WHERE id = ?')
  const dataset = database.prepare(
    `INSERT INTO datasets (id, project_id, name, kind, path, hash, artifact, facts, deleted_at, created_at)
     VALUES (@id, @projectId, @name, @kind, @path, @hash, @artifact, @facts, @deletedAt, @createdAt)`,
  )
  const run = database.prepare(
    `INSERT INTO runs (id, project_id, model_id, dataset_id, name, config, status, queue_order, progress, heard_at, result,
       kept, rounds, macs_kept, metric_drop, error, environment, result_model_id, latency, sweep_id, tags, notes, created_at, started_at,
       finished_at)
     VALUES (@id, @projectId, @modelId, @datasetId, @name, @config, @status,
       (SELECT coalesce(max(queue_order), 0) + 1 FROM runs), @progress, @heardAt, @result, @kept, @rounds, @macsKept, @metricDrop,
       @error, @environment, @resultModelId, @latency, @sweepId, @tags, @notes, @createdAt, @startedAt, @finishedAt)`,
  )
  const comparison = database.prepare(
    `INSERT INTO comparisons (id, project_id, name, run_ids, baseline_run_id, created_at, updated_at)
     VALUES (@id, @projectId, @name, @runIds, @baselineRunId, @createdAt, @updatedAt)`,
  )
  const exported = database.prepare(
    'INSERT INTO exports (id, project_id, run_id, model_id, proof, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  return guarded({
    begin: (of: ArrivedProject): void => {
      const now = new Date().toISOString()
      project.run({ ...of, name: `${of.name} (import was cut short)`, tags: JSON.stringify(of.tags), now })
    },
    finish: (id: string, name: string): void => {
      finish.run(name, id)
    },
    drop: (id: string): void => {
      drop.run(id)
    },
    /** Without lineage: what it came from may not be there yet. */
    addModel(of: Model & { readonly files: readonly StoredFile[] }): void {
      const { size, files, parentId: _parent, runId: _run, ...rest } = of
      model.run({ ...rest, ...size, hash: files[0]?.hash, files: JSON.stringify(files) })
    },
    setLineage: (id: string, parentId: string | null, runId: string | null): void => {
      lineage.run(parentId, runId, id)
    },
    addDataset(of: Dataset & { readonly artifact: string | null }): void {
      const { id, projectId, name, kind, path, hash, artifact, deletedAt, createdAt, ...facts } = of
      const values = { id, projectId, name, kind, path, hash, artifact, deletedAt, createdAt }
      dataset.run({ ...values, facts: JSON.stringify(facts) })
    },
    addRun(of: Run): void {
      const {
        config,
        progress,
        result,
        error,
        environment,
        latency,
        tags,
        deletedAt: _deleted,
        etaSeconds: _eta,
        ...rest
      } = of
      run.run({
        ...rest,
        ...outcomeColumns(result ?? undefined),
        config: JSON.stringify(config),
        progress: toJson(progress),
        error: toJson(error),
        environment: toJson(environment),
        latency: toJson(latency),
        tags: JSON.stringify(tags),
      })
    },
    addComparison: (of: Comparison): void => {
      comparison.run({ ...of, runIds: JSON.stringify(of.runIds) })
    },
    addExport(of: Export): void {
      const { id, projectId, runId, modelId, createdAt, ...proof } = of
      exported.run(id, projectId, runId, modelId, JSON.stringify(proof), createdAt)
    },
  })
}
