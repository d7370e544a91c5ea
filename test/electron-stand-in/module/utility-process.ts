/** utilityProcess: a forked Node process with `process.parentPort`. */
import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import { endings } from './app'

type Stdio = 'pipe' | 'ignore' | 'inherit'

interface ForkOptions {
  env?: NodeJS.ProcessEnv
  execArgv?: string[]
  cwd?: string
  stdio?: Stdio | readonly [Stdio, Stdio, Stdio]
  serviceName?: string
}

const host = new URL('../utility-host.mjs', import.meta.url).href

class UtilityProcess extends EventEmitter {
  readonly #child: ChildProcess
  stdout: Readable | null
  stderr: Readable | null

  constructor(path: string, args: string[], options: ForkOptions) {
    super()
    const [input, output, errors] =
      typeof options.stdio === 'object' ? options.stdio : (['ignore', options.stdio, options.stdio] as const)
    if (input !== 'ignore') throw new TypeError('stdin value other than ignore is not supported.')
    this.#child = fork(path, args, {
      env: options.env ?? process.env,
      execArgv: [...(options.execArgv ?? []), '--import', host],
      // Structured clones, as between Electron's processes.
      serialization: 'advanced',
      stdio: ['ignore', output ?? 'inherit', errors ?? 'inherit', 'ipc'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    this.stdout = this.#child.stdout
    this.stderr = this.#child.stderr
    this.#child.on('spawn', () => this.emit('spawn'))
    this.#child.on('message', (message) => this.emit('message', message))
    this.#child.on('error', (error) => this.emit('error', 'FatalError', '', String(error)))
    this.#child.on('exit', (code, signal) => this.emit('exit', code ?? (signal ? 1 : 0)))
    endings.push(() => this.#child.kill('SIGKILL'))
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new Error('The stand-in does not transfer ports to a utility process.')
    if (this.#child.connected) this.#child.send(message as object)
  }

  kill(): boolean {
    return this.#child.kill()
  }
}

export const utilityProcess = {
  fork: (path: string, args: string[] = [], options: ForkOptions = {}): UtilityProcess =>
    new UtilityProcess(path, args, options),
}
