/** All services over one data folder: what the desktop, the server and the command line work with. */
import { join } from 'node:path'
import { EspalierError, toErrorReport } from '../../contract/errors'
import { say } from '../../contract/sentences'
import { ArtifactStore, keepsPlace, layout, requireWritable } from '../artifacts/index'
import { createEngine, type EngineLauncher, type SupervisorLimits } from '../engine/index'
import { openStore } from '../store/index'
import { appService, type ShellAbilities } from './app'
import { archiveService } from './archive/index'
import { comparisonService } from './comparisons'
import type { ServiceContext } from './context'
import { datasetService } from './datasets'
import { EventBus } from './events'
import { exportService } from './exports'
import { watchForeignChanges } from './foreign-changes'
import { importJournal } from './import-journal'
import { importService } from './imports'
import { modelService } from './models'
import { nativeService } from './native-backend'
import { product } from './product'
import { projectService } from './projects'
import { latencyService } from './run-latency'
import { RunQueue } from './run-queue'
import { runService } from './runs'
import { openSample } from './sample'
import { trashService } from './trash'

export type { PathKind, ShellAbilities } from './app'
export { EventBus } from './events'

export interface ServiceOptions {
  /** The data folder, see `dataFolder()`. */
  readonly home: string
  readonly engineLauncher: EngineLauncher
  /** The product's resources folder; its `sample` is opened at first start. Absent: no sample. */
  readonly resources?: string | undefined
  readonly shell?: ShellAbilities
  /** Work off only what is queued through these services, and leave the rest to the workbench. Default false. */
  readonly onlyOwnRuns?: boolean
  readonly limits?: Partial<SupervisorLimits>
  /** Told what went wrong in the background, in a sentence. */
  readonly onWarning?: (sentence: string) => void
}

/**
 * Opens the data folder. Nothing runs until `start`.
 * @throws STORE_CORRUPT, STORE_FROM_THE_FUTURE, STORE_BUSY, STORE_READ_ONLY, DISK_FULL
 */
export function createServices(options: ServiceOptions) {
  const {
    home,
    engineLauncher,
    resources,
    shell = { kind: 'server' },
    limits,
    onlyOwnRuns = false,
    onWarning = () => {},
  } = options
  const places = layout(home)
  requireWritable(places)
  const store = openStore(places.database)
  const events = new EventBus()
  const engine = createEngine({
    launch: engineLauncher,
    ...(limits ? { limits } : {}),
    onState: (state) => events.emit({ type: 'engine-state', state }),
  })
  const here = keepsPlace(home)
  const requireHome = (): void => {
    if (!here()) throw new EspalierError('FILE_NOT_FOUND', say('error.home-moved', { path: home }))
  }
  const requireRoom = (): void => {
    requireHome()
    requireWritable(places, true)
  }
  const context: ServiceContext = {
    store,
    artifacts: new ArtifactStore(places.artifacts),
    engine,
    events,
    layout: places,
    requireHome,
    requireRoom,
    product,
  }
  const journal = importJournal(context)
  const models = modelService(context, journal)
  const datasets = datasetService(context, models, journal)
  const queue = new RunQueue(context, models, datasets, onlyOwnRuns)
  const trash = trashService(context)
  const stopWatching = watchForeignChanges(context)
  let background: Promise<void> = Promise.resolve()

  /** What must not hold the window up; a failure is told, and the workbench works without it. */
  const inBackground = async (): Promise<void> => {
    const steps = [
      () => trash.purgeOld(),
      ...(resources && queue.owns ? [() => openSample(context, models, datasets, join(resources, 'sample'))] : []),
    ]
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        if (!(error instanceof EspalierError && error.code === 'CANCELLED')) onWarning(toErrorReport(error).message)
      }
    }
  }

  const runs = runService(context, models, datasets, queue)

  return {
    projects: projectService(context, runs.cancelAll),
    models,
    datasets,
    runs,
    latency: latencyService(context, models, datasets),
    comparisons: comparisonService(context, models, datasets),
    exports: exportService(context, models, datasets),
    archive: archiveService(context),
    imports: importService(context, journal, models, datasets),
    app: appService(context, shell, trash),
    native: nativeService(context),
    trash,
    events,
    engine,
    store,
    requireHome,
    requireRoom,
    /** Marks lost runs, works the queue, opens the sample project. */
    start(): void {
      queue.start()
      background = inBackground()
    },
    /** Resolves when the work of the start is done (the sample is there). */
    settled: (): Promise<void> => background,
    /** Ends in order: the running run keeps its steps, the engine's processes end, the store closes. */
    async close(): Promise<void> {
      stopWatching()
      await queue.stop()
      await engine.stop()
      await background
      events.close()
      store.close()
    },
  }
}
export type Services = ReturnType<typeof createServices>
