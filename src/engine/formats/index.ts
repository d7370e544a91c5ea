/** Reading and writing of models: the public face of all formats. */
import { EspalierError } from '../../contract/errors'
import type { Sentence } from '../../contract/sentences'
import type { Graph } from '../graph/graph'
import { matchKeras, readKeras } from './keras/read'
import { writeKeras } from './keras/write'
import { matchOnnx, readOnnx, writeOnnxFiles } from './onnx'
import { requirePrecision } from './precision'
import {
  findFormat,
  type ModelFile,
  type ResolveFile,
  recogniseFormat,
  registerFormat,
  type WriteOptions,
} from './registry'
import { withoutStretching } from './stored-for-each'
import { matchTfjs, readTfjs } from './tfjs/read'

export * from './registry'

registerFormat({
  name: 'onnx',
  label: 'ONNX',
  match: matchOnnx,
  open: (file, resolve, notes) => readOnnx(file, resolve, notes),
  write: async (graph, name, options) => writeOnnxFiles(graph, name, options),
})

// Written from the program that the engine runs, which only the runtime makes: `writeTfjs` in formats/tfjs.
registerFormat({ name: 'tfjs', label: 'TensorFlow.js (model.json)', match: matchTfjs, open: readTfjs })

registerFormat({
  name: 'keras',
  label: 'Keras (.keras, .h5)',
  match: matchKeras,
  open: readKeras,
  write: async (graph, name, { precision = 'fp32' }) => {
    requirePrecision('keras', precision)
    return writeKeras(withoutStretching(graph), name)
  },
})

export interface ReadModel {
  /** Canonical (opset 17 forms), with shapes inferred. */
  readonly graph: Graph
  readonly format: string
  /** Sentences for the user: what was left out, what is not known. */
  readonly notes: readonly Sentence[]
}

/**
 * Reads a network in any known format.
 * @param file the primary file; its bytes must not change afterwards, weights are views on them
 * @param resolve reads further files beside it (external data); names are relative
 * @throws FORMAT_UNKNOWN, and what the format's reader throws: FILE_*, MODEL_*, GRAPH_INVALID, SHAPE_MISMATCH
 */
export async function readModel(file: ModelFile, resolve?: ResolveFile): Promise<ReadModel> {
  const format = recogniseFormat(file.bytes, file.name)
  const notes: Sentence[] = []
  const graph = await (format.open as NonNullable<typeof format.open>)(file, resolve, notes)
  return { graph, format: format.name, notes }
}

/**
 * Writes a network: the same graph always gives the same bytes.
 * @param name file name without extension
 * @returns named files, the primary one first
 * @throws NOT_BUILT_YET for a format that cannot be written
 */
export async function writeModel(
  graph: Graph,
  format: string,
  name: string,
  options: WriteOptions = {},
): Promise<readonly ModelFile[]> {
  const write = findFormat(format)?.write
  if (!write) {
    throw new EspalierError(
      'NOT_BUILT_YET',
      `Networks cannot be written as "${format}" yet. Choose another format, such as onnx.`,
    )
  }
  return write(graph, name, options)
}
