/** `espalier compress`: prune and recover, verify, export. */
import type { Command } from 'commander'
import { lessIsBetter } from '../../../contract/outcome'
import type { DecisionTrace, RunConfig } from '../../../contract/run'
import { refits } from '../../../contract/run'
import { oneOf, word } from '../arguments'
import { type CompressionRequest, type FinishedRun, requireProof, runCompression } from '../compression'
import { openData, openModel } from '../inputs'
import { printedOf } from '../printed'
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
import { bytes, count, figure, milliseconds, percent } from '../text'

interface CompressOptions extends RunOptions {
  readonly strategy: string
  readonly refit?: RunConfig['refit']
}

export function registerCompress(command: Command, shell: Shell): void {
  command
    .argument('<MODEL>', 'a network: .onnx, TF.js model.json, .keras or .h5')
    .option('--strategy <NAME>', 'result-oriented or any name from `espalier strategies`', word, 'result-oriented')
    .option(
      '--refit <NAME>',
      `${refits.join(', ')} (default: sequential for result-oriented, else none)`,
      oneOf(refits),
    )
  addGoalOptions(addRunOptions(command), false)
  shell.handle<CompressOptions>(command, async ({ terminal, signal }, options, [path]) => {
    refuseUnbuiltRun(options)
    requireStrategy(options.strategy)
    const goals = goalsOf(options, false)
    const model = await openModel(path as string)
    const data = await openData(options.data, model.graph)
    const config = runConfig(options, {
      strategy: options.strategy,
      refit: options.refit,
      goal: goals[0] ?? defaultGoal(data.source.train.labels !== null),
      seed: options.seed ?? 0,
    })
    const request: CompressionRequest = {
      model,
      data,
      config,
      out: options.out,
      formats: options.formats,
      precision: options.precision,
      signal,
      progress: terminal.progress.bind(terminal),
      log: terminal.log.bind(terminal),
    }
    const finished =
      options.project === undefined
        ? await runCompression(request)
        : // Only a recorded run needs the store, which costs time to load.
          await (await import('../recorded')).recordedCompression(options.project, request)
    const { compression } = finished
    for (const warning of compression.warnings) terminal.warn(warning)
    terminal.result(printedOf(compression, finished.trace), describe(finished, options.out))
    requireProof(compression.exports)
  })
}

/** With a latency budget: what the two networks were measured to take. */
function latencyLine({ steps, latency = [] }: DecisionTrace): string[] {
  const at = (step: number) => latency.find((point) => point.step === step)
  const [before, after] = [at(0), at(steps.length)]
  if (!before || !after) return []
  return [
    `${'latency'.padEnd(12)}${before.median.toFixed(3)} -> ${after.median.toFixed(3)} ms a sample (ONNX Runtime, one thread)`,
  ]
}

function describe({ compression: done, trace }: FinishedRun, out: string): string {
  const { before, after } = done.model
  const { result } = done
  const unit = lessIsBetter(result.metric) ? '' : ' %'
  const size = (name: string, from: number, to: number, show: (value: number) => string) =>
    `${name.padEnd(12)}${show(from)} -> ${show(to)} (${percent(to / from)})`
  const metric =
    result.metric === 'none'
      ? []
      : [
          `${result.metric.padEnd(12)}${figure(result.before, unit)} -> ${figure(result.afterRecovery ?? result.afterPruning, unit)} (${result.split}, ${result.samples} samples)`,
        ]
  return [
    ...metric,
    `${'agreement'.padEnd(12)}${percent(result.agreement)}, KL ${result.kl.toFixed(4)}`,
    size('MACs', before.macs, after.macs, count),
    size('parameters', before.params, after.params, count),
    size('size', before.bytes, after.bytes, bytes),
    ...latencyLine(trace),
    ...done.exports.map(
      (file) =>
        `${file.format.padEnd(12)}${file.path} (${bytes(file.bytes)}), ${file.passed ? 'proven' : 'NOT THE SAME'} by ${file.checkedBy}: relative error ${file.maxRelError.toExponential(1)}`,
    ),
    `${'strategy'.padEnd(12)}${done.strategy}, seed ${done.seed}, ${done.backend}, ${milliseconds(done.timing.totalMs)}`,
    `${'records'.padEnd(12)}${out}: result.json, trace.json`,
  ].join('\n')
}
