/** `espalier compare`: a sweep, written as JSON, CSV and the self-contained HTML report. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { type RunConfig, refits } from '../../../contract/run'
import { product } from '../../services/product'
import { listOf, oneOf, wholeFrom, word } from '../arguments'
import { requireProof } from '../compression'
import { openData, openModel } from '../inputs'
import { printedOf } from '../printed'
import { comparisonReports } from '../reports'
import { openRunFolder, writeText } from '../run-folder'
import {
  addGoalOptions,
  addRunOptions,
  defaultGoal,
  goalsOf,
  type RunOptions,
  refuseUnbuiltRun,
  runConfig,
} from '../run-options'
import type { Shell } from '../shell'
import { requireStrategy } from '../strategies'
import { type SummaryRow, summarise } from '../summary'
import { goalName, runSweep } from '../sweep'
import { figure, percent, table } from '../text'

interface CompareOptions extends RunOptions {
  readonly strategies?: string[]
  readonly strategy?: string[]
  readonly refit?: RunConfig['refit'][]
  readonly seeds: number
}

export function registerCompare(command: Command, shell: Shell): void {
  command
    .argument('<MODEL>', 'a network: .onnx, TF.js model.json, .keras or .h5')
    .option('--strategies <LIST>', 'strategies, separated by commas (default result-oriented)', listOf(word))
    .option('--strategy <LIST>', 'the same as --strategies', listOf(word))
    .option(
      '--refit <LIST>',
      `${refits.join(', ')}; several: every strategy with each (default: sequential for result-oriented, else none)`,
      listOf(oneOf(refits)),
    )
    .option('--seeds <N>', 'so many seeds, counted from --seed', wholeFrom(1), 1)
  addGoalOptions(addRunOptions(command), true)
  shell.handle<CompareOptions>(command, async ({ terminal, signal }, options, [path]) => {
    refuseUnbuiltRun(options)
    const strategies = options.strategies ?? options.strategy ?? ['result-oriented']
    strategies.forEach(requireStrategy)
    const goals = goalsOf(options, true)
    const model = await openModel(path as string)
    const data = await openData(options.data, model.graph)
    if (goals.length === 0) goals.push(defaultGoal(data.source.train.labels !== null))
    const configs = configsOf(options, strategies, goals)
    const steps = await openRunFolder(
      options.out,
      {
        version: product,
        model: model.hash,
        data: data.source.hash,
        configs,
        formats: options.formats,
        precision: options.precision,
        project: options.project ?? null,
      },
      (sentence) => terminal.warn(sentence),
    )
    if (steps.resumed) terminal.say('An earlier run of this command was interrupted; what it finished is kept.')
    const request = {
      model,
      data,
      configs,
      steps,
      out: options.out,
      formats: options.formats,
      precision: options.precision,
      signal,
      progress: terminal.progress.bind(terminal),
      log: terminal.log.bind(terminal),
    }
    const runs =
      options.project === undefined
        ? await runSweep(request)
        : await (await import('../recorded')).recordedSweep(options.project, request)
    const summary = summarise(runs)
    const document = {
      model: { path: path as string, hash: model.hash },
      data: { path: options.data, hash: data.source.hash },
      runs: runs.map(({ name, compression, trace }) => ({ name, ...printedOf(compression, trace) })),
      summary,
    }
    const reports = comparisonReports({ model: path as string, data: options.data, runs })
    await writeText(join(options.out, 'compare.json'), `${JSON.stringify(document, null, 2)}\n`)
    await writeText(join(options.out, 'compare.csv'), reports.csv)
    await writeText(join(options.out, 'report.html'), reports.html)
    await steps.remove()
    terminal.result(
      document,
      `${describe(summary)}\n\nwritten to ${options.out}: compare.json, compare.csv, report.html`,
    )
    for (const run of runs) requireProof(run.compression.exports)
  })
}

function configsOf(options: CompareOptions, strategies: readonly string[], goals: readonly RunConfig['goal'][]) {
  const configs: RunConfig[] = []
  for (const strategy of strategies) {
    for (const refit of options.refit ?? [undefined]) {
      for (const goal of goals) {
        for (let i = 0; i < options.seeds; i++) {
          configs.push(runConfig(options, { strategy, refit, goal, seed: (options.seed ?? 0) + i }))
        }
      }
    }
  }
  return configs
}

function describe(summary: readonly SummaryRow[]): string {
  const withSpread = ({ mean, sd }: { mean: number; sd: number | null }) =>
    sd === null ? figure(mean) : `${figure(mean)} ± ${figure(sd)}`
  const rows = summary.map((row) => [
    row.strategy,
    row.refit,
    goalName(row.goal),
    row.metric ? withSpread(row.metric) : '-',
    row.drop ? withSpread(row.drop) : '-',
    row.kl.mean.toFixed(4),
    percent(row.agreement.mean),
    percent(row.macsKept.mean),
    percent(row.paramsKept.mean),
  ])
  return table(
    ['strategy', 'refit', 'goal', ' metric', ' lost', ' KL', ' agreement', ' MACs kept', ' parameters kept'],
    rows,
  )
}
