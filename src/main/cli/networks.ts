/** Networks alone, read and written, for commands that neither run them nor record anything: what starts fast. */
import { basename, resolve } from 'node:path'
import { EspalierError } from '../../contract/errors'
import { type ReadModel, writeModel } from '../../engine/formats'
import type { Graph } from '../../engine/graph/graph'
import { writeAtomically } from '../artifacts/atomic'
import { openModel as openFiles } from '../engine/handlers/model-files'

export const filesOf = (path: string) => [{ name: basename(path), path: resolve(path) }]

/** The network alone, for commands that record nothing. @throws as {@link openModel} */
export const openGraph = (path: string): Promise<ReadModel> => openFiles(filesOf(path), { hashes: false })

/** Writes a network as ONNX to exactly this path. @throws DISK_FULL, FILE_UNREADABLE */
export async function saveOnnx(graph: Graph, path: string): Promise<void> {
  const [file] = await writeModel(graph, 'onnx', 'model')
  if (!file) throw new EspalierError('EXPORT_FAILED', `The ONNX writer gave no file for ${path}.`)
  await writeAtomically(path, file.bytes)
}
