/** Writes what a running run says into the store, often enough to lose nothing and seldom enough to cost nothing. */
import type { LogLine, MetricPoint, Run } from '../../contract/entities'
import { Pace } from '../../contract/pace'
import type { Progress } from '../../contract/run'
import type { Heard } from '../engine/index'
import type { ServiceContext } from './context'

const usualPauseMs = 400

/** One for each time a run is worked on. Errors of the store end the run's work through `onError`. */
export class RunRecorder {
  private readonly context: ServiceContext
  private readonly run: Run
  private readonly onError: (error: unknown) => void
  private readonly pauseMs: number
  private readonly pace = new Pace()
  private points: MetricPoint[] = []
  private progress: Progress | null = null
  private timer: NodeJS.Timeout | null = null

  constructor(context: ServiceContext, run: Run, onError: (error: unknown) => void, pauseMs = usualPauseMs) {
    this.context = context
    this.run = run
    this.onError = onError
    this.pauseMs = pauseMs
  }

  heard({ metric, ...progress }: Heard): void {
    const stageChanged = this.progress?.stage !== progress.stage
    this.progress = progress
    if (metric) this.points.push(metric)
    if (stageChanged) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), this.pauseMs)
  }

  log(line: LogLine): void {
    this.guard(() => {
      this.context.store.logs.add(this.run.id, line)
      this.context.events.emit({ type: 'run-log', runId: this.run.id, line })
    })
  }

  /** Writes what waits. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    const { progress, points } = this
    if (!progress) return
    this.points = []
    this.guard(() => {
      const { store, events } = this.context
      const eta = this.pace.etaSeconds(Date.now(), progress.fraction)
      store.transaction(() => {
        store.runs.heard(this.run.id, progress, eta)
        if (points.length > 0) store.metrics.add(this.run.id, points)
      })
      if (points.length > 0) events.emit({ type: 'run-metric', runId: this.run.id, points })
      events.emit({ type: 'run-changed', run: store.runs.brief(this.run.id) })
    })
  }

  private guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.onError(error)
    }
  }
}
