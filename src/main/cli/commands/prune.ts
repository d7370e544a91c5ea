/** `espalier prune`: data-free; structure and weights only. */
import type { Command } from 'commander'
import { EspalierError } from '../../../contract/errors'
import { allocations, type RunConfig } from '../../../contract/run'
import { inEnglish } from '../../../contract/sentences'
import { prune } from '../../../engine/pipeline/prune'
import type { PruneOutput } from '../../../engine/pipeline/types'
import { listStrategies } from '../../../engine/strategies'
import { listOf, oneOf, wholeFrom, word } from '../arguments'
import { openGraph, saveOnnx } from '../networks'
import { addGoalOptions, type GoalOptions, goalsOf } from '../run-options'
import type { CommonOptions, Shell } from '../shell'
import { requireStrategy } from '../strategies'
import { bytes, count, milliseconds, percent, table } from '../text'

interface PruneOptions extends CommonOptions, GoalOptions {
  readonly strategy: string
  readonly allocation: RunConfig['allocation']
  readonly roundTo: number
  readonly protect: string[]
  readonly seed: number
  readonly out: string
}

export function registerPrune(command: Command, shell: Shell): void {
  command
    .argument('<MODEL>', 'a network: .onnx, TF.js model.json, .keras or .h5')
    .option('--strategy <NAME>', 'a strategy that needs no data', word, 'l2')
    .option(
      '--allocation <NAME>',
      `how the budget is shared: ${allocations.join(', ')} (default global)`,
      oneOf(allocations),
      'global',
    )
    .option('--round-to <N>', 'keep widths at multiples of N', wholeFrom(1), 1)
    .option('--protect <NAMES>', 'nodes whose units all stay, separated by commas', listOf(word), [])
    .option('--seed <N>', 'decides every draw', wholeFrom(0), 0)
    .requiredOption('--out <FILE>', 'the .onnx file to write')
  addGoalOptions(command, false)
  shell.handle<PruneOptions>(command, async ({ terminal }, options, [path]) => {
    const { strategy, allocation, roundTo, protect, seed, out } = options
    requireDataFree(strategy)
    const goal = goalsOf(options, false)[0]
    if (!goal || goal.kind === 'max-drop' || goal.kind === 'max-kl') {
      throw new EspalierError(
        'BAD_USAGE',
        'Pruning without data needs a budget, because nothing can be measured. Give --keep-macs, --keep-params or --max-bytes.',
      )
    }
    const { graph } = await openGraph(path as string)
    const pruned = prune(graph, { strategy, allocation, goal, roundTo, protect, seed })
    await saveOnnx(pruned.graph, out)
    const { model, timing, kept } = pruned
    const warnings = pruned.warnings.map(inEnglish)
    for (const warning of warnings) terminal.warn(warning)
    terminal.result({ model, timing, kept, warnings, strategy, seed, path: out }, describe(pruned, out))
  })
}

function requireDataFree(strategy: string): void {
  requireStrategy(strategy)
  const free = listStrategies().filter((each) => !each.needsData)
  if (free.some((each) => each.name === strategy)) return
  throw new EspalierError(
    'BAD_USAGE',
    `The strategy "${strategy}" needs data. Use \`espalier compress\` with --data, or one of ${free.map((each) => each.name).join(', ')}.`,
  )
}

function describe({ model: { before, after }, kept, timing }: PruneOutput, out: string): string {
  const size = (name: string, from: number, to: number, show: (value: number) => string) =>
    `${name.padEnd(12)}${show(from)} -> ${show(to)} (${percent(to / from)})`
  return [
    size('MACs', before.macs, after.macs, count),
    size('parameters', before.params, after.params, count),
    size('size', before.bytes, after.bytes, bytes),
    `${'written'.padEnd(12)}${out} in ${milliseconds(timing.totalMs)}`,
    '',
    table(
      ['group', ' units that stay'],
      Object.entries(kept).map(([group, units]) => [group, `${units.length}`]),
    ),
  ].join('\n')
}
