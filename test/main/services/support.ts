/** Services over a folder of their own and the misbehaving engine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Run, WorkbenchEvent } from '../../../src/contract/entities'
import { forkLauncher } from '../../../src/main/engine/channel'
import { createServices, type ServiceOptions, type Services } from '../../../src/main/services/index'
import { temporaryFolder } from '../support/folders'
import { config } from '../support/values'

export interface Opened extends Services {
  readonly home: string
  /** A model file whose words tell the engine how to behave. */
  file(words: string, name?: string): string
}

export function open(entry: string, options: Partial<ServiceOptions> = {}): Opened {
  const home = options.home ?? temporaryFolder()
  const files = temporaryFolder()
  const services = createServices({
    home,
    engineLauncher: forkLauncher({ entry }),
    limits: { backOffMs: 1 },
    ...options,
  })
  onTestFinished(() => services.close())
  services.start()
  return {
    ...services,
    home,
    file(words, name = 'net.onnx') {
      const path = join(files, name)
      writeFileSync(path, words)
      return path
    },
  }
}

/** A project with a model that behaves as told and data. */
export async function prepared(services: Opened, words = '') {
  const project = services.projects.create({ name: 'P', goal: '' })
  const { model } = await services.models.import({ projectId: project.id, path: services.file(words) })
  const dataset = await services.datasets.import({ projectId: project.id, path: services.file('data', 'data.npz') })
  const start = (...changes: Parameters<typeof config>[0][]) =>
    services.runs.start({
      projectId: project.id,
      modelId: model.id,
      datasetId: dataset.id,
      configs: (changes.length === 0 ? [{}] : changes).map((change) => config(change)),
    })
  return { project, model, dataset, start }
}

/** Resolves with the run once it fits; fails the test by its timeout otherwise. */
export async function until(services: Services, id: string, fits: (run: Run) => boolean): Promise<Run> {
  const events = services.events.subscribe()
  try {
    if (fits(services.runs.get(id))) return services.runs.get(id)
    for await (const event of events) {
      if (event.type === 'run-changed' && event.run.id === id && fits(event.run)) return services.runs.get(id)
    }
    throw new Error('The services were closed.')
  } finally {
    await events.return?.()
  }
}

export const over = ({ status }: Run): boolean => status !== 'queued' && status !== 'running'

export const at =
  (fraction: number) =>
  ({ progress }: Run): boolean =>
    (progress?.fraction ?? 0) >= fraction

/** Collects events until it is told to stop. */
export function collect(services: Services): { readonly events: WorkbenchEvent[]; stop(): void } {
  const subscription = services.events.subscribe()
  const events: WorkbenchEvent[] = []
  void (async () => {
    for await (const event of subscription) events.push(event)
  })()
  return { events, stop: () => void subscription.return?.() }
}
