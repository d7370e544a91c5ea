/** Runs: queued, watched, cancelled, resumed, described. */
import { randomUUID } from 'node:crypto'
import type { LogLine, MetricPoint, Run } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import type { DecisionTrace, RunConfig } from '../../contract/run'
import { say } from '../../contract/sentences'
import type { TablePart } from '../store/index'
import { projectChanged, type ServiceContext } from './context'
import type { DatasetService } from './datasets'
import type { ModelService } from './models'
import { requireBuilt, requireSameShape } from './run-checks'
import { runName } from './run-names'
import type { RunQueue } from './run-queue'

export interface StartRequest {
  readonly projectId: string
  readonly modelId: string
  readonly datasetId: string
  readonly configs: readonly RunConfig[]
  readonly name?: string | undefined
}

export interface MapsRequest {
  readonly group: string
  readonly layer?: string | undefined
  readonly split: 'train' | 'verification' | 'test'
  readonly index: number
}

interface Changes {
  readonly name?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly notes?: string | undefined
}

const emptyTrace: DecisionTrace = { steps: [], checkpoints: [], groups: [], correlation: { groups: [], values: [] } }

export function runService(context: ServiceContext, models: ModelService, datasets: DatasetService, queue: RunQueue) {
  const { store, engine, events } = context

  const announce = (id: string): Run => {
    events.emit({ type: 'run-changed', run: store.runs.brief(id) })
    return store.runs.get(id)
  }
  const cancel = (id: string): Run => {
    const run = store.runs.get(id)
    if (run.status === 'queued') {
      store.runs.finish(id, { status: 'cancelled' })
      return announce(id)
    }
    if (run.status === 'running' && !queue.cancel(id)) {
      throw new EspalierError('CONFLICT', say('error.run-elsewhere'))
    }
    return run
  }

  return {
    list: (projectId: string, deleted = false): Run[] => store.runs.list(projectId, deleted),
    /** {@link list} in parts as JSON text, for tables of many. */
    table: (projectId: string, deleted: boolean, part: TablePart): Blob =>
      new Blob([store.runs.table(projectId, deleted, part)], { type: 'application/json' }),
    get: (id: string): Run => store.runs.get(id),
    /** Queues one run a configuration, all or none. @throws NOT_FOUND, SHAPE_MISMATCH, NOT_BUILT_YET, CONFLICT */
    async start(request: StartRequest): Promise<Run[]> {
      const { projectId, modelId, datasetId, configs } = request
      const project = store.projects.get(projectId)
      const model = store.models.get(modelId)
      const dataset = store.datasets.get(datasetId)
      if (model.projectId !== project.id || dataset.projectId !== project.id) {
        throw new EspalierError('CONFLICT', 'The model and the data set must belong to the project of the run.')
      }
      const trashed = [project, model, dataset].find(({ deletedAt }) => deletedAt !== null)
      if (trashed) {
        throw new EspalierError('CONFLICT', say('error.in-trash', { name: trashed.name }))
      }
      if (dataset.missing) {
        throw new EspalierError('FILE_NOT_FOUND', say('error.data-elsewhere', { name: dataset.name }))
      }
      for (const config of configs) requireBuilt(config)
      requireSameShape(model, (await models.view(modelId)).inspection, dataset)
      const sweepId = configs.length > 1 ? randomUUID() : null
      const ids = store.transaction(() =>
        configs.map(
          (config) =>
            store.runs.create({
              projectId,
              modelId,
              datasetId,
              config,
              sweepId,
              name: runName(config, configs, request.name),
            }).id,
        ),
      )
      const runs = ids.map(announce)
      projectChanged(context, projectId)
      queue.wake(ids)
      return runs
    },
    /** A queued run ends at once, a running one at the end of its batch; what it has finished is kept. */
    cancel,
    /** @throws CONFLICT where the run is queued, running or done */
    resume(id: string): Run {
      const run = store.runs.get(id)
      if (run.deletedAt !== null || !store.runs.requeue(id)) {
        throw new EspalierError(
          'CONFLICT',
          `Only a run that was interrupted, cancelled or failed can be resumed, and this one is ${run.deletedAt ? 'in the trash' : run.status}.`,
        )
      }
      queue.wake([id])
      return announce(id)
    },
    /** Before all others that wait. @throws CONFLICT where it does not wait any more */
    advance(id: string): Run {
      const run = store.runs.get(id)
      if (!store.runs.advance(id)) throw new EspalierError('CONFLICT', say('error.not-waiting', { name: run.name }))
      return announce(id)
    },
    update(id: string, changes: Changes): Run {
      store.runs.update(id, changes)
      return announce(id)
    },
    /** Gives and takes tags of many runs, all or none. */
    tag(ids: readonly string[], { add, remove }: { add: readonly string[]; remove: readonly string[] }): void {
      const projects = store.transaction(() => {
        const changed = ids.map((id) => {
          const kept = store.runs.brief(id).tags.filter((tag) => !remove.includes(tag))
          return store.runs.update(id, { tags: [...new Set([...kept, ...add])] })
        })
        return new Set(changed.map(({ projectId }) => projectId))
      })
      for (const projectId of projects) projectChanged(context, projectId)
    },
    /** Ends all that waits or runs in a project. */
    cancelAll(projectId: string): void {
      for (const run of store.runs.list(projectId)) {
        if (run.status === 'queued' || run.status === 'running') cancel(run.id)
      }
    },
    /** To the trash, with the models they made; what waits or runs is cancelled first. */
    remove(ids: readonly string[]): void {
      for (const id of ids) cancel(id)
      const at = new Date().toISOString()
      const projects = store.transaction(() => new Set(ids.map((id) => store.runs.setDeleted(id, at).projectId)))
      for (const projectId of projects) projectChanged(context, projectId)
    },
    restore(ids: readonly string[]): void {
      const projects = store.transaction(() => new Set(ids.map((id) => store.runs.setDeleted(id, null).projectId)))
      for (const projectId of projects) projectChanged(context, projectId)
    },
    /** Empty until the run is done. */
    trace(id: string): DecisionTrace {
      store.runs.get(id)
      return store.traces.get(id) ?? emptyTrace
    },
    /** What a run has kept so far. */
    reached(id: string) {
      const { config, modelId } = store.runs.brief(id)
      const { size } = store.models.get(modelId)
      return engine.run('reached', { folder: queue.folderOf(id), config, size })
    },
    /** @throws CONFLICT until the run is done; NOT_FOUND for a group or sample that is not there */
    async featureMaps(id: string, request: MapsRequest) {
      const run = store.runs.get(id)
      const trace = store.traces.get(id)
      if (run.status !== 'done' || !trace) {
        throw new EspalierError(
          'CONFLICT',
          `Feature maps can be looked at once a run is done, and this one is ${run.status}.`,
        )
      }
      const { group, layer, split, index } = request
      return engine.run('featureMaps', {
        files: models.filesOf(run.modelId),
        data: datasets.locationOf(run.datasetId),
        group,
        ...(layer === undefined ? {} : { layer }),
        kept: Object.fromEntries(trace.groups.map(({ group: name, kept }) => [name, kept])),
        sample: { split, index },
        config: { calibration: run.config.calibration, seed: run.config.seed, backend: 'auto' },
      })
    },
    metrics(id: string, names?: readonly string[], most?: number): MetricPoint[] {
      store.runs.get(id)
      return store.metrics.list(id, names, most)
    },
    log(id: string): LogLine[] {
      store.runs.get(id)
      return store.logs.list(id)
    },
    estimate: (request: { modelId: string; keepMacs: number[]; roundTo: number; protect: string[] }) => {
      const { modelId, ...rest } = request
      return engine.run('estimate', { files: models.filesOf(modelId), ...rest })
    },
    strategies: () => engine.run('strategies', {}),
  }
}
export type RunService = ReturnType<typeof runService>
