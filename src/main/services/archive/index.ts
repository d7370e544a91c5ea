/** Whole projects out and in: one zip with everything that is needed to look at them, and to go on, elsewhere. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import type { ServiceContext } from '../context'
import { fileNameOf } from '../file-names'
import { type GivenFile, withLocalFile } from '../uploads'
import { archiveReader, type OpenedArchive } from './read'
import { archiveWriter, type DataChoice } from './write'

/** What a page can be handed in one message. */
const mostForPage = 1024 ** 3

interface Written {
  readonly fileName: string
  readonly path: string | null
  readonly bytes: number
  readonly file: Blob | null
}

export function archiveService(context: ServiceContext) {
  const write = archiveWriter(context)
  const read = archiveReader(context)
  return {
    /** Into `path`, or as a file where there is none. @throws DISK_FULL, FILE_NOT_FOUND, FILE_TOO_LARGE */
    async write(projectId: string, { data, path }: { data: DataChoice; path?: string | undefined }): Promise<Written> {
      const fileName = `${fileNameOf(context.store.projects.get(projectId).name)}.espalier.zip`
      if (path !== undefined) return { fileName, path, bytes: await write(projectId, path, data), file: null }
      const folder = await mkdtemp(join(tmpdir(), 'espalier-archive-'))
      try {
        const temporary = join(folder, fileName)
        const bytes = await write(projectId, temporary, data)
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
    open: (given: GivenFile): Promise<OpenedArchive> => withLocalFile(given, ({ path }) => read(path)),
  }
}
