/** ONNX file -> canonical graph. */
import { EspalierError } from '../../../contract/errors'
import type { Sentence } from '../../../contract/sentences'
import type { Graph } from '../../graph/graph'
import { canonicalise } from '../canonical'
import type { ModelFile } from '../registry'
import { numbersOnly } from './classifiers'
import { verifyFinite } from './finite'
import { importModel } from './import'
import { readMessage } from './message'
import { normalise } from './normalise'
import { modelMessage } from './schema'
import { inSingle } from './single'
import { plainBytes, type Resolve } from './tensors'
import { BYTES, VARINT, WireReader } from './wire'

/** Fields of ModelProto by their wire type: 1 ir_version and 5 model_version are numbers, the others texts or messages. */
const numberFields = [1, 5]
const byteFields = [2, 3, 4, 6, 7, 8, 14, 20, 25]
const fieldsLookedAt = 3

/**
 * Whether bytes look like an ONNX model: its first fields are fields of ModelProto. What ends within them still counts,
 * so that a file which was cut off is told to be that; so does an empty file of this name.
 */
export function matchOnnx(bytes: Uint8Array, name: string): boolean {
  if (bytes.length === 0) return /\.onnx$/i.test(name)
  let at = 0
  const varint = () => {
    let value = 0
    for (let i = 0; i < 10 && at < bytes.length; i++) {
      const byte = bytes[at++] as number
      value += (byte & 127) * 2 ** (7 * i)
      if (byte < 128) return value
    }
    return at < bytes.length ? -1 : value
  }
  for (let i = 0; i < fieldsLookedAt && at < bytes.length; i++) {
    const tag = varint()
    const id = Math.floor(tag / 8)
    const wire = tag % 8
    if (wire === VARINT && numberFields.includes(id)) {
      if (varint() < 0) return false
    } else if (wire === BYTES && byteFields.includes(id)) {
      const length = varint()
      if (length < 0) return false
      at += length
    } else return false
  }
  return true
}

/**
 * Reads a model file. Weights are views on `bytes` where they are aligned, so `bytes` must not be changed afterwards;
 * where they are `movable`, nearly all weights are moved to where they can be viewed, and no others copied.
 * @param resolve reads files beside the model (external data)
 * @param notes receives sentences for the user on what was left out or not understood
 * @throws FILE_TRUNCATED, FILE_UNREADABLE, FILE_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE, MODEL_NON_FINITE,
 * GRAPH_INVALID, SHAPE_MISMATCH
 */
export async function readOnnx(
  { bytes, movable = false }: Pick<ModelFile, 'bytes' | 'movable'>,
  resolve: Resolve | undefined,
  notes: Sentence[],
): Promise<Graph> {
  if (bytes.length === 0) {
    throw new EspalierError('FILE_TRUNCATED', 'The ONNX file is empty. Get it again from where it came.')
  }
  const model = numbersOnly(readMessage(modelMessage, new WireReader(plainBytes(bytes))), notes)
  const imported = await importModel(model, resolve, movable)
  verifyFinite(imported)
  return canonicalise(normalise(inSingle(imported, notes), notes))
}
