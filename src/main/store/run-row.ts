/** A row of the runs table and its contract form. */
import type { Run } from '../../contract/entities'
import type { RunConfig, RunResult } from '../../contract/run'
import { fromJson, toJson } from './columns'

export interface RunRow {
  id: string
  project_id: string
  model_id: string
  dataset_id: string
  name: string
  config: string
  status: Run['status']
  owner: string | null
  progress: string | null
  heard_at: string | null
  eta_seconds: number | null
  result: string | null
  /** Kept units a group, apart from the result because lists do not need it. */
  kept: string | null
  error: string | null
  environment: string | null
  result_model_id: string | null
  sweep_id: string | null
  tags: string
  notes: string
  deleted_at: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
}

/** Points lost from before to after recovery (or pruning); null where there is no metric. */
const dropOf = ({ result }: RunResult): number | null =>
  result.before === null || result.afterRecovery === null ? null : result.before - result.afterRecovery

/** A result as its columns hold it. */
export function outcomeColumns(outcome: RunResult | undefined) {
  if (!outcome) return { result: null, kept: null, macsKept: null, metricDrop: null }
  return {
    result: toJson({ ...outcome, kept: {} }),
    kept: toJson(outcome.kept),
    macsKept: outcome.model.after.macs / outcome.model.before.macs,
    metricDrop: dropOf(outcome),
  }
}

export function toRun(row: RunRow): Run {
  const result = fromJson<RunResult>(row.result)
  const kept = fromJson<RunResult['kept']>(row.kept)
  return {
    id: row.id,
    projectId: row.project_id,
    modelId: row.model_id,
    datasetId: row.dataset_id,
    name: row.name,
    config: fromJson<RunConfig>(row.config) as RunConfig,
    status: row.status,
    progress: fromJson(row.progress),
    heardAt: row.heard_at,
    etaSeconds: row.eta_seconds,
    result: result && kept ? { ...result, kept } : result,
    error: fromJson(row.error),
    environment: fromJson(row.environment),
    resultModelId: row.result_model_id,
    sweepId: row.sweep_id,
    tags: JSON.parse(row.tags) as string[],
    notes: row.notes,
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}
