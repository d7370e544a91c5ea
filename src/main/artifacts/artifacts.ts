/** Content-addressed files: a file's name is the SHA-256 of its bytes, so that it is stored once and can be verified. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { EspalierError } from '../../contract/errors'
import { diskError, moveIntoPlace } from './atomic'
import { passed, type Watch } from './watch'

export interface Artifact {
  readonly hash: string
  readonly bytes: number
}

const hashPattern = /^[0-9a-f]{64}$/

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** SHA-256 of a file, read in pieces. @throws FILE_NOT_FOUND, FILE_UNREADABLE */
export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  } catch (error) {
    throw diskError(error, path)
  }
  return hash.digest('hex')
}

const damaged = (hash: string): EspalierError =>
  new EspalierError(
    'STORE_CORRUPT',
    `The stored file ${hash.slice(0, 12)}… does not match its checksum, so it was not used. The disk may be failing; import the original file again.`,
  )

export interface CollectOptions {
  /** Hashes that any row of the store names. */
  readonly referenced: ReadonlySet<string>
  /** Younger files stay: their row may be about to be written, here or by another process. */
  readonly graceMs: number
}

/** The files under one folder, in 256 sub-folders by the first two digits of the hash. */
export class ArtifactStore {
  private readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Where an artifact lies; for handing to the engine, which verifies the hash itself. */
  pathOf(hash: string): string {
    if (!hashPattern.test(hash)) throw new EspalierError('NOT_FOUND', `"${hash}" is not the name of a stored file.`)
    return join(this.folder, hash.slice(0, 2), hash)
  }

  /** Stores bytes; storing the same twice costs one file. @throws DISK_FULL */
  put(bytes: Uint8Array): Promise<Artifact> {
    return this.store(async (handle) => {
      await handle.writeFile(bytes)
      return { hash: hashOf(bytes), bytes: bytes.byteLength }
    })
  }

  /** Copies a file in, reading it once and in pieces. @throws FILE_NOT_FOUND, FILE_UNREADABLE, DISK_FULL, CANCELLED */
  async putFile(path: string, watch: Watch = {}): Promise<Artifact> {
    try {
      return await this.store(async (handle) => {
        const hash = createHash('sha256')
        let bytes = 0
        for await (const chunk of createReadStream(path)) {
          passed(watch, (chunk as Buffer).length)
          hash.update(chunk as Buffer)
          bytes += (chunk as Buffer).length
          await handle.writeFile(chunk as Buffer)
        }
        return { hash: hash.digest('hex'), bytes }
      })
    } catch (error) {
      throw diskError(error, path)
    }
  }

  async has(hash: string): Promise<boolean> {
    try {
      return (await stat(this.pathOf(hash))).isFile()
    } catch {
      return false
    }
  }

  /** Reads and verifies. @throws FILE_NOT_FOUND, STORE_CORRUPT */
  async read(hash: string): Promise<Uint8Array> {
    const path = this.pathOf(hash)
    let bytes: Buffer
    try {
      bytes = await readFile(path)
    } catch (error) {
      throw diskError(error, path)
    }
    if (hashOf(bytes) !== hash) throw damaged(hash)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Deletes what nothing refers to; returns the bytes that came free. */
  async collect({ referenced, graceMs }: CollectOptions): Promise<number> {
    const oldest = Date.now() - graceMs
    let freed = 0
    for (const folder of await this.list(this.folder)) {
      for (const name of await this.list(join(this.folder, folder))) {
        if (referenced.has(name)) continue
        const path = join(this.folder, folder, name)
        const { mtimeMs, size } = await stat(path)
        if (mtimeMs > oldest) continue
        await rm(path)
        freed += size
      }
    }
    return freed
  }

  /** Bytes of all artifacts. */
  async size(): Promise<number> {
    let bytes = 0
    for (const folder of await this.list(this.folder)) {
      for (const name of await this.list(join(this.folder, folder))) {
        bytes += (await stat(join(this.folder, folder, name))).size
      }
    }
    return bytes
  }

  private async list(folder: string): Promise<string[]> {
    try {
      return await readdir(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  private async store(fill: (handle: Awaited<ReturnType<typeof open>>) => Promise<Artifact>): Promise<Artifact> {
    const incoming = join(this.folder, 'incoming')
    const temporary = join(incoming, randomUUID())
    try {
      await mkdir(incoming, { recursive: true })
      const handle = await open(temporary, 'wx')
      let artifact: Artifact
      try {
        artifact = await fill(handle)
        await handle.sync()
      } finally {
        await handle.close()
      }
      const path = this.pathOf(artifact.hash)
      // An artifact that is there already but damaged is mended by the fresh copy.
      await mkdir(join(path, '..'), { recursive: true })
      await moveIntoPlace(temporary, path)
      await utimes(path, new Date(), new Date())
      return artifact
    } catch (error) {
      await rm(temporary, { force: true })
      throw diskError(error, this.folder)
    }
  }
}
