/** How the engine reaches data files without a file system, and the fingerprint over them. */
import { EspalierError } from '../../contract/errors'

export { truncatedData } from '../archive/inflate'

/** One file or one folder, as a shell hands it in. */
export interface FileAccess {
  /** Names of all files, relative to the folder, with `/` between parts; for a single file its own name. */
  list(): Promise<readonly string[]>
  /** @throws FILE_NOT_FOUND, FILE_UNREADABLE */
  read(name: string): Promise<Uint8Array>
}

/** Remembers what was read, so that the fingerprint needs no second pass over the disk. */
export class TrackedFiles implements FileAccess {
  private readonly digests = new Map<string, Promise<string>>()
  /** The file read last: telling a kind and opening it are two reads of the same bytes. */
  private last: { readonly name: string; readonly bytes: Uint8Array } | undefined
  private names: Promise<readonly string[]> | undefined

  constructor(private readonly files: FileAccess) {}

  list(): Promise<readonly string[]> {
    this.names ??= this.files.list().then((names) => [...names].sort())
    return this.names
  }

  async read(name: string): Promise<Uint8Array> {
    if (this.last?.name === name) return this.last.bytes
    const read = await this.files.read(name)
    // Without the ways of Node's Buffer, whose slice does not copy.
    const bytes = new Uint8Array(read.buffer, read.byteOffset, read.byteLength)
    if (!this.digests.has(name)) this.digests.set(name, sha256(bytes))
    this.last = { name, bytes }
    return bytes
  }

  /** SHA-256 over names and contents of the files that were read, in the order of their names. */
  async fingerprint(): Promise<string> {
    const lines: string[] = []
    for (const name of [...this.digests.keys()].sort()) lines.push(`${name} ${await this.digests.get(name)}\n`)
    return sha256(new TextEncoder().encode(lines.join('')))
  }
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

export const sha256 = async (bytes: Uint8Array): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))

export const invalidData = (sentence: string): never => {
  throw new EspalierError('DATA_INVALID', sentence)
}
