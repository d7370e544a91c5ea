/** The engine process's side of the conversation: takes jobs one at a time, answers, says that it lives. */
import { EspalierError, toErrorReport } from '../../contract/errors'
import type { Progress } from '../../contract/run'
import { inEnglish, type Sentence, say } from '../../contract/sentences'
import { isJobKind, type JobInput, type JobKind, type JobOutput, jobs } from './jobs'
import { type FromEngine, type Heard, heartbeatMs, type ToEngine, toEngineSchema } from './protocol'

/** What a job is given beside its input. */
export interface JobContext {
  /** Aborted by a cancel; checked between batches. */
  readonly signal: AbortSignal
  progress(progress: Progress): void
  log(level: 'info' | 'warning' | 'error', said: Sentence): void
}

export type JobHandlers = {
  readonly [K in JobKind]: (input: JobOutputOfInput<K>, context: JobContext) => Promise<JobInputOfOutput<K>>
}
/** A handler sees its input after defaults are filled in, and its answer is checked before it is sent. */
type JobOutputOfInput<K extends JobKind> = ReturnType<(typeof jobs)[K]['input']['parse']>
type JobInputOfOutput<K extends JobKind> = JobOutput<K>

/** Where messages come from and go to: process.send or parentPort. */
export interface EnginePort {
  send(message: FromEngine): void
  onMessage(listener: (message: unknown) => void): void
  /** The other side is gone. */
  onClose(listener: () => void): void
}

const cancelled = () => new EspalierError('CANCELLED', say('error.cancelled'))

/** A loss that diverged is a gap in its series. */
const heard = ({ metric, ...progress }: Progress): Heard =>
  metric ? { ...progress, metric: { ...metric, value: Number.isFinite(metric.value) ? metric.value : null } } : progress

/** Serves jobs until told to stop or until the other side is gone. */
export function serveEngine(port: EnginePort, handlers: JobHandlers, exit: (code: number) => void): void {
  const controllers = new Map<number, AbortController>()
  let last: Promise<void> = Promise.resolve()

  const perform = async <K extends JobKind>(id: number, kind: K, input: JobInput<K>, signal: AbortSignal) => {
    if (signal.aborted) throw cancelled()
    const handler = handlers[kind] as (input: unknown, context: JobContext) => Promise<JobOutput<K>>
    return handler(jobs[kind].input.parse(input), {
      signal,
      progress: (progress) => port.send({ type: 'progress', id, progress: heard(progress) }),
      log: (level, said) => {
        const line = { at: new Date().toISOString(), level, message: inEnglish(said), said }
        port.send({ type: 'log', id, line })
      },
    })
  }
  const run = async (message: Extract<ToEngine, { type: 'job' }>, signal: AbortSignal): Promise<void> => {
    const { id, kind, input } = message
    try {
      if (!isJobKind(kind)) throw new Error(`The engine has no job named "${kind}".`)
      port.send({ type: 'result', id, output: await perform(id, kind, input as never, signal) })
    } catch (error) {
      port.send({ type: 'error', id, report: toErrorReport(error) })
    } finally {
      controllers.delete(id)
    }
  }

  const heartbeat = setInterval(() => port.send({ type: 'heartbeat' }), heartbeatMs)
  port.onMessage((raw) => {
    const parsed = toEngineSchema.safeParse(raw)
    if (!parsed.success) return
    const message = parsed.data
    if (message.type === 'job') {
      const controller = new AbortController()
      controllers.set(message.id, controller)
      last = last.then(() => run(message, controller.signal))
    } else if (message.type === 'cancel') {
      controllers.get(message.id)?.abort()
    } else {
      clearInterval(heartbeat)
      exit(0)
    }
  })
  port.onClose(() => {
    clearInterval(heartbeat)
    exit(0)
  })
  port.send({ type: 'ready' })
}
