/** The files a command names: networks with their hashes, and data, read through the engine's formats. */
import { createHash } from 'node:crypto'
import { fitToNetwork, openData as openSource } from '../../engine/data'
import type { DataSource } from '../../engine/data/types'
import type { ReadModel } from '../../engine/formats'
import type { Graph } from '../../engine/graph/graph'
import { fileAccess } from '../artifacts/file-access'
import { openModel as openFiles } from '../engine/handlers/model-files'
import { filesOf } from './networks'

export interface OpenedModel extends ReadModel {
  /** As it was given. */
  readonly path: string
  /** SHA-256 of the file; over the hashes of all its files where there are several. */
  readonly hash: string
}

export interface OpenedData {
  /** As it was given. */
  readonly path: string
  readonly source: DataSource
}

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE and whatever the format's reader raises */
export async function openModel(path: string): Promise<OpenedModel> {
  const { files, ...model } = await openFiles(filesOf(path))
  const hashes = files.map((file) => file.hash as string)
  const hash = hashes.length === 1 ? (hashes[0] as string) : createHash('sha256').update(hashes.join()).digest('hex')
  return { ...model, path, hash }
}

/** Data as it lies in the file, for networks that are yet to be made. @throws FILE_*, FORMAT_UNKNOWN, DATA_* */
export const openRawData = async (path: string): Promise<OpenedData> => ({
  path,
  source: await openSource(await fileAccess(path)),
})

/** Data laid out as the network reads it. @throws FILE_*, FORMAT_UNKNOWN, DATA_*, SHAPE_MISMATCH */
export async function openData(path: string, graph: Graph): Promise<OpenedData> {
  const { source } = await openRawData(path)
  return { path, source: fitToNetwork(source, graph) }
}
