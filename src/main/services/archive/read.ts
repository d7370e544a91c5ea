/** Opens a project archive: everything is verified before anything is written, and nothing half arrives. */
import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Dataset, Project } from '../../../contract/entities'
import { EspalierError } from '../../../contract/errors'
import { type Watch, ZipReader } from '../../artifacts/index'
import { projectChanged, type ServiceContext } from '../context'
import { layoutsOf } from './arrangement'
import {
  archiveVersion,
  type Manifest,
  manifestSchema,
  type ProjectDocument,
  places,
  projectDocumentSchema,
  type RunDocument,
  runDocumentSchema,
} from './manifest'

/** Runs written in one transaction, so that other windows are not held up. */
const runsAtOnce = 50

export interface OpenedArchive {
  readonly project: Project
  /** Names of data sets whose data is not on this machine. */
  readonly missing: string[]
}

const invalid = (what: string, cause?: unknown): EspalierError =>
  new EspalierError(
    'DATA_INVALID',
    `This archive does not hold together: ${what}. Nothing was taken from it; write it again on the machine it came from.`,
    cause,
  )

async function readDocument<T extends z.ZodType>(zip: ZipReader, name: string, schema: T): Promise<z.infer<T>> {
  const bytes = await zip.read(name)
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (error) {
    throw invalid(`${name} is not what it should be`, error)
  }
}

const laterSchema = z.looseObject({ version: z.number() })

async function readManifest(zip: ZipReader): Promise<Manifest> {
  if (zip.sizeOf(places.manifest) === undefined) {
    throw new EspalierError(
      'FORMAT_UNKNOWN',
      'This zip is no Espalier project: it has no manifest. Choose a file that "Export project" wrote.',
    )
  }
  const { version } = await readDocument(zip, places.manifest, laterSchema)
  if (version > archiveVersion) {
    throw new EspalierError(
      'FORMAT_UNKNOWN',
      'This archive was written by a newer Espalier than this one. Update this Espalier, then open it again.',
    )
  }
  return readDocument(zip, places.manifest, manifestSchema)
}

/** Names of projects are no longer than 200 letters. */
const longestName = 190

/** The name, or the first numbered one that no other project has: two cards of one name would be told apart by nothing. */
function besideOthers(name: string, taken: ReadonlySet<string>): string {
  let [free, number] = [name, 1]
  while (taken.has(free)) free = `${name.slice(0, longestName)} (${++number})`
  return free
}

/** A name that can only lie below the folder it is put into. */
const isSafe = (name: string): boolean =>
  !name.includes('\\') &&
  !name.includes('\0') &&
  !name.includes(':') &&
  name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

/** What the directory names and what the manifest names must be the same, with the same sizes. */
function requireSameEntries(zip: ZipReader, { entries }: Manifest): void {
  const listed = new Set([places.manifest, ...entries.map(({ name }) => name)])
  if (listed.size !== entries.length + 1) throw invalid('its manifest names a file twice')
  const extra = zip.names.find((name) => !listed.has(name))
  if (extra !== undefined || zip.names.length !== listed.size)
    throw invalid('its files are not those of its manifest', extra)
  for (const { name, bytes } of entries) {
    if (!isSafe(name)) throw invalid('it names a file outside of itself', name)
    if (zip.sizeOf(name) !== bytes) throw invalid(`${name} has not the size that its manifest says`)
  }
}

export function archiveReader(context: ServiceContext) {
  const { store, artifacts, engine, layout } = context

  /** Large files go to a folder beside their place while they are verified; documents are only verified. */
  const verify = async (zip: ZipReader, manifest: Manifest, staging: string, watch: Watch): Promise<void> => {
    for (const { name, sha256 } of manifest.entries) {
      const large = name.startsWith('files/') || name.startsWith('data/')
      const place = join(staging, ...name.split('/'))
      const found = large ? await zip.extract(name, place, watch) : await zip.digest(name, watch)
      if (found.sha256 !== sha256) throw invalid(`${name} does not match its checksum`)
    }
  }

  const isHere = async ({ path, kind, hash, mean, std }: Dataset): Promise<boolean> => {
    try {
      await engine.run('probe', { data: { path, kind, hash, mean, std }, samples: 0 })
      return true
    } catch (error) {
      // Whatever is wrong with it (not there, unreadable, other data), it cannot be worked with, and the screen says so.
      if (error instanceof EspalierError && error.code !== 'CANCELLED' && !error.code.startsWith('ENGINE')) return false
      throw error
    }
  }

  /** Puts a data set's files where they stay; answers its row. */
  const settle = async (
    zip: ZipReader,
    { content, file, ...dataset }: ProjectDocument['datasets'][number],
    id: string,
    staging: string,
  ): Promise<Dataset & { artifact: string | null }> => {
    const { missing: _missing, ...rest } = dataset
    if (content === 'file' && file !== null) {
      const name = basename(dataset.path)
      const own = places.data(dataset.id, name)
      const place = zip.sizeOf(own) === undefined ? places.file(file) : own
      const { hash } = await artifacts.putFile(join(staging, ...place.split('/')))
      if (hash !== file) throw invalid(`the data of ${dataset.name} is another one than it says`)
      return { ...rest, id, path: name, artifact: hash }
    }
    if (content === 'folder') {
      const path = join(layout.data, id)
      await rename(join(staging, 'data', dataset.id), path)
      return { ...rest, id, path, artifact: null }
    }
    return { ...rest, id, artifact: null, ...((await isHere(dataset)) ? {} : { missing: true }) }
  }

  const write = async (
    zip: ZipReader,
    document: ProjectDocument,
    projectId: string,
    staging: string,
  ): Promise<string[]> => {
    const { models, datasets, runs, comparisons, exports, arrangement } = document
    const names = new Map([...models, ...datasets].map(({ id }) => [id, randomUUID() as string]))
    for (const id of runs) names.set(id, randomUUID())
    const renamed = (id: string): string => {
      const found = names.get(id)
      if (found === undefined) throw invalid('it refers to something that it does not hold', id)
      return found
    }
    const ifThere = (id: string | null): string | null => (id === null ? null : (names.get(id) ?? null))

    for (const model of models) {
      for (const { hash } of model.files) {
        const stored = await artifacts.putFile(join(staging, ...places.file(hash).split('/')))
        if (stored.hash !== hash) throw invalid(`the file of ${model.name} is another one than it says`)
      }
      store.archive.addModel({ ...model, id: renamed(model.id), projectId })
    }
    const missing: string[] = []
    for (const dataset of datasets) {
      const row = await settle(zip, dataset, renamed(dataset.id), staging)
      if (row.missing) missing.push(row.name)
      store.archive.addDataset({ ...row, projectId })
    }
    const sweeps = new Map<string, string>()
    for (let first = 0; first < runs.length; first += runsAtOnce) {
      const batch: RunDocument[] = []
      for (const id of runs.slice(first, first + runsAtOnce)) {
        batch.push(await readDocument(zip, places.run(id), runDocumentSchema))
      }
      store.transaction(() => {
        for (const { run, trace, metrics, log } of batch) {
          const id = renamed(run.id)
          const sweepId = run.sweepId === null ? null : (sweeps.get(run.sweepId) ?? randomUUID())
          if (run.sweepId !== null && sweepId !== null) sweeps.set(run.sweepId, sweepId)
          store.archive.addRun({
            ...run,
            id,
            projectId,
            sweepId,
            modelId: renamed(run.modelId),
            datasetId: renamed(run.datasetId),
            resultModelId: ifThere(run.resultModelId),
          })
          if (trace) store.traces.put(id, trace)
          store.metrics.add(id, metrics)
          for (const line of log) store.logs.add(id, line)
        }
      })
    }
    store.transaction(() => {
      for (const model of models) {
        store.archive.setLineage(renamed(model.id), ifThere(model.parentId), ifThere(model.runId))
      }
      for (const one of comparisons) {
        store.archive.addComparison({
          ...one,
          id: randomUUID(),
          projectId,
          runIds: one.runIds.flatMap((id) => ifThere(id) ?? []),
          baselineRunId: ifThere(one.baselineRunId),
        })
      }
      for (const one of exports) {
        const ids = { id: randomUUID(), projectId, modelId: renamed(one.modelId), runId: ifThere(one.runId) }
        store.archive.addExport({ ...one, ...ids, path: basename(one.path) })
      }
      if (arrangement) store.settings.save({ layouts: layoutsOf(arrangement, projectId, ifThere) })
    })
    return missing
  }

  /**
   * @param watching told how many bytes there are to verify; the writing afterwards is quick and not cancelled
   * @throws FORMAT_UNKNOWN, FILE_TRUNCATED, DATA_INVALID, DISK_FULL, FILE_NOT_FOUND, CANCELLED
   */
  return async (path: string, watching: (bytes: number) => Watch = () => ({})): Promise<OpenedArchive> => {
    const staging = join(layout.data, `.incoming-${randomUUID()}`)
    const zip = await ZipReader.open(path)
    try {
      const manifest = await readManifest(zip)
      requireSameEntries(zip, manifest)
      const watch = watching(manifest.entries.reduce((sum, { bytes }) => sum + bytes, 0))
      await verify(zip, manifest, staging, watch)
      const document = await readDocument(zip, places.project, projectDocumentSchema)
      const projectId = randomUUID()
      store.archive.begin({ ...document.project, id: projectId })
      let missing: string[]
      try {
        missing = await write(zip, document, projectId, staging)
      } catch (error) {
        store.archive.drop(projectId)
        throw error
      }
      const taken = new Set(store.projects.list().map(({ name }) => name))
      store.archive.finish(projectId, besideOthers(document.project.name, taken))
      projectChanged(context, projectId)
      return { project: store.projects.get(projectId), missing }
    } finally {
      await zip.close()
      await rm(staging, { recursive: true, force: true })
    }
  }
}
