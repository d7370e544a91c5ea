/** The frame every command runs in: its terminal, its abort signal, and the way from an error to an exit code. */
import { type Command, CommanderError } from 'commander'
import { EspalierError, toErrorReport } from '../../contract/errors'
import { type Streams, Terminal } from './terminal'

/** 0: done; 1: it could not be done; 2: bad usage. */
export type ExitCode = 0 | 1 | 2

/** What a command's handler is given beside its arguments. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal
}

/** What every command has: `--json` and `--quiet`. */
export interface CommonOptions {
  readonly json?: boolean
  readonly quiet?: boolean
}

type Handler<O> = (context: CommandContext, options: O, operands: string[]) => Promise<void>

export interface ShellOptions {
  readonly streams: Streams
  readonly signal: AbortSignal
}

export class Shell {
  readonly streams: Streams
  readonly signal: AbortSignal
  /** The running command's terminal. */
  terminal: Terminal | null = null

  constructor({ streams, signal }: ShellOptions) {
    this.streams = streams
    this.signal = signal
  }

  /** Gives a command the common options and its handler; all operands arrive as one flat list. */
  handle<O extends CommonOptions>(command: Command, handler: Handler<O>): Command {
    return command
      .option('--json', 'print one JSON document on stdout')
      .option('--quiet', 'print no progress')
      .action(async () => {
        const options = command.opts<O>()
        this.terminal = new Terminal(this.streams, { json: options.json ?? false, quiet: options.quiet ?? false })
        await handler({ terminal: this.terminal, signal: this.signal }, options, command.args)
      })
  }
}

/** Prints why it failed, in one line on stderr; with --json the error is the document, unless a result was printed. */
export function reportFailure(error: unknown, shell: Shell, json: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const report = toErrorReport(error instanceof CommanderError ? usageError(error.message) : error)
  const terminal = shell.terminal ?? new Terminal(shell.streams, { json, quiet: false })
  terminal.failure(report.message.replaceAll(/\s*\n\s*/g, ' '))
  if (json && !terminal.answered) terminal.result({ error: report }, '')
  return report.code === 'BAD_USAGE' ? 2 : 1
}

function usageError(message: string): EspalierError {
  const sentence = message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')
  const start = sentence.charAt(0).toUpperCase() + sentence.slice(1)
  return new EspalierError(
    'BAD_USAGE',
    `${start}${/[.?!)]$/.test(start) ? '' : '.'} See espalier --help, or --help after a command, for what it takes.`,
  )
}
