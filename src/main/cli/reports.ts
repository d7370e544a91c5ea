/** A sweep in the documents that the workbench writes of a comparison. */
import { basename } from 'node:path'
import type { Run } from '../../contract/entities'
import { product } from '../services/product'
import { type ReportRun, report } from '../services/report'
import type { SweepRun } from './sweep'

export interface ComparedRuns {
  /** Paths as they were given. */
  readonly model: string
  readonly data: string
  readonly runs: readonly SweepRun[]
}

/** CSV and self-contained HTML of all runs, in their order. */
export function comparisonReports({ model, data, runs }: ComparedRuns): { csv: string; html: string } {
  const createdAt = new Date().toISOString()
  const input = {
    title: `${basename(model)} on ${basename(data)}`,
    goal: '',
    runs: runs.map((run) => reportRun(run, basename(model), basename(data), createdAt)),
    baselineRunId: null,
    createdAt,
    product,
  }
  return { csv: report(input, 'csv'), html: report(input, 'html') }
}

/** As the store would hold it; a run that is not recorded is known by its name. */
function reportRun({ name, compression, trace }: SweepRun, model: string, dataset: string, at: string): ReportRun {
  const { config, environment, ...result } = compression
  const run: Run & { result: typeof result } = {
    id: name,
    projectId: '',
    modelId: environment.modelHash,
    datasetId: environment.dataHash,
    name,
    config,
    status: 'done',
    progress: null,
    heardAt: null,
    etaSeconds: null,
    result,
    error: null,
    environment,
    resultModelId: null,
    sweepId: null,
    tags: [],
    notes: '',
    deletedAt: null,
    createdAt: at,
    startedAt: null,
    finishedAt: at,
  }
  return { run, model: { name: model }, dataset: { name: dataset }, trace }
}
