/** ONNX file -> canonical graph. */
import { EspalierError } from '../../../contract/errors'
import type { Graph } from '../../graph/graph'
import { canonicalise } from '../canonical'
import { verifyFinite } from './finite'
import { importModel } from './import'
import { readMessage } from './message'
import { normalise } from './normalise'
import { modelMessage } from './schema'
import { plainBytes, type Resolve } from './tensors'
import { BYTES, VARINT, WireReader } from './wire'

/**
 * Whether bytes look like an ONNX model: they open with a field of ModelProto of the right wire type. A name that ends
 * in .onnx is believed as long as the file does not open like something else that is known.
 */
export function matchOnnx(bytes: Uint8Array, name: string): boolean {
  if (/\.onnx$/i.test(name)) return true
  const tag = bytes[0] ?? 0
  const id = tag >> 3
  const wire = tag & 7
  const numbers = [1, 5]
  const fields = [2, 3, 4, 6, 7, 8, 14]
  return (wire === VARINT && numbers.includes(id)) || (wire === BYTES && fields.includes(id))
}

/**
 * Reads a model file. Weights are views on `bytes` where they are aligned, so `bytes` must not be changed afterwards.
 * @param resolve reads files beside the model (external data)
 * @param notes receives sentences for the user on what was left out or not understood
 * @throws FILE_TRUNCATED, FILE_UNREADABLE, FILE_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE, MODEL_NON_FINITE,
 * GRAPH_INVALID, SHAPE_MISMATCH
 */
export async function readOnnx(bytes: Uint8Array, resolve: Resolve | undefined, notes: string[]): Promise<Graph> {
  if (bytes.length === 0) {
    throw new EspalierError('FILE_TRUNCATED', 'The ONNX file is empty. Get it again from where it came.')
  }
  const model = readMessage(modelMessage, new WireReader(plainBytes(bytes)))
  const imported = await importModel(model, resolve)
  verifyFinite(imported)
  return canonicalise(normalise(imported, notes))
}
