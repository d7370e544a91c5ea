/** Writes one zip file piece by piece, so that an archive may be larger than the memory. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { EspalierError } from '../../contract/errors'
import { diskError, moveIntoPlace } from './atomic'
import { passed, type Watch } from './watch'

export interface ZipEntry {
  readonly name: string
  readonly bytes: number
  /** Of the content, not of what lies in the zip. */
  readonly sha256: string
}

/** Readers without the 64-bit extension stop here, and so does this writer. */
const mostBytes = 0xffff_ffff
const mostEntries = 0xffff

const tooLarge = (): EspalierError =>
  new EspalierError(
    'FILE_TOO_LARGE',
    'An archive can hold at most 4 GB and 65 535 files, and this project is larger. Write the archive without the data files, and copy the data by itself.',
  )

export class ZipWriter {
  readonly entries: ZipEntry[] = []
  private readonly zip: Zip
  private waiting: Uint8Array[] = []
  private written = 0

  constructor(
    private readonly handle: FileHandle,
    private readonly watch: Watch = {},
  ) {
    this.zip = new Zip((error, chunk) => {
      if (error) throw error
      this.waiting.push(chunk)
    })
  }

  /** Bytes in the file so far. */
  get bytes(): number {
    return this.written
  }

  private async drain(): Promise<void> {
    const chunks = this.waiting
    this.waiting = []
    for (const chunk of chunks) {
      await this.handle.writeFile(chunk)
      this.written += chunk.length
    }
    if (this.written > mostBytes) throw tooLarge()
  }

  /** Text shrinks; weights and pictures do not, so they are only copied. */
  private begin(name: string, shrink: boolean): ZipDeflate | ZipPassThrough {
    if (this.entries.length >= mostEntries) throw tooLarge()
    const entry = shrink ? new ZipDeflate(name, { level: 6 }) : new ZipPassThrough(name)
    this.zip.add(entry)
    return entry
  }

  async add(name: string, content: Uint8Array, shrink = true): Promise<void> {
    this.begin(name, shrink).push(content, true)
    this.entries.push({ name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') })
    await this.drain()
    passed(this.watch, content.length)
  }

  /** @throws FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED */
  async addFile(name: string, path: string): Promise<ZipEntry> {
    const entry = this.begin(name, false)
    const hash = createHash('sha256')
    let bytes = 0
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
        hash.update(chunk as Buffer)
        bytes += (chunk as Buffer).length
        entry.push(chunk as Buffer)
        await this.drain()
        passed(this.watch, (chunk as Buffer).length)
      }
    } catch (error) {
      throw diskError(error, path)
    }
    entry.push(new Uint8Array(0), true)
    await this.drain()
    const added = { name, bytes, sha256: hash.digest('hex') }
    this.entries.push(added)
    return added
  }

  async end(): Promise<void> {
    this.zip.end()
    await this.drain()
  }
}

/**
 * Fills a zip at `path`: all of it or nothing. Answers its size in bytes.
 * @throws DISK_FULL, FILE_UNREADABLE, FILE_TOO_LARGE, CANCELLED
 */
export async function writeZip(
  path: string,
  fill: (zip: ZipWriter) => Promise<void>,
  watch: Watch = {},
): Promise<number> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`)
  try {
    await mkdir(dirname(path), { recursive: true })
    const handle = await open(temporary, 'wx')
    let bytes: number
    try {
      const zip = new ZipWriter(handle, watch)
      await fill(zip)
      await zip.end()
      await handle.sync()
      bytes = zip.bytes
    } finally {
      await handle.close()
    }
    await moveIntoPlace(temporary, path)
    return bytes
  } catch (error) {
    await rm(temporary, { force: true })
    throw diskError(error, path)
  }
}
