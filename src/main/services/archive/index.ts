/** Whole projects out and in: one zip with everything that is needed to look at them, and to go on, elsewhere. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import type { Watch } from '../../artifacts/index'
import type { ServiceContext } from '../context'
import { folderBytes } from '../disk'
import { fileNameOf } from '../file-names'
import { type GivenFile, withLocalFile } from '../uploads'
import { archiveReader, type OpenedArchive } from './read'
import { archiveWriter, type DataChoice } from './write'

/** What a page can be handed in one message. */
const mostForPage = 1024 ** 3

interface WriteRequest {
  readonly data: DataChoice
  readonly path?: string | undefined
  /** Name under which `task-progress` tells how far it is. */
  readonly task?: string | undefined
}

/** Told a percent at a time: an event a megabyte would be more events than progress. */
function watched(
  { events }: ServiceContext,
  task: string | undefined,
  signal: AbortSignal | undefined,
  total: number,
): Watch {
  let done = 0
  let told = 0
  return {
    signal,
    onBytes(bytes) {
      done += bytes
      const fraction = Math.min(1, done / Math.max(1, total))
      if (task === undefined || fraction - told < 0.01) return
      told = fraction
      events.emit({ type: 'task-progress', task, fraction })
    },
  }
}

interface Written {
  readonly fileName: string
  readonly path: string | null
  readonly bytes: number
  readonly file: Blob | null
}

export function archiveService(context: ServiceContext) {
  const write = archiveWriter(context)
  const read = archiveReader(context)

  /** About what will be copied; documents are small beside models and data. */
  const expectedBytes = async (projectId: string, data: DataChoice): Promise<number> => {
    const { store, artifacts } = context
    const hashes = new Set(
      store.models.list(projectId).flatMap(({ id }) => store.models.files(id).map(({ hash }) => hash)),
    )
    let bytes = 4096 * store.runs.list(projectId).length
    for (const dataset of store.datasets.list(projectId)) {
      const artifact = store.datasets.artifact(dataset.id)
      if (artifact !== null) hashes.add(artifact)
      // What is not there is told by the copying itself.
      else if (data === 'files' && !dataset.missing) bytes += await folderBytes(dataset.path).catch(() => 0)
    }
    for (const hash of hashes) bytes += (await stat(artifacts.pathOf(hash)).catch(() => ({ size: 0 }))).size
    return bytes
  }
  return {
    /**
     * Into `path`, or as a file where there is none.
     * @throws DISK_FULL, FILE_NOT_FOUND, FILE_TOO_LARGE, CANCELLED
     */
    async write(projectId: string, { data, path, task }: WriteRequest, signal?: AbortSignal): Promise<Written> {
      const fileName = `${fileNameOf(context.store.projects.get(projectId).name)}.espalier.zip`
      const watch = watched(context, task, signal, task === undefined ? 0 : await expectedBytes(projectId, data))
      if (path !== undefined) return { fileName, path, bytes: await write(projectId, path, data, watch), file: null }
      const folder = await mkdtemp(join(tmpdir(), 'espalier-archive-'))
      try {
        const temporary = join(folder, fileName)
        const bytes = await write(projectId, temporary, data, watch)
        if ((await stat(temporary)).size > mostForPage) {
          throw new EspalierError(
            'FILE_TOO_LARGE',
            'This archive is larger than 1 GB, more than a browser can be handed at once. Leave the data files out, or write it from the desktop window.',
          )
        }
        const file = new Blob([(await readFile(temporary)) as Uint8Array<ArrayBuffer>], { type: 'application/zip' })
        return { fileName, path: null, bytes, file }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    /** @throws FORMAT_UNKNOWN, FILE_TRUNCATED, DATA_INVALID, DISK_FULL, FILE_NOT_FOUND, CANCELLED */
    open: (
      { task, ...given }: GivenFile & { task?: string | undefined },
      signal?: AbortSignal,
    ): Promise<OpenedArchive> =>
      withLocalFile(given, ({ path }) => read(path, (bytes) => watched(context, task, signal, bytes))),
  }
}
