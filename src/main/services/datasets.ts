/** Data sets: looked at by the engine; left at their path, or copied in where they came through the page. */
import { randomUUID } from 'node:crypto'
import { cp, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Dataset } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import type { DataLocation } from '../engine/index'
import { projectChanged, type ServiceContext } from './context'
import type { ModelService } from './models'
import { type GivenFile, withLocalFile } from './uploads'

const probeSamples = 48
const checkedSamples = 512
/** A network that does no better than this many times chance is most likely fed with the wrong preprocessing. */
const plausibleTimesChance = 2

export interface ImportRequest extends GivenFile {
  readonly projectId: string
  readonly name?: string | undefined
  readonly mean?: number[] | undefined
  readonly std?: number[] | undefined
}

const normalisation = ({ mean, std }: { mean?: number[] | undefined; std?: number[] | undefined }) => ({
  ...(mean ? { mean } : {}),
  ...(std ? { std } : {}),
})

export function datasetService(context: ServiceContext, models: ModelService) {
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
    request: ImportRequest & { path: string; copy: boolean; fileName: string },
  ): Promise<Dataset> => {
    const { path, copy, fileName, projectId } = request
    const { dataset } = await engine.run('probe', {
      data: { path, ...(copy ? { name: fileName } : {}), ...normalisation(request) },
      samples: 0,
    })
    const artifact = copy ? (await artifacts.putFile(path)).hash : null
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
  const importFolder = async (request: ImportRequest, path: string): Promise<Dataset> => {
    const { dataset } = await engine.run('probe', { data: { path, ...normalisation(request) }, samples: 0 })
    const staging = join(layout.data, `.incoming-${randomUUID()}`)
    try {
      await cp(path, staging, { recursive: true })
      const { projectId, name = dataset.name } = request
      const created = store.datasets.create({ ...dataset, projectId, name, path: staging, artifact: null })
      const place = join(layout.data, created.id)
      await rename(staging, place)
      const placed = store.datasets.setPlace(created.id, place, null)
      projectChanged(context, projectId)
      return placed
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  }

  return {
    list: (projectId: string, deleted = false): Dataset[] => store.datasets.list(projectId, deleted),
    get: (id: string): Dataset => store.datasets.get(id),
    locationOf,
    importFrom,
    probe: (given: GivenFile) =>
      withLocalFile(given, ({ path }) => engine.run('probe', { data: { path }, samples: probeSamples }), 'folder'),
    import: async (request: ImportRequest): Promise<Dataset> => {
      store.projects.get(request.projectId)
      return withLocalFile(
        request,
        ({ path, name, uploaded }) =>
          request.files
            ? importFolder(request, path)
            : importFrom({ ...request, path, copy: uploaded, fileName: name }),
        'folder',
      )
    },
    preview: (id: string, split: 'train' | 'verification' | 'test', offset: number, count: number) =>
      engine.run('preview', { data: locationOf(id), split, offset, count }),
    /** Scores the model on some samples: at chance level the preprocessing is most likely wrong. */
    async check(id: string, modelId: string) {
      const { metric, value, samples, classes } = await engine.run('evaluate', {
        files: models.filesOf(modelId),
        data: locationOf(id),
        limit: checkedSamples,
        backend: 'auto',
      })
      const chance = metric === 'accuracy' && classes.length > 0 ? 100 / classes.length : null
      const plausible =
        value === null || chance === null || value >= Math.min(chance * plausibleTimesChance, 50 + chance / 2)
      return { metric: value, chance, samples, plausible }
    },
    /** Takes the data at another place for the same, if its hash says so. @throws CONFLICT where it is other data */
    relocate: async (id: string, given: GivenFile): Promise<Dataset> => {
      const { name: known, path: was, hash, mean, std } = store.datasets.get(id)
      return withLocalFile(given, async ({ path, uploaded }) => {
        // The hash is also over the name of a single file, and a renamed file is still the same data.
        const single = (await stat(path)).isFile()
        const data = { path, mean, std, ...(single ? { name: basename(was) } : {}) }
        const { dataset } = await engine.run('probe', { data, samples: 0 })
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
