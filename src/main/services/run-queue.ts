/** Works off the queued runs, one at a time, first come first served; it survives restarts because it is in the store. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../../contract/entities'
import { type ErrorCode, type ErrorReport, EspalierError, toErrorReport } from '../../contract/errors'
import { say } from '../../contract/sentences'
import type { JobOutput } from '../engine/index'
import { type ProcessLock, tryLock } from '../store/index'
import { projectChanged, type ServiceContext } from './context'
import type { DatasetService } from './datasets'
import type { ModelService } from './models'
import { RunRecorder } from './run-recorder'

/** After these a run can go on from its last kept step. */
const resumable: readonly ErrorCode[] = [
  'ENGINE_CRASHED',
  'ENGINE_UNRESPONSIVE',
  'OUT_OF_MEMORY',
  'DISK_FULL',
  'STORE_BUSY',
  'STORE_READ_ONLY',
]

const interruptedReport: ErrorReport = toErrorReport(new EspalierError('ENGINE_CRASHED', say('error.closed')))

const retryMs = 2000

/** "half · result-oriented, 30 % of MACs": what a produced model is called. */
const resultName = (run: Run, modelName: string): string => `${modelName} · ${run.name}`

interface Working {
  readonly id: string
  readonly controller: AbortController
  /** Set where the run ends for a reason other than the person's cancel. */
  cause?: unknown
}

export class RunQueue {
  private readonly context: ServiceContext
  private readonly models: ModelService
  private readonly datasets: DatasetService
  /** Ids queued through this object; null: everything in the store is worked off. */
  private readonly own: Set<string> | null
  private lock: ProcessLock | null = null
  private working: Working | null = null
  private timer: NodeJS.Timeout | undefined
  private loop: Promise<void> = Promise.resolve()
  private looping = false
  private closing = false

  constructor(context: ServiceContext, models: ModelService, datasets: DatasetService, onlyOwn = false) {
    this.own = onlyOwn ? new Set() : null
    this.context = context
    this.models = models
    this.datasets = datasets
  }

  /** Whether this process is the one that works the queue of this data folder. */
  get owns(): boolean {
    return this.lock !== null
  }

  /** Becomes the data folder's worker, or waits until the process that is one has ended. */
  start(): void {
    this.lock = tryLock(join(this.context.layout.locks, 'queue'))
    if (!this.lock) {
      this.later(() => this.start())
      return
    }
    this.recover()
    this.wake()
  }

  /** Looks for queued runs, after these were added. */
  wake(added: readonly string[] = []): void {
    for (const id of added) this.own?.add(id)
    if (!this.lock || this.looping || this.closing) return
    this.looping = true
    this.loop = this.work().finally(() => {
      this.looping = false
    })
  }

  /** Asks the running run to stop at the end of its batch; false where it is not this process's running run. */
  cancel(id: string): boolean {
    if (this.working?.id !== id) return false
    this.working.controller.abort()
    return true
  }

  /** Ends the work; the running run becomes interrupted and keeps its finished steps. */
  async stop(): Promise<void> {
    this.closing = true
    clearTimeout(this.timer)
    if (this.working) {
      this.working.cause = new EspalierError(interruptedReport.code, interruptedReport.message)
      await this.context.engine.stop()
    }
    await this.loop
    this.lock?.release()
    this.lock = null
  }

  /** The folder of a run's checkpoints. */
  folderOf(id: string): string {
    return join(this.context.layout.runs, id)
  }

  private later(work: () => void): void {
    if (this.closing) return
    this.timer = setTimeout(work, retryMs)
    this.timer.unref()
  }

  /** Only the owner of the lock runs anything, so whatever is marked as running now has lost its process. */
  private recover(): void {
    const { store, events } = this.context
    for (const run of store.runs.withStatus('running')) {
      events.emit({
        type: 'run-changed',
        run: store.runs.finish(run.id, { status: 'interrupted', error: interruptedReport }),
      })
    }
  }

  private async work(): Promise<void> {
    const { store, events } = this.context
    try {
      while (!this.closing) {
        // A moved data folder, or one that is closed, waits like a full disk: nothing is begun until it is back.
        this.context.requireRoom()
        const run = store.runs.claimNext(String(process.pid), this.own && [...this.own])
        if (!run) return
        events.emit({ type: 'run-changed', run: store.runs.brief(run.id) })
        await this.perform(run)
      }
    } catch {
      // The store itself cannot be written (a full disk): nothing is begun, and it is tried again when there is room.
      this.later(() => {
        if (!this.working) this.recover()
        this.wake()
      })
    }
  }

  private async perform(run: Run): Promise<void> {
    const working: Working = { id: run.id, controller: new AbortController() }
    this.working = working
    const recorder = new RunRecorder(this.context, run, (error) => {
      working.cause ??= error
      working.controller.abort()
    })
    try {
      const folder = this.folderOf(run.id)
      await mkdir(folder, { recursive: true })
      const output = await this.context.engine.run(
        'compress',
        {
          files: this.models.filesOf(run.modelId),
          data: this.datasets.locationOf(run.datasetId),
          config: run.config,
          folder,
        },
        {
          signal: working.controller.signal,
          onProgress: (progress) => recorder.heard(progress),
          onLog: (line) => recorder.log(line),
        },
      )
      recorder.flush()
      await this.keep(run, output)
    } catch (error) {
      recorder.flush()
      this.failed(run, working.cause ?? error)
    } finally {
      this.working = null
    }
    projectChanged(this.context, run.projectId)
    // What a finished run kept on the way is of no more use; one that can be resumed needs it.
    if (this.context.store.runs.brief(run.id).status === 'done') {
      await rm(this.folderOf(run.id), { recursive: true, force: true })
    }
  }

  /** The result's file goes into the artifacts first; then one transaction makes all of it visible at once. */
  private async keep(run: Run, output: JobOutput<'compress'>): Promise<void> {
    const { store, artifacts, events } = this.context
    this.context.requireRoom()
    const { hash } = await artifacts.putFile(output.path)
    const parent = store.models.get(run.modelId)
    store.transaction(() => {
      const model = store.models.create({
        projectId: run.projectId,
        name: resultName(run, parent.name),
        format: 'onnx',
        size: output.result.model.after,
        nodes: output.nodes,
        files: [{ name: 'model.onnx', hash }],
        parentId: parent.id,
        runId: run.id,
      })
      store.traces.put(run.id, output.trace)
      store.runs.keepEnvironment(run.id, output.environment)
      store.runs.finish(run.id, { status: 'done', result: output.result, resultModelId: model.id })
    })
    events.emit({ type: 'run-changed', run: store.runs.brief(run.id) })
  }

  private failed(run: Run, error: unknown): void {
    const { store, events } = this.context
    const report = toErrorReport(error)
    const status =
      report.code === 'CANCELLED' ? 'cancelled' : resumable.includes(report.code) ? 'interrupted' : 'failed'
    store.transaction(() => {
      const level = status === 'cancelled' ? 'info' : 'error'
      const message = report.cause ? `${report.message} (${report.cause})` : report.message
      store.logs.add(run.id, { at: new Date().toISOString(), level, message })
      store.runs.finish(run.id, { status, error: report })
    })
    events.emit({ type: 'run-changed', run: store.runs.brief(run.id) })
  }
}
