/** The one thing the supervisor knows of an engine process: messages, its end, and how to end it. */
import { type ChildProcess, fork } from 'node:child_process'

export interface ChannelExit {
  readonly code: number | null
  readonly signal: string | null
  /** The last lines the process wrote to its error stream. */
  readonly lastWords: string
}

/** A running engine process; child_process here, utilityProcess in the desktop shell. */
export interface EngineChannel {
  readonly pid: number | undefined
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once. */
  onExit(listener: (exit: ChannelExit) => void): void
  /** Ends it at once, without asking. */
  kill(): void
}

/** Starts one engine process. */
export type EngineLauncher = () => EngineChannel

const keptWords = 4000

/** Keeps the end of an error stream, for the cause of a crash. */
export function lastWordsOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.on('data', (chunk: Buffer | string) => {
    text = (text + chunk.toString()).slice(-keptWords)
  })
  return () => text.trim()
}

export interface ForkOptions {
  /** Absolute path of the built entry. */
  readonly entry: string
  readonly environment?: Readonly<Record<string, string>>
}

/** A launcher over `child_process.fork`, for every shell but the packaged desktop. */
export function forkLauncher({ entry, environment = {} }: ForkOptions): EngineLauncher {
  return () => {
    const child: ChildProcess = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, ...environment },
    })
    const lastWords = lastWordsOf(child.stderr)
    return {
      pid: child.pid,
      send: (message) => {
        // A process that is just ending is reported by its exit, not by the failed send.
        if (child.connected) child.send(message as object, () => {})
      },
      onMessage: (listener) => {
        child.on('message', listener)
      },
      onExit: (listener) => {
        let told = false
        const tell = (code: number | null, signal: string | null) => {
          if (told) return
          told = true
          listener({ code, signal, lastWords: lastWords() })
        }
        child.once('close', tell)
        child.once('error', () => tell(null, null))
      },
      kill: () => {
        child.kill('SIGKILL')
      },
    }
  }
}
