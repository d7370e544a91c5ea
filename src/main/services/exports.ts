/** Exports: files in the wanted formats, each run in an independent runtime, with the proof on record. */
import { randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { zip } from 'fflate'
import type { Export } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import type { exportFormats, precisions } from '../../contract/run'
import { diskError } from '../artifacts/index'
import { projectChanged, type ServiceContext } from './context'
import type { DatasetService } from './datasets'
import { fileNameOf } from './file-names'
import type { ModelService } from './models'

export interface ExportRequest {
  readonly modelId: string
  readonly datasetId: string | null
  readonly formats: (typeof exportFormats)[number][]
  readonly precision: (typeof precisions)[number]
  readonly folder?: string | undefined
  /** Base name of the files; absent: after the model. */
  readonly name?: string | undefined
}

function requireBuilt({ precision }: ExportRequest): void {
  if (precision !== 'fp32') {
    throw new EspalierError('NOT_BUILT_YET', `Export in ${precision} is not built yet in this version. Choose fp32.`)
  }
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

export function exportService(context: ServiceContext, models: ModelService, datasets: DatasetService) {
  const { store, engine, layout } = context
  return {
    list: (projectId: string): Export[] => store.exports.list(projectId),
    /** Into `folder`, or into the data folder where none is given. @throws EXPORT_FAILED, PARITY_FAILED, DISK_FULL */
    async create(request: ExportRequest): Promise<Export[]> {
      requireBuilt(request)
      const model = store.models.get(request.modelId)
      const proofs = await engine.run('export', {
        files: models.filesOf(model.id),
        data: request.datasetId === null ? null : datasets.locationOf(request.datasetId),
        formats: request.formats,
        precision: request.precision,
        folder: request.folder ?? join(layout.exports, randomUUID()),
        name: request.name ?? fileNameOf(model.name),
      })
      const { projectId, runId } = model
      const created = store.transaction(() =>
        proofs.map((proof) => store.exports.create({ projectId, runId, modelId: model.id, proof })),
      )
      projectChanged(context, projectId)
      return created
    },
    /** The exported files as one zip. @throws FILE_NOT_FOUND where they were moved away */
    async download(id: string): Promise<{ fileName: string; file: Blob }> {
      const { path, modelId, format } = store.exports.get(id)
      if (!isAbsolute(path)) {
        throw new EspalierError(
          'FILE_NOT_FOUND',
          'The files of this export stayed on the machine where it was made; its proof came in an archive. Export the model again.',
        )
      }
      const bytes = await zipped(await filesOf(path))
      const fileName = `${fileNameOf(store.models.get(modelId).name)}-${format}.zip`
      return { fileName, file: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/zip' }) }
    },
  }
}
export type ExportService = ReturnType<typeof exportService>
