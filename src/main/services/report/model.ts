/** What a report is made from, and the figures that every format of it shows. */
import type { Dataset, Model, Project, Run } from '../../../contract/entities'
import { contentOf, lostOf } from '../../../contract/outcome'
import type { DecisionTrace, Outcome, RunResult } from '../../../contract/run'
import { goalText } from '../../../contract/run-names'
import type { ReportLanguage } from './words'

export interface ReportRun {
  readonly run: Run & { readonly result: RunResult }
  /** Absent where there are no projects, as on the command line. */
  readonly project?: Pick<Project, 'name'>
  readonly model: Pick<Model, 'name'>
  readonly dataset: Pick<Dataset, 'name'> & Partial<Pick<Dataset, 'hash' | 'mean' | 'std'>>
  readonly trace: Pick<DecisionTrace, 'groups'>
}

/** What the workbench calls a run and says of it in the reader's language; the services know English alone. */
export interface Told {
  readonly name: string
  readonly strategy: string
  readonly refit: string
  readonly warnings: readonly string[]
  /** In the words of the form; absent: the configuration as a program reads it. */
  readonly settings?: readonly { readonly name: string; readonly value: string }[] | undefined
}

export interface ReportInput {
  readonly title: string
  readonly goal: string
  readonly runs: readonly ReportRun[]
  readonly baselineRunId: string | null
  /** ISO 8601. */
  readonly createdAt: string
  readonly product: string
  /** Of the HTML; CSV and JSON are for programs. */
  readonly language?: ReportLanguage | undefined
  /** By the run's id. */
  readonly told?: Readonly<Record<string, Told>> | undefined
}

/** One line of the comparison; shares 0..1, metric in percent or the metric's own unit, times in seconds. */
export interface ReportRow {
  readonly id: string
  readonly name: string
  readonly project: string
  readonly model: string
  readonly dataset: string
  readonly strategy: string
  readonly refit: string
  readonly goal: string
  readonly seed: number
  readonly metric: Outcome['metric']
  readonly before: number | null
  readonly after: number | null
  /** Points lost; percent of an error or a perplexity. */
  readonly drop: number | null
  readonly agreement: number
  readonly kl: number
  readonly macs: number
  readonly macsKept: number
  readonly params: number
  readonly paramsKept: number
  readonly bytes: number
  readonly bytesKept: number
  readonly split: string
  readonly samples: number
  readonly seconds: number
  /** Of one sample in ONNX Runtime; null where it was not measured. */
  readonly latencyMs: number | null
}

export const dataKey = ({ dataset }: ReportRun): string =>
  dataset.hash === undefined ? dataset.name : contentOf(dataset)

/** Whether accuracies may stand against each other. */
export const oneData = (runs: readonly ReportRun[]): boolean => new Set(runs.map(dataKey)).size < 2

export function toRow({ run, project, model, dataset }: ReportRun): ReportRow {
  const { result, config } = run
  const { before, after } = result.model
  const outcome = result.result
  const final = outcome.afterRecovery ?? outcome.afterPruning
  return {
    id: run.id,
    name: run.name,
    project: project?.name ?? '',
    model: model.name,
    dataset: dataset.name,
    strategy: config.strategy,
    refit: config.refit,
    goal: goalText(config.goal),
    seed: config.seed,
    metric: outcome.metric,
    before: outcome.before,
    after: final,
    drop: lostOf(outcome.metric, outcome.before, final),
    agreement: outcome.agreement,
    kl: outcome.kl,
    macs: after.macs,
    macsKept: after.macs / before.macs,
    params: after.params,
    paramsKept: after.params / before.params,
    bytes: after.bytes,
    bytesKept: after.bytes / before.bytes,
    split: outcome.split,
    samples: outcome.samples,
    seconds: result.timing.totalMs / 1000,
    latencyMs: run.latency?.after.median ?? null,
  }
}
