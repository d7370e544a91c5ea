/** Measuring networks on data: one score, or where several of them disagree. */
import { detailOf, say } from '../../../contract/sentences'
import { type DataSource, fitToNetwork } from '../../../engine/data'
import type { Graph } from '../../../engine/graph/graph'
import { differ, evaluate as measure, namesOneClass, type SplitName } from '../../../engine/pipeline'
import { startBackend } from '../backend'
import type { JobContext, JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { differencesOf } from './differences'
import { openModel } from './model-files'
import { previewSamples } from './samples'

/** The split that final figures are taken on: test, else the user's verification split, else train. */
const lastSplit = (source: DataSource): SplitName =>
  source.test ? 'test' : source.validation ? 'verification' : 'train'

const tableOf = (source: DataSource, split: SplitName) =>
  (split === 'test' ? source.test : split === 'verification' ? source.validation : null) ?? source.train

export const evaluate: JobHandlers['evaluate'] = async ({ files, data, split, limit, backend }, context) => {
  const { graph } = await openModel(files)
  const source = fitToNetwork(await openLocation(data), graph)
  await startBackend(backend)
  const { metric, value, samples, classes } = await measure(graph, source, {
    split: split ?? lastSplit(source),
    limit,
    backend,
    hooks: context,
  })
  return { metric, value, samples, classes: [...classes] }
}

interface Scored {
  readonly perClass: (number | null)[]
  readonly predictions: Int32Array
}

/** A finite number, or null for a class without samples. */
const known = (value: number): number | null => (Number.isFinite(value) ? value : null)

export const disagreements: JobHandlers['disagreements'] = async (input, context) => {
  const opened = await openLocation(input.data)
  await startBackend(input.backend)
  // One network at a time is in memory: none may be held on to here.
  const [loadOriginal, ...loaders] = [input.original, ...input.models.map(({ files }) => files)].map(
    (files) => async () => (await openModel(files)).graph,
  ) as [() => Promise<Graph>, ...(() => Promise<Graph>)[]]
  const { source, oneClass } = groundOf(await loadOriginal(), opened)
  const split = lastSplit(source)
  const table = tableOf(source, split)
  const runIds = input.models.map(({ runId }) => runId)
  if (!oneClass) {
    const { limit, backend } = input
    const found = await differ([loadOriginal, ...loaders], source, { split, limit, backend, hooks: context })
    const [original, ...others] = found.perClass.map((values) => values.map(known))
    return {
      classes: [...source.classes],
      original: original as (number | null)[],
      confusion: { original: [], runs: [] },
      perClass: others.map((accuracy, i) => ({ runId: runIds[i] as string, accuracy })),
      samples: [],
      differences: differencesOf(found, source, table),
    }
  }
  const score = async (scored: Graph): Promise<Scored> => {
    const { perClass, predictions } = await measure(scored, source, { split, backend: input.backend, hooks: context })
    return { perClass: perClass.map(known), predictions: predictions as Int32Array }
  }
  const original = await score(await loadOriginal())
  const results: (Scored & { runId: string })[] = []
  for (const [i, load] of loaders.entries()) {
    reportAt(context, i / loaders.length)
    results.push({ runId: runIds[i] as string, ...(await score(await load())) })
  }
  const rows = disagreeing(original, results).slice(0, input.limit)
  const shown = previewSamples(source, table, rows)
  return {
    classes: [...source.classes],
    original: original.perClass,
    confusion: confusionOf(source, original, results),
    perClass: results.map(({ runId, perClass }) => ({ runId, accuracy: perClass })),
    samples: rows.map((row, i) => ({
      sample: shown[i] as (typeof shown)[number],
      original: original.predictions[row] as number,
      predictions: results.map(({ runId, predictions }) => ({ runId, label: predictions[row] as number })),
    })),
    differences: null,
  }
}

/** The data as a network reads it, and whether that names one class a sample. */
function groundOf(graph: Graph, opened: DataSource): { source: DataSource; oneClass: boolean } {
  const source = fitToNetwork(opened, graph)
  return { source, oneClass: namesOneClass(graph, source) }
}

/** Larger matrices show nothing, and are too large to be sent. */
const mostClasses = 200

function confusionOf(source: DataSource, original: Scored, results: readonly (Scored & { runId: string })[]) {
  const { labels } = tableOf(source, lastSplit(source))
  const classes = original.perClass.length
  if (!(labels instanceof Int32Array) || classes > mostClasses) return { original: [], runs: [] }
  const count = ({ predictions }: Scored): number[][] => {
    const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
    predictions.forEach((named, row) => {
      const line = counts[labels[row] as number]
      if (line && named < classes) line[named] = (line[named] ?? 0) + 1
    })
    return counts
  }
  return { original: count(original), runs: results.map((result) => ({ runId: result.runId, counts: count(result) })) }
}

const reportAt = (context: JobContext, fraction: number): void =>
  context.progress({ stage: 'evaluate', fraction, ...detailOf(say('doing.comparing')) })

/** Rows on which not all agree, those with the most deviating runs first, then in the data's order. */
function disagreeing(original: Scored, results: readonly Scored[]): number[] {
  const deviating = (row: number): number =>
    results.reduce((count, { predictions }) => count + Number(predictions[row] !== original.predictions[row]), 0)
  const rows: { row: number; count: number }[] = []
  for (let row = 0; row < original.predictions.length; row++) {
    const count = deviating(row)
    if (count > 0) rows.push({ row, count })
  }
  return rows.sort((a, b) => b.count - a.count || a.row - b.row).map(({ row }) => row)
}
