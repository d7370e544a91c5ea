/** Reads a zip by its directory, entry by entry, so that an archive may be larger than the memory. */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import { EspalierError } from '../../contract/errors'
import { diskError } from './atomic'
import { passed, type Watch } from './watch'

interface Place {
  readonly method: number
  readonly compressed: number
  readonly size: number
  readonly header: number
}

export interface Extracted {
  readonly bytes: number
  readonly sha256: string
}

const endSignature = 0x06054b50
const directorySignature = 0x02014b50
const localSignature = 0x04034b50
const endSize = 22
const longestComment = 0xffff

const damaged = (cause: string): EspalierError =>
  new EspalierError(
    'FILE_TRUNCATED',
    'This archive is damaged or was not copied completely, so nothing was taken from it. Copy it again from where it came from.',
    cause,
  )

/** The file's last bytes hold the place of the directory. */
async function readDirectory(handle: FileHandle, length: number): Promise<Map<string, Place>> {
  const tail = Buffer.alloc(Math.min(length, endSize + longestComment))
  await handle.read(tail, 0, tail.length, length - tail.length)
  let end = tail.length - endSize
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end--
  if (end < 0) throw damaged('no end of directory')
  const count = tail.readUInt16LE(end + 10)
  const size = tail.readUInt32LE(end + 12)
  const start = tail.readUInt32LE(end + 16)
  if (start + size > length) throw damaged('the directory lies outside the file')
  const directory = Buffer.alloc(size)
  await handle.read(directory, 0, size, start)
  const places = new Map<string, Place>()
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + 46 > size || directory.readUInt32LE(at) !== directorySignature) throw damaged(`directory entry ${index}`)
    const [names, extra, comment] = [28, 30, 32].map((offset) => directory.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
    places.set(directory.toString('utf8', at + 46, at + 46 + names), {
      method: directory.readUInt16LE(at + 10),
      compressed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      header: directory.readUInt32LE(at + 42),
    })
    at += 46 + names + extra + comment
  }
  return places
}

export class ZipReader {
  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly places: ReadonlyMap<string, Place>,
  ) {}

  /** @throws FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_UNKNOWN, FILE_TRUNCATED */
  static async open(path: string): Promise<ZipReader> {
    let handle: FileHandle | undefined
    try {
      handle = await open(path, 'r')
      const { size } = await handle.stat()
      const head = Buffer.alloc(4)
      await handle.read(head, 0, 4, 0)
      if (head.toString('latin1', 0, 2) !== 'PK') {
        throw new EspalierError('FORMAT_UNKNOWN', 'This is no project archive: it does not begin like a zip file.')
      }
      return new ZipReader(path, handle, await readDirectory(handle, size))
    } catch (error) {
      await handle?.close()
      throw diskError(error, path)
    }
  }

  get names(): string[] {
    return [...this.places.keys()]
  }

  private async stream(name: string): Promise<{ place: Place; content: Readable }> {
    const place = this.places.get(name)
    if (!place) throw damaged(`${name} is not in it`)
    const header = Buffer.alloc(30)
    await this.handle.read(header, 0, 30, place.header)
    if (header.readUInt32LE(0) !== localSignature) throw damaged(`header of ${name}`)
    const start = place.header + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
    if (place.method !== 0 && place.method !== 8) throw damaged(`${name} is packed by method ${place.method}`)
    const raw: Readable =
      place.compressed === 0
        ? Readable.from([])
        : createReadStream(this.path, { start, end: start + place.compressed - 1 })
    if (place.method === 0) return { place, content: raw }
    const inflate = createInflateRaw()
    raw.once('error', (error) => inflate.destroy(error))
    return { place, content: raw.pipe(inflate) }
  }

  /** The size an entry says it has; undefined where it is not there. */
  sizeOf(name: string): number | undefined {
    return this.places.get(name)?.size
  }

  /** The whole content. @throws FILE_TRUNCATED where it is not what the directory says */
  async read(name: string): Promise<Uint8Array> {
    const chunks: Buffer[] = []
    await this.take(name, async (chunk) => {
      chunks.push(chunk)
    })
    return Buffer.concat(chunks)
  }

  /** Size and hash without keeping anything. */
  digest(name: string, watch: Watch = {}): Promise<Extracted> {
    return this.take(name, async () => {}, watch)
  }

  private async take(name: string, use: (chunk: Buffer) => Promise<void>, watch: Watch = {}): Promise<Extracted> {
    const { place, content } = await this.stream(name)
    const hash = createHash('sha256')
    let bytes = 0
    try {
      for await (const chunk of content) {
        bytes += (chunk as Buffer).length
        // A directory that lies about a size is a bomb or a fault; either way it ends here.
        if (bytes > place.size) throw damaged(`${name} is longer than it says`)
        hash.update(chunk as Buffer)
        await use(chunk as Buffer)
        passed(watch, (chunk as Buffer).length)
      }
    } catch (error) {
      content.destroy()
      throw error instanceof EspalierError ? error : damaged(`${name}: ${error}`)
    }
    if (bytes !== place.size) throw damaged(`${name} is shorter than it says`)
    return { bytes, sha256: hash.digest('hex') }
  }

  /** Writes an entry to a file. @throws DISK_FULL, FILE_TRUNCATED, CANCELLED */
  async extract(name: string, path: string, watch: Watch = {}): Promise<Extracted> {
    const { place, content } = await this.stream(name)
    const hash = createHash('sha256')
    let bytes = 0
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        hash.update(chunk)
        try {
          passed(watch, chunk.length)
          done(bytes > place.size ? damaged(`${name} is longer than it says`) : null, chunk)
        } catch (cancelled) {
          done(cancelled as Error)
        }
      },
    })
    try {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(content, meter, createWriteStream(path, { flags: 'wx' }))
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      throw code.startsWith('Z_') ? damaged(`${name}: ${code}`) : diskError(error, path)
    }
    if (bytes !== place.size) throw damaged(`${name} is shorter than it says`)
    return { bytes, sha256: hash.digest('hex') }
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}
