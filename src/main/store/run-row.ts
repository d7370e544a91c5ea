/** A row of the runs table and its contract form. */
import type { Run } from '../../contract/entities'
import { lostOf } from '../../contract/outcome'
import type { RunConfig, RunLatency, RunResult } from '../../contract/run'
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
  /** Rounds of the decision, apart for the same reason. */
  rounds: string | null
  error: string | null
  environment: string | null
  result_model_id: string | null
  /** What its network was measured to take. */
  latency: string | null
  sweep_id: string | null
  tags: string
  notes: string
  deleted_at: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
}

/** A result as its columns hold it. */
export function outcomeColumns(outcome: RunResult | undefined) {
  if (!outcome) return { result: null, kept: null, rounds: null, macsKept: null, metricDrop: null }
  return {
    result: toJson({ ...outcome, kept: {}, rounds: [] }),
    kept: toJson(outcome.kept),
    rounds: toJson(outcome.rounds),
    macsKept: outcome.model.after.macs / outcome.model.before.macs,
    metricDrop: lostOf(outcome.result.metric, outcome.result.before, outcome.result.afterRecovery),
  }
}

export function toRun(row: RunRow): Run {
  const result = fromJson<RunResult>(row.result)
  const kept = fromJson<RunResult['kept']>(row.kept)
  const rounds = fromJson<RunResult['rounds']>(row.rounds)
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
    result: result && { ...result, ...(kept ? { kept } : {}), ...(rounds ? { rounds } : {}) },
    error: fromJson(row.error),
    environment: fromJson(row.environment),
    resultModelId: row.result_model_id,
    ...(row.latency === null ? {} : { latency: fromJson<RunLatency>(row.latency) as RunLatency }),
    sweepId: row.sweep_id,
    tags: JSON.parse(row.tags) as string[],
    notes: row.notes,
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}

const text = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value))

/**
 * The same as {@link toRun} as JSON text, without reading what the row already holds as text. `environment` is the place
 * in a list that the caller keeps, because runs of one machine have the same.
 */
export function runText(row: RunRow, environment: number | null): string {
  return `{"id":${text(row.id)},"projectId":${text(row.project_id)},"modelId":${text(row.model_id)},"datasetId":${text(row.dataset_id)},"name":${text(row.name)},"config":${row.config},"status":"${row.status}","progress":${row.progress},"heardAt":${text(row.heard_at)},"etaSeconds":${row.eta_seconds},"result":${row.result},"error":${row.error},"environment":${environment},"resultModelId":${text(row.result_model_id)},${row.latency === null ? '' : `"latency":${row.latency},`}"sweepId":${text(row.sweep_id)},"tags":${row.tags},"notes":${text(row.notes)},"deletedAt":${text(row.deleted_at)},"createdAt":${text(row.created_at)},"startedAt":${text(row.started_at)},"finishedAt":${text(row.finished_at)}}`
}
