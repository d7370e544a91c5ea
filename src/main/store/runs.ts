/** Runs: what was asked, how far it is, what came out; also the queue, which is their status and order. */
import { randomUUID } from 'node:crypto'
import type { Run } from '../../contract/entities'
import type { ErrorReport } from '../../contract/errors'
import type { Environment, Progress, RunConfig, RunLatency, RunResult } from '../../contract/run'
import { fromJson, now, toJson } from './columns'
import type { Database } from './database'
import { guarded, notFound } from './errors'
import { outcomeColumns, type RunRow, runText, toRun } from './run-row'

export interface NewRun {
  readonly projectId: string
  readonly modelId: string
  readonly datasetId: string
  readonly name: string
  readonly config: RunConfig
  readonly sweepId: string | null
}

export interface RunChanges {
  readonly name?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly notes?: string | undefined
}

export interface TablePart {
  readonly after?: string | undefined
  readonly count?: number | undefined
}

/** How a run ended. `macsKept` is a share, `metricDrop` points of the task metric; null without labels. */
export interface RunEnd {
  readonly status: 'done' | 'failed' | 'cancelled' | 'interrupted'
  readonly error?: ErrorReport | undefined
  readonly result?: RunResult | undefined
  readonly resultModelId?: string | undefined
}

const columns = (
  rounds: string,
) => `id, project_id, model_id, dataset_id, name, config, status, progress, heard_at, eta_seconds, result,
  NULL AS kept, ${rounds}, error, environment, result_model_id, latency, sweep_id, tags, notes, deleted_at, created_at, started_at, finished_at, owner`
const listed = columns('NULL AS rounds')

/** One repository: plain calls in, contract entities out. Lists leave `result.kept` and `result.rounds` empty; `get` has them. */
export function runRepository(database: Database) {
  const byId = database.prepare<[string], RunRow>('SELECT * FROM runs WHERE id = ?')
  const brief = database.prepare<[string], RunRow>(`SELECT ${columns('rounds')} FROM runs WHERE id = ?`)
  const inProject = database.prepare<[string, number], RunRow>(
    `SELECT ${listed} FROM runs WHERE project_id = ? AND (deleted_at IS NOT NULL) = ? ORDER BY created_at, rowid`,
  )
  const part = database.prepare<[string, number, string, number, number], RunRow & { place: number }>(
    `SELECT ${listed}, rowid AS place FROM runs
     WHERE project_id = ? AND (deleted_at IS NOT NULL) = ? AND (created_at, rowid) < (?, ?)
     ORDER BY created_at DESC, rowid DESC LIMIT ?`,
  )
  const howMany = database
    .prepare<[string, number], number>(
      'SELECT count(*) FROM runs WHERE project_id = ? AND (deleted_at IS NOT NULL) = ?',
    )
    .pluck()
  const withStatus = database.prepare<[string], RunRow>(
    `SELECT ${listed} FROM runs WHERE status = ? ORDER BY queue_order`,
  )
  const insert = database.prepare(
    `INSERT INTO runs (id, project_id, model_id, dataset_id, name, config, status, queue_order, sweep_id, created_at)
     VALUES (@id, @projectId, @modelId, @datasetId, @name, @config, 'queued',
       (SELECT coalesce(max(queue_order), 0) + 1 FROM runs), @sweepId, @createdAt)`,
  )
  const nextQueued = database.prepare<[string | null, string | null], { id: string }>(
    `SELECT id FROM runs WHERE status = 'queued' AND deleted_at IS NULL
       AND (? IS NULL OR id IN (SELECT value FROM json_each(?))) ORDER BY queue_order LIMIT 1`,
  )
  const claim = database.prepare(
    `UPDATE runs SET status = 'running', owner = ?, started_at = coalesce(started_at, ?), heard_at = ?, error = NULL,
       finished_at = NULL, eta_seconds = NULL WHERE id = ? AND status = 'queued'`,
  )
  const setProgress = database.prepare('UPDATE runs SET progress = ?, heard_at = ?, eta_seconds = ? WHERE id = ?')
  const setEnvironment = database.prepare('UPDATE runs SET environment = ? WHERE id = ?')
  const setLatency = database.prepare('UPDATE runs SET latency = ? WHERE id = ?')
  const end = database.prepare(
    `UPDATE runs SET status = @status, error = @error, result = @result, kept = @kept, rounds = @rounds, macs_kept = @macsKept,
       metric_drop = @metricDrop, result_model_id = @resultModelId, eta_seconds = NULL, owner = NULL,
       finished_at = @finishedAt WHERE id = @id`,
  )
  const requeue = database.prepare(
    `UPDATE runs SET status = 'queued', error = NULL, finished_at = NULL, eta_seconds = NULL,
       queue_order = (SELECT max(queue_order) + 1 FROM runs)
     WHERE id = ? AND status IN ('interrupted', 'cancelled', 'failed')`,
  )
  const advance = database.prepare(
    "UPDATE runs SET queue_order = (SELECT min(queue_order) - 1 FROM runs) WHERE id = ? AND status = 'queued'",
  )
  const change = database.prepare('UPDATE runs SET name = ?, tags = ?, notes = ? WHERE id = ?')
  const setDeleted = database.prepare('UPDATE runs SET deleted_at = ? WHERE id = ?')
  const setModelDeleted = database.prepare('UPDATE models SET deleted_at = ? WHERE run_id = ? AND deleted_at IS ?')

  const row = (id: string): RunRow => {
    const found = byId.get(id)
    if (!found) throw notFound('run', id)
    return found
  }
  return guarded({
    get: (id: string): Run => toRun(row(id)),
    /** As lists and events carry it. */
    brief(id: string): Run {
      const found = brief.get(id)
      if (!found) throw notFound('run', id)
      return toRun(found)
    },
    list: (projectId: string, deleted = false): Run[] => inProject.all(projectId, deleted ? 1 : 0).map(toRun),
    /**
     * A part of the list, newest first, as JSON text `{"environments":[],"runs":[],"total":0,"next":null}`: ten thousand
     * runs are not read to be written again. `after` is a former part's `next`.
     */
    table(projectId: string, deleted = false, { after, count = 10_000 }: TablePart = {}): string {
      const trashed = deleted ? 1 : 0
      const [createdAt = '', place = ''] = after?.split(' ') ?? ['9999', String(Number.MAX_SAFE_INTEGER)]
      const environments = new Map<string, number>()
      const found = part.all(projectId, trashed, createdAt, Number(place), count)
      const runs = found.map((row) => {
        const { environment } = row
        if (environment !== null && !environments.has(environment)) environments.set(environment, environments.size)
        return runText(row, environment === null ? null : (environments.get(environment) ?? null))
      })
      const last = found.length === count ? found.at(-1) : undefined
      const next = last ? JSON.stringify(`${last.created_at} ${last.place}`) : 'null'
      const total = howMany.get(projectId, trashed)
      return `{"environments":[${[...environments.keys()].join(',')}],"runs":[${runs.join(',')}],"total":${total},"next":${next}}`
    },
    withStatus: (status: Run['status']): Run[] => withStatus.all(status).map(toRun),
    /** Which instance of the program a running run belongs to. */
    owner: (id: string): string | null => row(id).owner,
    create(run: NewRun): Run {
      const id = randomUUID()
      insert.run({ ...run, id, config: JSON.stringify(run.config), createdAt: now() })
      return toRun(row(id))
    },
    /** Takes the first queued run (of these, where `only` is given) for this instance; null where none waits. */
    claimNext: database.transaction((owner: string, only: readonly string[] | null = null): Run | null => {
      const ids = toJson(only)
      const next = nextQueued.get(ids, ids)
      if (!next) return null
      const time = now()
      return claim.run(owner, time, time, next.id).changes === 1 ? toRun(row(next.id)) : null
    }).immediate,
    heard: (id: string, progress: Progress, etaSeconds: number | null): void => {
      setProgress.run(toJson(progress), now(), etaSeconds, id)
    },
    keepEnvironment: (id: string, environment: Environment): void => {
      setEnvironment.run(toJson(environment), id)
    },
    keepLatency: (id: string, latency: RunLatency): void => {
      setLatency.run(toJson(latency), id)
    },
    finish(id: string, outcome: RunEnd): Run {
      end.run({
        id,
        status: outcome.status,
        error: toJson(outcome.error),
        ...outcomeColumns(outcome.result),
        resultModelId: outcome.resultModelId ?? null,
        finishedAt: now(),
      })
      return toRun(row(id))
    },
    /** Back into the queue, behind the others; false where its status does not allow it. */
    requeue: (id: string): boolean => requeue.run(id).changes === 1,
    /** Before all others that wait; false where it does not wait. */
    advance: (id: string): boolean => advance.run(id).changes === 1,
    update(id: string, changes: RunChanges): Run {
      const old = row(id)
      change.run(
        changes.name ?? old.name,
        changes.tags ? JSON.stringify(changes.tags) : old.tags,
        changes.notes ?? old.notes,
        id,
      )
      return toRun(row(id))
    },
    /** To the trash or (with null) back, together with the model it made. */
    setDeleted: database.transaction((id: string, at: string | null): Run => {
      const before = row(id).deleted_at
      setModelDeleted.run(at, id, before)
      setDeleted.run(at, id)
      return toRun(row(id))
    }),
    config: (id: string): RunConfig => fromJson<RunConfig>(row(id).config) as RunConfig,
  })
}
