/** The command table: every command is one file and one entry here. */
import { Command } from 'commander'
import { product } from '../services/product'
import { type ExitCode, reportFailure, Shell, type ShellOptions } from './shell'

type Register = (command: Command, shell: Shell) => void

interface CommandEntry {
  readonly name: string
  readonly summary: string
  /** Loaded only when the command is named, so that the others cost no time to start. */
  load(): Promise<Register>
  /** For processes that the command line itself starts. */
  readonly hidden?: boolean
}

const commands: readonly CommandEntry[] = [
  {
    name: 'inspect',
    summary: 'what was understood: operators, costs, coupling groups, and what cannot be pruned and why',
    load: async () => (await import('./commands/inspect')).registerInspect,
  },
  {
    name: 'evaluate',
    summary: "a network's result on a split",
    load: async () => (await import('./commands/evaluate')).registerEvaluate,
  },
  {
    name: 'compress',
    summary: 'prune (and recover), verify, export',
    load: async () => (await import('./commands/compress')).registerCompress,
  },
  {
    name: 'compare',
    summary: 'a sweep of strategies, goals and seeds, written as JSON, CSV and an HTML report',
    load: async () => (await import('./commands/compare')).registerCompare,
  },
  {
    name: 'prune',
    summary: 'data-free: structure and weights only',
    load: async () => (await import('./commands/prune')).registerPrune,
  },
  {
    name: 'export',
    summary: 'convert, with parity proof',
    load: async () => (await import('./commands/export')).registerExport,
  },
  {
    name: 'benchmark',
    summary: 'latency and memory, side by side, in one run',
    load: async () => (await import('./commands/benchmark')).registerBenchmark,
  },
  {
    name: 'train',
    summary: 'trains one of the small reference networks of the sample project',
    load: async () => (await import('./commands/train')).registerTrain,
  },
  {
    name: 'strategies',
    summary: 'the strategies there are, and the papers they come from',
    load: async () => (await import('./commands/strategies')).registerStrategies,
  },
  {
    name: 'doctor',
    summary: 'what this machine offers: versions, storage and backends',
    load: async () => (await import('./commands/doctor')).registerDoctor,
  },
  {
    name: 'serve',
    summary: 'the workbench in a browser, without a window of its own',
    load: async () => (await import('./commands/serve')).registerServe,
  },
  {
    name: 'measure-memory',
    summary: 'memory of one network, for benchmark',
    load: async () => (await import('./benchmark/memory')).registerMemory,
    hidden: true,
  },
]

/** The program with all its commands, and the options of those that `args` names. */
export async function buildProgram(args: readonly string[], shell: Shell): Promise<Command> {
  const program = new Command('espalier')
    .description('Makes trained networks small, with proof.')
    .version(product)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.streams.stdout.write(text),
      // Usage errors are reported in one place, by reportFailure.
      writeErr: () => undefined,
    })
  for (const { name, summary, load, hidden = false } of commands) {
    const command = program.command(name, { hidden }).description(summary)
    if (args.includes(name)) (await load())(command, shell)
  }
  return program
}

/** Runs one command; never throws. */
export async function runCommandLine(args: readonly string[], options: ShellOptions): Promise<ExitCode> {
  const shell = new Shell(options)
  try {
    await (await buildProgram(args, shell)).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return reportFailure(error, shell, args.includes('--json'))
  }
}
