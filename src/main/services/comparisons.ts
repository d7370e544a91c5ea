/** Comparisons: saved selections, per-class results, samples on which runs disagree, and the report. */
import type { Comparison, Run } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import { contentOf } from '../../contract/outcome'
import type { RunResult } from '../../contract/run'
import { say } from '../../contract/sentences'
import { projectChanged, type ServiceContext } from './context'
import type { DatasetService } from './datasets'
import type { ModelService } from './models'
import { type ReportInput, type ReportRun, report } from './report/index'
import { createTask } from './tasks'

export interface SaveRequest {
  readonly id?: string | undefined
  readonly projectId: string
  readonly name: string
  readonly runIds: string[]
  readonly baselineRunId: string | null
}

export interface DisagreementsRequest {
  readonly runIds: readonly string[]
  readonly limit: number
  readonly task?: string | undefined
}

export interface ReportRequest {
  readonly projectId: string
  readonly runIds: readonly string[]
  readonly baselineRunId: string | null
  readonly format: 'html' | 'csv' | 'json'
  readonly language?: ReportInput['language']
  /** As the reader calls the project; absent: as it is stored. */
  readonly title?: string | undefined
  readonly goal?: string | undefined
  readonly told?: ReportInput['told']
}

const finished = (run: Run): run is Run & { result: RunResult } => run.status === 'done' && run.result !== null

const fileNameOf = (name: string): string =>
  name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '') || 'comparison'

export function comparisonService(context: ServiceContext, models: ModelService, datasets: DatasetService) {
  const { store, engine } = context

  /** Finished runs in the order given. @throws NOT_FOUND; CONFLICT for one that is not done */
  const finishedRuns = (ids: readonly string[]): (Run & { result: RunResult })[] =>
    ids.map((id) => {
      const run = store.runs.get(id)
      if (finished(run)) return run
      throw new EspalierError(
        'CONFLICT',
        `"${run.name}" is ${run.status}, so it has no result to compare. Choose runs that are done.`,
      )
    })

  const dataKey = (run: Run): string => contentOf(store.datasets.get(run.datasetId))

  return {
    list: (projectId: string): Comparison[] => store.comparisons.list(projectId),
    save(request: SaveRequest): Comparison {
      // They may be of other projects; each must be there.
      for (const id of request.runIds) store.runs.get(id)
      const saved = store.comparisons.save(request)
      projectChanged(context, request.projectId)
      return saved
    },
    remove(id: string): void {
      const { projectId } = store.comparisons.get(id)
      store.comparisons.remove(id)
      projectChanged(context, projectId)
    },
    async disagreements({ runIds, limit, task }: DisagreementsRequest, signal?: AbortSignal) {
      const runs = finishedRuns(runIds)
      const first = runs[0] as Run
      if (
        runs.some(
          (run) =>
            dataKey(run) !== dataKey(first) ||
            store.models.get(run.modelId).hash !== store.models.get(first.modelId).hash,
        )
      ) {
        throw new EspalierError('CONFLICT', say('error.compare-same-data'))
      }
      return engine.run(
        'disagreements',
        {
          original: models.filesOf(first.modelId),
          models: runs.map((run) => ({ runId: run.id, files: models.filesOf(run.resultModelId as string) })),
          data: datasets.locationOf(first.datasetId),
          limit,
          backend: 'auto',
        },
        createTask(context, task, signal).job,
      )
    },
    report(request: ReportRequest): { fileName: string; content: string } {
      const { projectId, runIds, baselineRunId, format, language, told } = request
      const project = store.projects.get(projectId)
      const title = request.title ?? project.name
      const runs = finishedRuns(runIds).map(
        (run): ReportRun => ({
          run,
          project: store.projects.get(run.projectId),
          model: store.models.get(run.modelId),
          dataset: store.datasets.get(run.datasetId),
          trace: store.traces.get(run.id) ?? { groups: [] },
        }),
      )
      const content = report(
        {
          title,
          goal: request.goal ?? project.goal,
          runs,
          baselineRunId,
          createdAt: new Date().toISOString(),
          product: context.product,
          language,
          told,
        },
        format,
      )
      return { fileName: `${fileNameOf(title)}.${format}`, content }
    },
  }
}
export type ComparisonService = ReturnType<typeof comparisonService>
