/** Reads data from the disk for the engine, and keeps the last data set open, because screens ask for it in pieces. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import { type DataSource, type FileAccess, openData } from '../../../engine/data'
import { fileAccess } from '../../artifacts/file-access'
import { diskError } from '../../artifacts/index'
import type { DataLocation } from '../jobs'

/** One file under the name it had when it was imported, because the name is part of the data's hash. */
const renamed = (access: FileAccess, name: string): FileAccess => ({
  list: async () => [name],
  read: async () => access.read((await access.list())[0] as string),
})

export interface Reading {
  readonly signal: AbortSignal
  /** 0..1 by the files that were read. */
  readonly onRead: (fraction: number) => void
}

/** A folder of many images takes minutes to read: tells how far it is, and stops where it was called off. */
async function watched(access: FileAccess, { signal, onRead }: Reading): Promise<FileAccess> {
  const names = await access.list()
  const read = new Set<string>()
  return {
    list: async () => names,
    async read(name) {
      if (signal.aborted) throw new EspalierError('CANCELLED', 'This was cancelled, and nothing of it was kept.')
      const bytes = await access.read(name)
      read.add(name)
      onRead(read.size / Math.max(1, names.length))
      return bytes
    },
  }
}

async function open(location: DataLocation, reading: Reading | undefined): Promise<DataSource> {
  const { path, name, mean, std, hash } = location
  const plain = await fileAccess(path)
  const access = reading ? await watched(plain, reading) : plain
  const source = await openData(name === undefined ? access : renamed(access, basename(name)), {
    ...(mean && mean.length > 0 ? { mean } : {}),
    ...(std && std.length > 0 ? { std } : {}),
  })
  if (hash !== undefined && source.hash !== hash) {
    throw new EspalierError(
      'CONFLICT',
      `The data at ${path} has changed since it was imported, so results on it could not be compared with earlier ones. Import it again as a new data set.`,
    )
  }
  return source
}

let kept: { key: string; source: Promise<DataSource> } | null = null

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED, CONFLICT for changed data, and what the data's reader raises */
export async function openLocation(location: DataLocation, reading?: Reading): Promise<DataSource> {
  const { mtimeMs, size } = await stat(location.path).catch((error: unknown) => {
    throw diskError(error, location.path)
  })
  const key = JSON.stringify([location, mtimeMs, size])
  if (kept?.key === key) return kept.source
  const source = open(location, reading)
  kept = { key, source }
  // A failure is not kept: the file may be mended and looked at again.
  source.catch(() => {
    if (kept?.source === source) kept = null
  })
  return source
}
