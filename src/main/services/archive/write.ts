/** Writes a whole project as one zip: documents, models, and the data or where it lies. */
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Comparison, Dataset, Run } from '../../../contract/entities'
import { fileAccess } from '../../artifacts/file-access'
import { type Watch, writeZip, type ZipWriter } from '../../artifacts/index'
import type { ServiceContext } from '../context'
import { arrangementOf } from './arrangement'
import {
  archiveFormat,
  archiveVersion,
  type Manifest,
  type ProjectDocument,
  places,
  type RunDocument,
} from './manifest'

export type DataChoice = 'references' | 'files'

const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** Its kept steps stay behind, so what was under way goes on from the beginning elsewhere. */
const settled = (run: Run): Run =>
  run.status === 'queued' || run.status === 'running'
    ? { ...run, status: 'interrupted', progress: null, etaSeconds: null, finishedAt: run.finishedAt ?? run.heardAt }
    : run

export function archiveWriter({ store, artifacts, product }: ServiceContext) {
  const addArtifact = async (zip: ZipWriter, hash: string, done: Set<string>): Promise<void> => {
    if (done.has(hash)) return
    done.add(hash)
    const entry = await zip.addFile(places.file(hash), artifacts.pathOf(hash))
    // Throws where the stored file is not what its name says: a damaged one must not travel.
    if (entry.sha256 !== hash) await artifacts.read(hash)
  }

  type Entry = ProjectDocument['datasets'][number]
  const addData = async (zip: ZipWriter, dataset: Dataset, choice: DataChoice, done: Set<string>): Promise<Entry> => {
    const artifact = store.datasets.artifact(dataset.id)
    if (artifact !== null) {
      // What the workbench alone holds cannot be referred to, so it always comes along.
      await addArtifact(zip, artifact, done)
      return { ...dataset, content: 'file', file: artifact }
    }
    if (choice === 'references' || dataset.missing) return { ...dataset, content: 'reference', file: null }
    const access = await fileAccess(dataset.path)
    if ((await stat(dataset.path)).isDirectory()) {
      for (const name of await access.list()) await zip.addFile(places.data(dataset.id, name), join(dataset.path, name))
      return { ...dataset, path: basename(dataset.path), content: 'folder', file: null }
    }
    const name = basename(dataset.path)
    const { sha256 } = await zip.addFile(places.data(dataset.id, name), dataset.path)
    return { ...dataset, path: name, content: 'file', file: sha256 }
  }

  /** What is not in the trash, and what of it something else still needs. */
  const gather = (projectId: string) => {
    const runs = store.runs.list(projectId)
    const exports = store.exports.list(projectId)
    const needed = new Set([
      ...runs.flatMap((run) => [run.modelId, run.datasetId]),
      ...exports.map((one) => one.modelId),
    ])
    const all = <T extends { id: string }>(list: (projectId: string, deleted?: boolean) => T[]): T[] => [
      ...list(projectId),
      ...list(projectId, true).filter(({ id }) => needed.has(id)),
    ]
    return { runs, exports, models: all(store.models.list), datasets: all(store.datasets.list) }
  }

  /** Runs of other projects stay behind, and so does a comparison that had no others. */
  const ownOnly = (comparisons: readonly Comparison[], own: ReadonlySet<string>): Comparison[] =>
    comparisons
      .map(({ runIds, baselineRunId, ...rest }) => ({
        ...rest,
        runIds: runIds.filter((id) => own.has(id)),
        baselineRunId: baselineRunId !== null && own.has(baselineRunId) ? baselineRunId : null,
      }))
      .filter(({ runIds }) => runIds.length > 0)

  /** Answers the size of the archive in bytes. @throws DISK_FULL, FILE_NOT_FOUND, FILE_TOO_LARGE, STORE_CORRUPT */
  return (projectId: string, path: string, choice: DataChoice, watch: Watch = {}): Promise<number> =>
    writeZip(
      path,
      async (zip) => {
        const { name, goal, tags, createdAt } = store.projects.get(projectId)
        const { runs, exports, models, datasets } = gather(projectId)
        const done = new Set<string>()
        for (const { id, status } of runs) {
          const over = status !== 'queued' && status !== 'running'
          const document: RunDocument = {
            run: settled(store.runs.get(id)),
            trace: over ? store.traces.get(id) : null,
            metrics: store.metrics.list(id),
            log: store.logs.list(id),
          }
          await zip.add(places.run(id), toBytes(document))
        }
        const withFiles: ProjectDocument['models'] = []
        for (const model of models) {
          const files = store.models.files(model.id)
          for (const { hash } of files) await addArtifact(zip, hash, done)
          withFiles.push({ ...model, files })
        }
        const withData: ProjectDocument['datasets'] = []
        for (const dataset of datasets) withData.push(await addData(zip, dataset, choice, done))
        const document: ProjectDocument = {
          project: { name, goal, tags, createdAt },
          models: withFiles,
          datasets: withData,
          runs: runs.map(({ id }) => id),
          comparisons: ownOnly(store.comparisons.list(projectId), new Set(runs.map(({ id }) => id))),
          // The files of an export lie on this machine; its proof travels.
          exports: exports.map((one) => ({ ...one, path: basename(one.path) })),
          arrangement: arrangementOf(store.settings.get().layouts, projectId, new Set(runs.map(({ id }) => id))),
        }
        await zip.add(places.project, toBytes(document))
        const manifest: Manifest = {
          format: archiveFormat,
          version: archiveVersion,
          product,
          createdAt: new Date().toISOString(),
          entries: zip.entries,
        }
        await zip.add(places.manifest, toBytes(manifest))
      },
      watch,
    )
}
