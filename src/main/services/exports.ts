/** Exports: files in the wanted formats, each run in an independent runtime, with the proof on record. */
import { randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { zip } from 'fflate'
import type { Export } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import type { exportFormats, precisions } from '../../contract/run'
import { say } from '../../contract/sentences'
import { requirePrecision } from '../../engine/formats/precision'
import { diskError } from '../artifacts/index'
import { projectChanged, type ServiceContext } from './context'
import type { DatasetService } from './datasets'
import { companionFiles, type KitFacts, type KitFile, recipeFiles } from './export-kit'
import { fileNameOf } from './file-names'
import type { ModelService } from './models'
import { createTask } from './tasks'

export interface ExportRequest {
  readonly modelId: string
  readonly datasetId: string | null
  readonly formats: (typeof exportFormats)[number][]
  readonly precision: (typeof precisions)[number]
  readonly folder?: string | undefined
  /** Base name of the files; absent: after the model. */
  readonly name?: string | undefined
  /** Name under which `task-progress` tells how far it is. */
  readonly task?: string | undefined
}

/** Every file of an export under the name it has inside the archive. */
async function filesOf(path: string): Promise<Record<string, Uint8Array>> {
  try {
    // TF.js is a folder: model.json and its shards belong together.
    const folder = (await stat(path)).isDirectory() ? path : basename(path) === 'model.json' ? dirname(path) : null
    if (folder === null) return { [basename(path)]: await readFile(path) }
    const entries = await readdir(folder, { withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    return Object.fromEntries(
      await Promise.all(
        files.map(async ({ name }) => [`${basename(folder)}/${name}`, await readFile(join(folder, name))] as const),
      ),
    )
  } catch (error) {
    throw diskError(error, path)
  }
}

const zipped = (files: Record<string, Uint8Array>): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    // Weights hardly shrink; a low level is quick.
    zip(files, { level: 1 }, (error, bytes) => (error ? reject(error) : resolve(bytes)))
  })

/** @throws FILE_NOT_FOUND where the files were moved away, or never were on this machine */
async function storedFiles({ path }: Export): Promise<Record<string, Uint8Array>> {
  if (isAbsolute(path)) return filesOf(path)
  throw new EspalierError(
    'FILE_NOT_FOUND',
    'The files of this export stayed on the machine where it was made; its proof came in an archive. Export the model again.',
  )
}

/** What a runtime opens: the model.json of a TF.js folder, the only file of the others. */
const primaryOf = (files: Record<string, Uint8Array>): string => {
  const names = Object.keys(files)
  return names.find((name) => /(\.onnx|\.keras|model\.json)$/.test(name)) ?? names[0] ?? ''
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)

async function archive(
  fileName: string,
  entries: Record<string, Uint8Array>,
): Promise<{ fileName: string; file: Blob }> {
  const bytes = await zipped(entries)
  return { fileName, file: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/zip' }) }
}

export function exportService(context: ServiceContext, models: ModelService, datasets: DatasetService) {
  const { store, engine, layout } = context

  const factsOf = async (item: Export, file: string): Promise<KitFacts> => {
    const model = store.models.get(item.modelId)
    const run = model.runId === null ? null : store.runs.get(model.runId)
    const dataset = run ? store.datasets.get(run.datasetId) : null
    return {
      item,
      file,
      model,
      inspection: (await models.view(model.id)).inspection,
      dataset,
      made: run && dataset ? { run, dataset, original: store.models.get(run.modelId) } : null,
    }
  }
  return {
    list: (projectId: string): Export[] => store.exports.list(projectId),
    /**
     * Into `folder`, or into the data folder where none is given; called off by `signal`, nothing is put on record.
     * @throws NOT_BUILT_YET for a precision that a format does not have, EXPORT_FAILED, PARITY_FAILED, DISK_FULL, CANCELLED
     */
    async create(request: ExportRequest, signal?: AbortSignal): Promise<Export[]> {
      for (const format of request.formats) requirePrecision(format, request.precision)
      const folder = request.folder?.replace(/^~(?=$|[/\\])/, homedir())
      // Where the program happens to have been started is no place that anybody finds again.
      if (folder !== undefined && !isAbsolute(folder)) {
        throw new EspalierError('BAD_USAGE', say('error.export-place', { path: folder }))
      }
      const model = store.models.get(request.modelId)
      const proofs = await engine.run(
        'export',
        {
          files: models.filesOf(model.id),
          // What it was pruned from, so that its latency stands beside it.
          original: model.parentId === null ? null : models.filesOf(model.parentId),
          data: request.datasetId === null ? null : datasets.locationOf(request.datasetId),
          formats: request.formats,
          precision: request.precision,
          folder: folder ?? join(layout.exports, randomUUID()),
          name: request.name ?? fileNameOf(model.name),
        },
        createTask(context, request.task, signal).job,
      )
      const { projectId, runId } = model
      const created = store.transaction(() =>
        proofs.map((proof) => {
          // The file's own stands with its proof. A network that nobody has timed is the same in full precision.
          const timed = proof.latency?.find(({ runtime }) => runtime.startsWith('onnxruntime'))
          if (runId !== null && timed && proof.precision === 'fp32' && !store.runs.brief(runId).latency) {
            store.runs.keepLatency(runId, { ...timed, of: 'file', at: new Date().toISOString() })
          }
          return store.exports.create({ projectId, runId, modelId: model.id, proof })
        }),
      )
      if (runId !== null) context.events.emit({ type: 'run-changed', run: store.runs.brief(runId) })
      projectChanged(context, projectId)
      return created
    },
    /** Code, proof and recipe of one export, to be read on the screen. */
    async kit(id: string): Promise<KitFile[]> {
      const item = store.exports.get(id)
      const facts = await factsOf(item, basename(item.path))
      return [...companionFiles(facts), ...recipeFiles(facts.made, [item.format], item.precision)]
    },
    /** The files of several exports of one model with code, proof and recipe as one zip. */
    async bundle(ids: readonly string[]): Promise<{ fileName: string; file: Blob }> {
      const items = ids.map((id) => store.exports.get(id))
      const [first] = items
      if (!first || items.some(({ modelId }) => modelId !== first.modelId)) {
        throw new EspalierError('CONFLICT', 'One archive holds the exports of one model. Choose such exports.')
      }
      const entries: Record<string, Uint8Array> = {}
      const formats: string[] = []
      for (const item of items) {
        const files = await storedFiles(item)
        // A later export of the same format stands for the earlier one.
        const facts = await factsOf(item, primaryOf(files))
        for (const [name, bytes] of Object.entries(files)) entries[`${item.format}/${name}`] = bytes
        for (const { name, content } of companionFiles(facts)) entries[`${item.format}/${name}`] = encoded(content)
        if (!formats.includes(item.format)) formats.push(item.format)
        for (const { name, content } of recipeFiles(facts.made, formats, item.precision))
          entries[name] = encoded(content)
      }
      return archive(`${fileNameOf(store.models.get(first.modelId).name)}.zip`, entries)
    },
    /** The files of one export with code, proof and recipe as one zip. @throws FILE_NOT_FOUND where they were moved away */
    async download(id: string): Promise<{ fileName: string; file: Blob }> {
      const item = store.exports.get(id)
      const files = await storedFiles(item)
      const facts = await factsOf(item, primaryOf(files))
      const texts = [...companionFiles(facts), ...recipeFiles(facts.made, [item.format], item.precision)]
      const entries = { ...files, ...Object.fromEntries(texts.map(({ name, content }) => [name, encoded(content)])) }
      return archive(`${fileNameOf(store.models.get(item.modelId).name)}-${item.format}.zip`, entries)
    },
  }
}
export type ExportService = ReturnType<typeof exportService>
