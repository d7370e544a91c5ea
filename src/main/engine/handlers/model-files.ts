/** Reads a model's files from the disk, verifying those whose hash is known and noting those that are found beside it. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import { type FileRange, type ReadModel, readModel } from '../../../engine/formats'
import { diskError, hashOf } from '../../artifacts/index'
import type { ModelFile } from '../jobs'

const changed = (file: ModelFile) =>
  new EspalierError(
    'STORE_CORRUPT',
    `The stored copy of ${file.name} does not match its checksum, so it was not used. The disk may be failing; import the original file again.`,
  )

async function readVerified(file: ModelFile): Promise<Uint8Array> {
  let bytes: Buffer
  try {
    bytes = await readFile(file.path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
      throw new EspalierError(
        'FILE_UNREADABLE',
        `${file.name} is a folder, but a file is needed. Choose the file in it.`,
        error,
      )
    }
    if (error instanceof RangeError) {
      throw new EspalierError('FILE_TOO_LARGE', `${file.name} is too large to be read into memory.`, error)
    }
    throw diskError(error, file.path)
  }
  if (file.hash !== undefined && hashOf(bytes) !== file.hash) {
    throw changed(file)
  }
  return bytes
}

/** A name inside a model must not lead out of the model's folder. */
const beside = (first: ModelFile, name: string): ModelFile => {
  const path = normalize(name)
  if (isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)) {
    throw new EspalierError(
      'MODEL_INVALID',
      `${first.name} asks for the file "${name}", which lies outside its own folder. It was not read; save the network anew with its weights beside it.`,
    )
  }
  return { name, path: join(dirname(first.path), path) }
}

/** Files above this are read in the parts that are asked for: no runtime holds them as one. */
const wholeUpTo = 2 ** 30

/** @throws FILE_TRUNCATED, FILE_NOT_FOUND, FILE_UNREADABLE */
async function readPart(file: ModelFile, { offset, length }: FileRange): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  try {
    const handle = await open(file.path, 'r')
    try {
      let at = 0
      while (at < length) {
        const { bytesRead } = await handle.read(bytes, at, Math.min(wholeUpTo, length - at), offset + at)
        if (bytesRead === 0) break
        at += bytesRead
      }
      if (at === length) return bytes
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw diskError(error, file.path)
  }
  throw new EspalierError(
    'FILE_TRUNCATED',
    `${file.name} ends before byte ${offset + length}, where the network has its weights. Copy it again, completely.`,
  )
}

async function hashOfLarge(file: ModelFile): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(file.path)) hash.update(part as Buffer)
  return hash.digest('hex')
}

export interface OpenedModel extends ReadModel {
  /** Every file that was read, with its hash (where these are wanted or were given), the primary one first. */
  readonly files: ModelFile[]
}

/**
 * @param options `hashes`: false spares files without a known hash a pass over all their bytes
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, STORE_CORRUPT and what the format's reader raises
 */
export async function openModel(
  files: readonly ModelFile[],
  { hashes = true }: { readonly hashes?: boolean } = {},
): Promise<OpenedModel> {
  const read: ModelFile[] = []
  const load = async (file: ModelFile, range?: FileRange): Promise<Uint8Array> => {
    const { size } = range ? await stat(file.path).catch(() => ({ size: 0 })) : { size: 0 }
    if (range && size > wholeUpTo && range.offset + range.length <= size) {
      if (!read.some(({ name }) => name === file.name)) {
        const hash = hashes || file.hash !== undefined ? await hashOfLarge(file) : undefined
        if (file.hash !== undefined && file.hash !== hash) throw changed(file)
        read.push(hash === undefined ? file : { ...file, hash })
      }
      return readPart(file, range)
    }
    const bytes = await readVerified(file)
    if (!read.some(({ name }) => name === file.name)) {
      read.push(hashes && file.hash === undefined ? { ...file, hash: hashOf(bytes) } : file)
    }
    return bytes
  }
  const first = files[0] as ModelFile
  const bytes = await load(first)
  const stored = first.hash !== undefined
  const model = await readModel({ name: first.name, bytes, movable: true }, (name, range) => {
    const known = files.find((file) => file.name === name)
    if (known) return load(known, range)
    if (stored) {
      throw new EspalierError('FILE_NOT_FOUND', `The stored model lacks its file "${name}". Import the model again.`)
    }
    return load(beside(first, name), range)
  })
  return { ...model, files: read }
}
