/** The files a command names: networks and data, read through the engine's formats, and networks written. */
import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import { EspalierError } from '../../contract/errors'
import { fitToNetwork, openData as openSource } from '../../engine/data'
import type { DataSource } from '../../engine/data/types'
import { type ReadModel, writeModel } from '../../engine/formats'
import type { Graph } from '../../engine/graph/graph'
import { writeAtomically } from '../artifacts/atomic'
import { openModel as openFiles } from '../engine/handlers/model-files'
import { fileAccess } from '../services/files'

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

const filesOf = (path: string) => [{ name: basename(path), path: resolve(path) }]

/** The network alone, for commands that record nothing. @throws as {@link openModel} */
export const openGraph = (path: string): Promise<ReadModel> => openFiles(filesOf(path), { hashes: false })

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

/** Writes a network as ONNX to exactly this path. @throws DISK_FULL, FILE_UNREADABLE */
export async function saveOnnx(graph: Graph, path: string): Promise<void> {
  const [file] = await writeModel(graph, 'onnx', 'model')
  if (!file) throw new EspalierError('EXPORT_FAILED', `The ONNX writer gave no file for ${path}.`)
  await writeAtomically(path, file.bytes)
}
