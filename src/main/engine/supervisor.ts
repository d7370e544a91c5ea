/** Keeps one engine process: starts it when there is work, notices when it dies or hangs, limits restarts. */
import type { LogLine } from '../../contract/entities'
import { EspalierError, fromErrorReport } from '../../contract/errors'
import { say } from '../../contract/sentences'
import type { ChannelExit, EngineChannel, EngineLauncher } from './channel'
import { type JobInput, type JobKind, type JobOutput, jobs } from './jobs'
import { type FromEngine, fromEngineSchema, type Heard, heartbeatMs } from './protocol'

export type EngineState = 'starting' | 'ready' | 'busy' | 'unresponsive' | 'restarting' | 'failed'

export interface SupervisorLimits {
  /** Silence after which the state becomes "unresponsive"; one large operation may take seconds. */
  readonly unresponsiveMs: number
  /** Silence after which the process is ended. */
  readonly killMs: number
  /** How long a cancelled job may go on until the end of its batch. */
  readonly cancelGraceMs: number
  /** Crashes within `crashWindowMs` after which nothing is started until the window is over. */
  readonly crashLimit: number
  readonly crashWindowMs: number
  /** Pause before the first restart; doubles with each crash in the window. */
  readonly backOffMs: number
  /** Idle time after which the process is let go, to give its memory back. */
  readonly idleMs: number
  /** How often silence is looked at. */
  readonly tickMs: number
}

export const usualLimits: SupervisorLimits = {
  unresponsiveMs: 15_000,
  killMs: 10 * 60_000,
  cancelGraceMs: 30_000,
  crashLimit: 5,
  crashWindowMs: 10 * 60_000,
  backOffMs: 500,
  idleMs: 5 * 60_000,
  tickMs: heartbeatMs,
}

export interface JobOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: Heard) => void
  readonly onLog?: (line: LogLine) => void
  /** At every sign of life while the job runs, progress or not. */
  readonly onAlive?: () => void
}

interface Pending extends JobOptions {
  readonly id: number
  readonly kind: JobKind
  readonly input: unknown
  resolve(output: unknown): void
  reject(error: unknown): void
  graceTimer?: NodeJS.Timeout
}

type KillReason = 'cancelled' | 'unresponsive' | 'stopped'

const cancelled = () => new EspalierError('CANCELLED', say('error.cancelled'))

const ended = (reason: KillReason | null, exit: ChannelExit): EspalierError => {
  if (reason === 'cancelled') return cancelled()
  const cause = [
    exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code ?? 'unknown'}`,
    exit.lastWords.split('\n').at(-1) ?? '',
  ]
    .filter(Boolean)
    .join(': ')
  if (reason === 'unresponsive') {
    return new EspalierError('ENGINE_UNRESPONSIVE', say('error.engine-silent'), cause)
  }
  if (/heap out of memory|Array buffer allocation failed|std::bad_alloc/.test(exit.lastWords)) {
    return new EspalierError('OUT_OF_MEMORY', say('error.engine-out-of-memory'), cause)
  }
  return new EspalierError('ENGINE_CRASHED', say('error.engine-ended'), cause)
}

/** One process, one job at a time, in the order they came. */
export class EngineSupervisor {
  private readonly launch: EngineLauncher
  private readonly limits: SupervisorLimits
  private readonly onState: (state: EngineState) => void
  private readonly queue: Pending[] = []
  private readonly crashes: number[] = []
  private current: Pending | null = null
  private channel: EngineChannel | null = null
  private isReady = false
  private killReason: KillReason | null = null
  private silentMs = 0
  private ticker: NodeJS.Timeout | undefined
  private idleTimer: NodeJS.Timeout | undefined
  private restartTimer: NodeJS.Timeout | undefined
  private stopped: (() => void) | null = null
  private closing = false
  /** To be let go after the present job. */
  private outdated = false
  private nextId = 1
  private present: EngineState = 'ready'

  constructor(launch: EngineLauncher, limits: Partial<SupervisorLimits> = {}, onState = (_: EngineState): void => {}) {
    this.launch = launch
    this.limits = { ...usualLimits, ...limits }
    this.onState = onState
  }

  get state(): EngineState {
    return this.present
  }

  /** Of the running process, for diagnostics. */
  get pid(): number | undefined {
    return this.channel?.pid
  }

  /** Queues a job. @throws what the job throws; CANCELLED, ENGINE_CRASHED, ENGINE_UNRESPONSIVE, OUT_OF_MEMORY */
  run<K extends JobKind>(kind: K, input: JobInput<K>, options: JobOptions = {}): Promise<JobOutput<K>> {
    return new Promise<JobOutput<K>>((resolve, reject) => {
      if (options.signal?.aborted || this.closing) {
        reject(cancelled())
        return
      }
      const pending: Pending = {
        ...options,
        id: this.nextId++,
        kind,
        input,
        resolve: (output) => resolve(output as JobOutput<K>),
        reject,
      }
      options.signal?.addEventListener('abort', () => this.cancel(pending), { once: true })
      this.queue.push(pending)
      this.pump()
    })
  }

  /** Ends the process; jobs that wait or run are rejected with CANCELLED. */
  async stop(): Promise<void> {
    this.closing = true
    clearTimeout(this.restartTimer)
    for (const pending of this.queue.splice(0)) pending.reject(cancelled())
    if (!this.channel) return
    await new Promise<void>((resolve) => {
      this.stopped = resolve
      this.kill('stopped')
    })
  }

  /** Lets the process go, after the job it works on: the next job finds a new one. */
  renew(): void {
    if (!this.channel) return
    if (this.current) this.outdated = true
    else this.retire()
  }

  private retire(): void {
    this.outdated = false
    this.isReady = false
    this.kill('stopped')
  }

  private setState(state: EngineState): void {
    if (state === this.present) return
    this.present = state
    this.onState(state)
  }

  private pump(): void {
    if (this.current || this.queue.length === 0 || this.closing || this.restartTimer) return
    clearTimeout(this.idleTimer)
    if (!this.channel) {
      if (this.recentCrashes() >= this.limits.crashLimit) this.refuseAll()
      else this.start()
      return
    }
    if (!this.isReady) return
    const next = this.queue.shift() as Pending
    this.current = next
    this.setState('busy')
    this.channel.send({ type: 'job', id: next.id, kind: next.kind, input: next.input })
  }

  private start(): void {
    this.setState('starting')
    this.isReady = false
    this.killReason = null
    this.silentMs = 0
    const channel = this.launch()
    this.channel = channel
    channel.onMessage((message) => {
      if (this.channel === channel) this.receive(message)
    })
    channel.onExit((exit) => {
      if (this.channel === channel) this.exited(exit)
    })
    this.ticker = setInterval(() => this.tick(), this.limits.tickMs)
  }

  /** Counts silence in ticks and not by the clock, so that a machine that slept does not look like a hanging engine. */
  private tick(): void {
    this.silentMs += this.limits.tickMs
    if (this.silentMs >= this.limits.killMs) this.kill('unresponsive')
    else if (this.silentMs >= this.limits.unresponsiveMs) this.setState('unresponsive')
  }

  private receive(raw: unknown): void {
    const parsed = fromEngineSchema.safeParse(raw)
    this.silentMs = 0
    if (this.present === 'unresponsive') this.setState(this.current ? 'busy' : this.isReady ? 'ready' : 'starting')
    this.current?.onAlive?.()
    if (parsed.success) this.handle(parsed.data)
  }

  private handle(message: FromEngine): void {
    if (message.type === 'heartbeat') return
    if (message.type === 'ready') {
      this.isReady = true
      this.setState('ready')
      this.pump()
      return
    }
    const { current } = this
    if (!current || message.id !== current.id) return
    if (message.type === 'progress') current.onProgress?.(message.progress)
    else if (message.type === 'log') current.onLog?.(message.line)
    else {
      this.settle(current)
      if (message.type === 'error') current.reject(fromErrorReport(message.report))
      else this.answer(current, message.output)
      this.setState('ready')
      if (this.outdated) this.retire()
      else {
        this.rest()
        this.pump()
      }
    }
  }

  private answer(job: Pending, output: unknown): void {
    const parsed = jobs[job.kind].output.safeParse(output)
    if (parsed.success) job.resolve(parsed.data)
    else {
      job.reject(
        new EspalierError(
          'INTERNAL',
          `The engine answered "${job.kind}" in a form that is not understood. Please report this with the diagnostics bundle.`,
          parsed.error,
        ),
      )
    }
  }

  private settle(job: Pending): void {
    clearTimeout(job.graceTimer)
    this.current = null
  }

  private rest(): void {
    clearTimeout(this.idleTimer)
    this.idleTimer = setTimeout(() => {
      if (!this.current && this.queue.length === 0) this.kill('stopped')
    }, this.limits.idleMs)
    this.idleTimer.unref()
  }

  private cancel(job: Pending): void {
    const place = this.queue.indexOf(job)
    if (place >= 0) {
      this.queue.splice(place, 1)
      job.reject(cancelled())
    } else if (this.current === job) {
      this.channel?.send({ type: 'cancel', id: job.id })
      job.graceTimer = setTimeout(() => this.kill('cancelled'), this.limits.cancelGraceMs)
    }
  }

  private kill(reason: KillReason): void {
    if (this.killReason) return
    this.killReason = reason
    this.channel?.kill()
  }

  private exited(exit: ChannelExit): void {
    const { current, killReason } = this
    clearInterval(this.ticker)
    clearTimeout(this.idleTimer)
    this.channel = null
    this.isReady = false
    if (current) {
      this.settle(current)
      current.reject(killReason === 'stopped' ? cancelled() : ended(killReason, exit))
    }
    if (this.stopped) this.stopped()
    else if (killReason === 'cancelled' || killReason === 'stopped') {
      this.setState('ready')
      this.pump()
    } else this.restartLater()
  }

  private restartLater(): void {
    this.crashes.push(Date.now())
    const crashes = this.recentCrashes()
    if (crashes >= this.limits.crashLimit) {
      this.refuseAll()
      return
    }
    this.setState('restarting')
    this.restartTimer = setTimeout(
      () => {
        this.restartTimer = undefined
        if (this.queue.length === 0) this.setState('ready')
        this.pump()
      },
      this.limits.backOffMs * 2 ** (crashes - 1),
    )
  }

  private recentCrashes(): number {
    const oldest = Date.now() - this.limits.crashWindowMs
    while (this.crashes.length > 0 && (this.crashes[0] as number) < oldest) this.crashes.shift()
    return this.crashes.length
  }

  private refuseAll(): void {
    this.setState('failed')
    for (const pending of this.queue.splice(0)) {
      pending.reject(
        new EspalierError('ENGINE_CRASHED', say('error.engine-keeps-ending', { times: this.crashes.length })),
      )
    }
  }
}
