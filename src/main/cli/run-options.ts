/** The options of `compress` and `compare`, and the run configuration they spell. */
import type { Command } from 'commander'
import { EspalierError } from '../../contract/errors'
import {
  allocations,
  augmentations,
  backends,
  exportFormats,
  type Goal,
  goalKinds,
  precisions,
  type RunConfig,
  rateSchedules,
  type refits,
  runConfigSchema,
} from '../../contract/run'
import { listOf, oneOf, positive, share, wholeFrom, word } from './arguments'
import { refuseUnbuilt } from './not-built-yet'
import type { CommonOptions } from './shell'

type GoalOptionName = 'keepMacs' | 'keepParams' | 'maxBytes' | 'maxLatencyMs' | 'maxDrop' | 'maxKl'

/** Every goal as a list: `compress` takes one value, `compare` several. */
export type GoalOptions = { readonly [name in GoalOptionName]?: readonly number[] }

export interface RunOptions extends CommonOptions, GoalOptions {
  readonly data: string
  readonly out: string
  readonly allocation?: RunConfig['allocation']
  readonly iterations?: number
  readonly calibration?: number
  readonly refitSamples?: number
  readonly finetune?: number
  readonly finetuneSamples?: number
  readonly lr?: number
  readonly distill?: boolean
  readonly lrSchedule?: (typeof rateSchedules)[number]
  readonly lrWarmup?: number
  readonly finetuneAugment?: (typeof augmentations)[number][]
  readonly roundTo?: number
  readonly protect?: string[]
  readonly backend?: RunConfig['backend']
  readonly seed?: number
  readonly formats: (typeof exportFormats)[number][]
  readonly precision: (typeof precisions)[number]
  readonly batch?: number
  readonly project?: string
}

const goalOption: Record<(typeof goalKinds)[number], GoalOptionName> = {
  'keep-macs': 'keepMacs',
  'keep-params': 'keepParams',
  'max-bytes': 'maxBytes',
  'max-latency-ms': 'maxLatencyMs',
  'max-drop': 'maxDrop',
  'max-kl': 'maxKl',
}

/** Adds the goals. `several` says whether an option takes more than one value. */
export function addGoalOptions(command: Command, several: boolean): Command {
  const values = (parse: (text: string) => number) => (several ? listOf(parse) : (text: string) => [parse(text)])
  const suffix = several ? ',...' : ''
  return command
    .option(`--keep-macs <R${suffix}>`, 'budget: share of the MACs to keep', values(share))
    .option(`--keep-params <R${suffix}>`, 'budget: share of the parameters to keep', values(share))
    .option(`--max-bytes <N${suffix}>`, 'budget: size of the parameters in bytes', values(wholeFrom(1)))
    .option(
      `--max-latency-ms <T${suffix}>`,
      'budget: latency of one sample in ONNX Runtime, one thread, measured on this machine',
      values(positive),
    )
    .option(`--max-drop <P${suffix}>`, 'tolerance: points of the task metric that may be lost', values(positive))
    .option(`--max-kl <E${suffix}>`, 'tolerance: mean KL divergence from the original, in nats', values(positive))
}

/** Adds what `compress` and `compare` share, without goals, strategies and refits. */
export function addRunOptions(command: Command): Command {
  return command
    .requiredOption('--data <DATA>', 'data: .npz file, folder of IDX files or folder of class folders of images')
    .requiredOption('--out <DIR>', 'folder for the results')
    .option('--allocation <NAME>', `how criteria share the budget: ${allocations.join(', ')}`, oneOf(allocations))
    .option('--iterations <N>', 'a criterion prunes in so many steps and scores anew after each', wholeFrom(2))
    .option('--calibration <N>', 'samples to observe (default 2048)', wholeFrom(16))
    .option(
      '--refit-samples <N>',
      'further train samples for the refit on the result, without their labels (default: all that are left)',
      wholeFrom(0),
    )
    .option('--finetune <EPOCHS>', 'epochs of fine-tuning after pruning (default 0)', wholeFrom(0))
    .option('--finetune-samples <N>', 'samples an epoch (default: all that are left)', wholeFrom(1))
    .option('--lr <X>', 'learning rate of the fine-tuning (default 0.02)', positive)
    .option('--distill', 'fine-tune with the original network as teacher')
    .option('--lr-schedule <NAME>', `how the learning rate goes: ${rateSchedules.join(', ')}`, oneOf(rateSchedules))
    .option('--lr-warmup <R>', 'share of the fine-tuning, up to 0.5, over which the rate rises first', share)
    .option(
      '--finetune-augment <LIST>',
      `change training images: ${augmentations.join(', ')}`,
      listOf(oneOf(augmentations)),
    )
    .option('--round-to <N>', 'keep widths at multiples of N', wholeFrom(1))
    .option('--protect <NAMES>', 'nodes whose units all stay, separated by commas', listOf(word))
    .option('--backend <NAME>', `where to compute: ${backends.join(', ')}`, oneOf(backends))
    .option('--seed <N>', 'decides every draw (default 0)', wholeFrom(0))
    .option('--formats <LIST>', `files to export: ${exportFormats.join(', ')}`, listOf(oneOf(exportFormats)), ['onnx'])
    .option(
      '--precision <NAME>',
      `how weights are stored in the exported files: ${precisions.join(', ')}`,
      oneOf(precisions),
      'fp32',
    )
    .option('--batch <N>', 'samples computed at a time (default 128)', wholeFrom(1))
    .option('--project <NAME>', 'record the work in this project of the workbench')
}

/** The goals as given; empty where the defaults apply. @throws BAD_USAGE where kinds are mixed and may not be. */
export function goalsOf(options: GoalOptions, mixed: boolean): Goal[] {
  const goals = goalKinds.flatMap((kind) => (options[goalOption[kind]] ?? []).map((value) => ({ kind, value })))
  const kinds = [...new Set(goals.map((goal) => goal.kind))]
  if (!mixed && kinds.length > 1) {
    throw new EspalierError(
      'BAD_USAGE',
      `A run has one goal, but ${kinds.map((kind) => `--${kind}`).join(' and ')} are given. Leave all but one out.`,
    )
  }
  return goals
}

/** What a run aims at when no goal is given. */
export const defaultGoal = (labelled: boolean): Goal =>
  labelled ? { kind: 'max-drop', value: 0.5 } : { kind: 'max-kl', value: 0.01 }

/** The refit a strategy gets when none is asked for: the baselines run as published. */
export const defaultRefit = (strategy: string): (typeof refits)[number] =>
  strategy === 'result-oriented' ? 'sequential' : 'none'

/** Refuses what is not built, before any file is read. @throws NOT_BUILT_YET */
export function refuseUnbuiltRun(options: RunOptions): void {
  refuseUnbuilt(options)
}

/** One run's configuration, with the defaults of the contract where an option is left out. */
export function runConfig(
  options: RunOptions,
  run: {
    readonly strategy: string
    readonly refit?: RunConfig['refit'] | undefined
    readonly goal: Goal
    readonly seed: number
  },
): RunConfig {
  const given = <T>(name: string, value: T | undefined) => (value === undefined ? {} : { [name]: value })
  return runConfigSchema.parse({
    strategy: run.strategy,
    goal: run.goal,
    refit: run.refit ?? defaultRefit(run.strategy),
    seed: run.seed,
    finetune: {
      ...given('epochs', options.finetune),
      ...given('samples', options.finetuneSamples),
      ...given('learningRate', options.lr),
      ...given('distill', options.distill),
      ...given('schedule', options.lrSchedule),
      ...given('warmup', options.lrWarmup),
      ...given('augment', options.finetuneAugment),
    },
    ...given('allocation', options.allocation),
    ...given('iterations', options.iterations),
    ...given('calibration', options.calibration),
    ...given('refitSamples', options.refitSamples),
    ...given('roundTo', options.roundTo),
    ...given('protect', options.protect),
    ...given('backend', options.backend),
    ...given('batch', options.batch),
  })
}
