/** Work that is recorded in a project of the workbench: queued and run by the services, then exported beside the results. */
import { join, resolve } from 'node:path'
import type { Run } from '../../contract/entities'
import { EspalierError, fromErrorReport } from '../../contract/errors'
import { exportResultSchema } from '../../contract/run'
import { dataFolder } from '../artifacts/home'
import { forkLauncher } from '../engine'
import { createServices, type Services } from '../services'
import { product } from '../services/product'
import { type CompressionRequest, type FinishedRun, writeRecords } from './compression'
import { environmentOf } from './environment'
import { engineEntry } from './places'
import { openRunFolder } from './run-folder'
import { runName, type SweepRequest, type SweepRun } from './sweep'

const over: readonly Run['status'][] = ['done', 'failed', 'cancelled', 'interrupted']

interface Place {
  readonly projectId: string
  readonly modelId: string
  readonly datasetId: string
}

/** Everything that is recorded is in the store when this returns; the files lie in the folder of each run. */
export async function recordedSweep(project: string, request: SweepRequest): Promise<SweepRun[]> {
  return withServices(request, async (services) => {
    const place = await findPlace(services, project, request)
    const ids = await queue(services, place, request)
    await finish(services, ids, request)
    const runs: SweepRun[] = []
    for (const [i, config] of request.configs.entries()) {
      const name = runName(config)
      const out = request.configs.length === 1 ? request.out : join(request.out, 'runs', name)
      runs.push({ name, config, ...(await collect(services, place, ids[i] as string, { ...request, config, out })) })
    }
    return runs
  })
}

/** One run, recorded. */
export async function recordedCompression(project: string, request: CompressionRequest): Promise<FinishedRun> {
  const { model, data, config, out, log } = request
  const fingerprint = { version: product, model: model.hash, data: data.source.hash, config, project }
  const steps = await openRunFolder(out, fingerprint, (sentence) => log('warning', sentence))
  const [run] = await recordedSweep(project, { ...request, configs: [config], steps })
  await steps.remove()
  return run as SweepRun
}

async function withServices<T>(
  { log }: Pick<SweepRequest, 'log'>,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const services = createServices({
    home: dataFolder(),
    engineLauncher: forkLauncher({ entry: engineEntry() }),
    onlyOwnRuns: true,
    onWarning: (sentence) => log('warning', sentence),
  })
  try {
    services.start()
    return await work(services)
  } finally {
    await services.close()
  }
}

/** The project of that name with this model and this data in it; what is not there yet is made. */
async function findPlace(services: Services, name: string, { model, data }: SweepRequest): Promise<Place> {
  const known = services.projects.list().find((project) => project.name === name)
  const { id: projectId } = known ?? services.projects.create({ name, goal: '' })
  const heldModel = services.models.list(projectId).find((each) => each.hash === model.hash)
  const heldData = services.datasets.list(projectId).find((each) => each.hash === data.source.hash)
  return {
    projectId,
    modelId: heldModel?.id ?? (await services.models.import({ projectId, path: resolve(model.path) })).model.id,
    datasetId: heldData?.id ?? (await services.datasets.import({ projectId, path: resolve(data.path) })).id,
  }
}

const idsKey = 'recorded-runs'

/** Ids of the queued runs, one a configuration: those of an interrupted command again, resumed where they stopped. */
async function queue(services: Services, place: Place, { configs, steps }: SweepRequest): Promise<string[]> {
  const kept = await steps.load(idsKey)
  if (kept) {
    const ids = JSON.parse(new TextDecoder().decode(kept)) as string[]
    const held = new Map(services.runs.list(place.projectId).map((run) => [run.id, run]))
    if (ids.every((id) => held.has(id))) {
      for (const id of ids) {
        const status = held.get(id)?.status
        if (status === 'done' || status === undefined) continue
        // A run that was never begun is queued anew, as this command's own.
        if (status === 'queued') services.runs.cancel(id)
        if (status !== 'running') services.runs.resume(id)
      }
      return ids
    }
  }
  const runs = await services.runs.start({ ...place, configs: [...configs] })
  const ids = runs.map((run) => run.id)
  await steps.save(idsKey, new TextEncoder().encode(JSON.stringify(ids)))
  return ids
}

/** Waits until every run is over, telling how it goes. @throws CANCELLED, and why the first run failed */
async function finish(services: Services, ids: readonly string[], request: SweepRequest): Promise<void> {
  const { signal, progress } = request
  const stop = new AbortController()
  const cancel = () => {
    for (const id of ids) if (!over.includes(services.runs.get(id).status)) services.runs.cancel(id)
  }
  const events = services.events.subscribe(stop.signal)
  signal.addEventListener('abort', cancel)
  try {
    if (signal.aborted) cancel()
    let waiting = ids.map((id) => services.runs.get(id)).filter((run) => !over.includes(run.status))
    while (waiting.length > 0) {
      const event = (await events.next()).value
      if (event?.type === 'run-changed' && event.run.progress && ids.includes(event.run.id)) {
        const finished = ids.length - waiting.length
        progress({ ...event.run.progress, fraction: (finished + event.run.progress.fraction) / ids.length })
      }
      waiting = waiting.map(({ id }) => services.runs.get(id)).filter((run) => !over.includes(run.status))
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    stop.abort()
  }
  const failed = ids.map((id) => services.runs.get(id)).find((run) => run.status !== 'done')
  if (failed?.error) throw fromErrorReport(failed.error)
  if (failed) throw new EspalierError('CANCELLED', `The run "${failed.name}" was stopped. What it finished is kept.`)
}

/** Exports a finished run and writes its records as an unrecorded one would. */
async function collect(
  services: Services,
  place: Place,
  id: string,
  request: CompressionRequest,
): Promise<FinishedRun> {
  const run = services.runs.get(id)
  const { result, resultModelId } = run
  if (!result || !resultModelId) {
    throw new EspalierError('INTERNAL', `The finished run "${run.name}" has no result. Please report this.`)
  }
  const exports = await services.exports.create({
    modelId: resultModelId,
    datasetId: place.datasetId,
    formats: [...request.formats],
    precision: request.precision,
    folder: resolve(request.out),
    name: 'model',
  })
  const environment = run.environment ?? environmentOf(result.backend, request.model.hash, request.data.source.hash)
  const finished = {
    compression: {
      ...result,
      exports: exports.map((file) => exportResultSchema.parse(file)),
      config: run.config,
      environment,
    },
    trace: services.runs.trace(id),
  }
  await writeRecords(request.out, finished)
  return finished
}
