/** Data sets: looked at by the engine; left at their path, or copied in where they came through the page. */
import { randomUUID } from 'node:crypto'
import { cp, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Dataset } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import { guessedAtMost } from '../../contract/outcome'
import { passed } from '../artifacts/index'
import type { DataLocation } from '../engine/index'
import { projectChanged, type ServiceContext } from './context'
import type { ImportJournal } from './import-journal'
import type { ModelService } from './models'
import { createTask, type Task } from './tasks'
import { type GivenFile, type LocalFile, withLocalFile } from './uploads'

const probeSamples = 48
const checkedSamples = 512

/** Data that a person brings. */
export interface DataRequest {
  readonly projectId: string
  readonly name?: string | undefined
  readonly mean?: number[] | undefined
  readonly std?: number[] | undefined
}

export interface ImportRequest extends GivenFile, DataRequest {
  /** Name under which `task-progress` tells how far it is. */
  readonly task?: string | undefined
}

export interface CheckRequest {
  readonly id: string
  readonly modelId: string
  readonly task?: string | undefined
}

const normalisation = ({ mean, std }: { mean?: number[] | undefined; std?: number[] | undefined }) => ({
  ...(mean ? { mean } : {}),
  ...(std ? { std } : {}),
})

export function datasetService(context: ServiceContext, models: ModelService, journal: ImportJournal) {
  const { store, artifacts, engine, layout } = context

  /** Where the engine finds the data, with the hash it must have. */
  const locationOf = (id: string): DataLocation => {
    const dataset = store.datasets.get(id)
    const artifact = store.datasets.artifact(id)
    return {
      // What was copied in lies under its hash, and its path is the name it had.
      ...(artifact === null ? { path: dataset.path } : { path: artifacts.pathOf(artifact), name: dataset.path }),
      kind: dataset.kind,
      hash: dataset.hash,
      mean: dataset.mean,
      std: dataset.std,
    }
  }
  const setDeleted = (id: string, at: string | null): Dataset => {
    const dataset = store.datasets.setDeleted(id, at)
    projectChanged(context, dataset.projectId)
    return dataset
  }

  /** `copy`: into the artifact store, for files that will not stay where they are. */
  const importFrom = async (
    request: DataRequest & { path: string; copy: boolean; fileName: string },
    task: Task = createTask(context, undefined, undefined),
  ): Promise<Dataset> => {
    const { path, copy, fileName, projectId } = request
    const reading = task.part(0, copy ? 0.7 : 1)
    const { dataset } = await engine.run(
      'probe',
      { data: { path, ...(copy ? { name: fileName } : {}), ...normalisation(request) }, samples: 0 },
      reading.job,
    )
    const watch = copy ? await task.part(0.7, 1).copying([path]) : null
    const artifact = watch ? (await artifacts.putFile(path, watch)).hash : null
    task.check()
    const created = store.datasets.create({
      ...dataset,
      projectId,
      name: request.name ?? dataset.name,
      path: copy ? fileName : path,
      artifact,
    })
    projectChanged(context, projectId)
    return created
  }

  /** A folder that came through the page, into one of the data set's own. */
  const importFolder = async (request: DataRequest, path: string, task: Task): Promise<Dataset> => {
    const probed = { data: { path, ...normalisation(request) }, samples: 0 }
    const { dataset } = await engine.run('probe', probed, task.part(0, 0.7).job)
    const staging = join(layout.data, `.incoming-${randomUUID()}`)
    try {
      const copying = await task.part(0.7, 1).copying([path])
      // Asked before every file; one of them is small beside a folder.
      const filter = async (from: string) => {
        const facts = await stat(from)
        passed(copying, facts.isFile() ? facts.size : 0)
        return true
      }
      await cp(path, staging, { recursive: true, filter })
      task.check()
      const { projectId, name = dataset.name } = request
      // The folder first: a kill in between leaves a folder that nobody knows, and not a data set without its folder.
      const id = randomUUID()
      const place = join(layout.data, id)
      await rename(staging, place)
      const created = store.datasets.create({ ...dataset, projectId, name, path: place, artifact: null }, id)
      projectChanged(context, projectId)
      return created
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  }

  const bring = (request: DataRequest, { path, name, uploaded, folder }: LocalFile, task: Task): Promise<Dataset> =>
    folder ? importFolder(request, path, task) : importFrom({ ...request, path, copy: uploaded, fileName: name }, task)

  return {
    list: (projectId: string, deleted = false): Dataset[] => store.datasets.list(projectId, deleted),
    get: (id: string): Dataset => store.datasets.get(id),
    locationOf,
    importFrom,
    probe: (given: GivenFile & { task?: string | undefined }, signal?: AbortSignal) => {
      const { job } = createTask(context, given.task, signal)
      return withLocalFile(
        given,
        ({ path }) => engine.run('probe', { data: { path }, samples: probeSamples }, job),
        'folder',
      )
    },
    /** Called off by `signal`, nothing is on record. @throws what reading throws; CANCELLED */
    import: async (request: ImportRequest, signal?: AbortSignal): Promise<Dataset> => {
      store.projects.get(request.projectId)
      const task = createTask(context, request.task, signal)
      return journal.during(request.task, { ...request, kind: 'dataset' }, request, 'folder', (file) =>
        bring(request, file, task),
      )
    },
    bring,
    preview: (id: string, split: 'train' | 'verification' | 'test', offset: number, count: number) =>
      engine.run('preview', { data: locationOf(id), split, offset, count }),
    /** Scores the model on some samples: at chance level the preprocessing is most likely wrong. */
    async check({ id, modelId, task }: CheckRequest, signal?: AbortSignal) {
      const { metric, value, samples, classes } = await engine.run(
        'evaluate',
        { files: models.filesOf(modelId), data: locationOf(id), limit: checkedSamples, backend: 'auto' },
        createTask(context, task, signal).job,
      )
      const chance = metric === 'accuracy' && classes.length > 0 ? 100 / classes.length : null
      const plausible = value === null || chance === null || value > guessedAtMost(classes.length, samples)
      return { metric: value, name: metric, chance, samples, plausible }
    },
    /** Takes the data at another place for the same, if its hash says so. @throws CONFLICT where it is other data */
    relocate: async (
      id: string,
      given: GivenFile & { task?: string | undefined },
      signal?: AbortSignal,
    ): Promise<Dataset> => {
      const { name: known, path: was, hash, mean, std } = store.datasets.get(id)
      return withLocalFile(given, async ({ path, uploaded }) => {
        // The hash is also over the name of a single file, and a renamed file is still the same data.
        const single = (await stat(path)).isFile()
        const data = { path, mean, std, ...(single ? { name: basename(was) } : {}) }
        const task = createTask(context, given.task, signal)
        const { dataset } = await engine.run('probe', { data, samples: 0 }, task.job)
        task.check()
        if (dataset.hash !== hash) {
          throw new EspalierError(
            'CONFLICT',
            `This is not the data that "${known}" was made from: the content differs. Choose the original, or import this as a data set of its own.`,
          )
        }
        const artifact =
          uploaded || (single && basename(path) !== basename(was)) ? (await artifacts.putFile(path)).hash : null
        const placed = store.datasets.setPlace(id, artifact === null ? path : basename(was), artifact)
        projectChanged(context, placed.projectId)
        return placed
      })
    },
    remove: (id: string): Dataset => setDeleted(id, new Date().toISOString()),
    restore: (id: string): Dataset => setDeleted(id, null),
  }
}
export type DatasetService = ReturnType<typeof datasetService>
