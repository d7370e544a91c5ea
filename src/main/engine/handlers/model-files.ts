/** Reads a model's files from the disk, verifying those whose hash is known and noting those that are found beside it. */
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import { type ReadModel, readModel } from '../../../engine/formats'
import { diskError, hashOf } from '../../artifacts/index'
import type { ModelFile } from '../jobs'

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
    throw new EspalierError(
      'STORE_CORRUPT',
      `The stored copy of ${file.name} does not match its checksum, so it was not used. The disk may be failing; import the original file again.`,
    )
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

export interface OpenedModel extends ReadModel {
  /** Every file that was read, with its hash, the primary one first. */
  readonly files: ModelFile[]
}

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE, STORE_CORRUPT and what the format's reader raises */
export async function openModel(files: readonly ModelFile[]): Promise<OpenedModel> {
  const read: ModelFile[] = []
  const load = async (file: ModelFile): Promise<Uint8Array> => {
    const bytes = await readVerified(file)
    if (!read.some(({ name }) => name === file.name)) read.push({ ...file, hash: hashOf(bytes) })
    return bytes
  }
  const first = files[0] as ModelFile
  const bytes = await load(first)
  const stored = first.hash !== undefined
  const model = await readModel({ name: first.name, bytes }, (name) => {
    const known = files.find((file) => file.name === name)
    if (known) return load(known)
    if (stored) {
      throw new EspalierError('FILE_NOT_FOUND', `The stored model lacks its file "${name}". Import the model again.`)
    }
    return load(beside(first, name))
  })
  return { ...model, files: read }
}
