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

async function open(location: DataLocation): Promise<DataSource> {
  const { path, name, mean, std, hash } = location
  const access = await fileAccess(path)
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

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE, CONFLICT for changed data, and what the data's reader raises */
export async function openLocation(location: DataLocation): Promise<DataSource> {
  const { mtimeMs, size } = await stat(location.path).catch((error: unknown) => {
    throw diskError(error, location.path)
  })
  const key = JSON.stringify([location, mtimeMs, size])
  if (kept?.key === key) return kept.source
  const source = open(location)
  kept = { key, source }
  // A failure is not kept: the file may be mended and looked at again.
  source.catch(() => {
    if (kept?.source === source) kept = null
  })
  return source
}
