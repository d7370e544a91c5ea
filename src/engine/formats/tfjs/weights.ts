/** The weights of a TF.js model: shards put together, cut by the manifest, quantised values brought back to numbers. */
import { EspalierError } from '../../../contract/errors'
import { halfToNumber, sizeOf, type TensorData } from '../../graph/tensor'
import { extentsOf, invalidJson, isObject, type Json, listOf, numberOf, objectOf, textOf } from '../json'
import type { ResolveFile } from '../registry'

const elementBytes: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
}

const truncated = (name: string): never => {
  throw new EspalierError(
    'FILE_TRUNCATED',
    `The weight files end before "${name}": they are shorter than the model says. Copy or download all of them again.`,
  )
}

/** The bytes of one weight as numbers of its stored type. */
function stored(bytes: Uint8Array, dtype: string, count: number): Float32Array | Int32Array | Uint16Array | Uint8Array {
  if (dtype === 'uint8' || dtype === 'bool') return bytes
  // Weights may start anywhere; a copy is aligned. Not `slice`: a Node Buffer would hand out a view again.
  const buffer = bytes.byteOffset % 4 === 0 ? bytes.buffer : new Uint8Array(bytes).buffer
  const offset = bytes.byteOffset % 4 === 0 ? bytes.byteOffset : 0
  if (dtype === 'float32') return new Float32Array(buffer, offset, count)
  if (dtype === 'int32') return new Int32Array(buffer, offset, count)
  return new Uint16Array(buffer, offset, count)
}

function dequantised(
  values: ArrayLike<number>,
  quantisation: Json,
  dtype: string,
  name: string,
): Float32Array | Int32Array {
  const kind = textOf(quantisation.dtype, `The quantisation of "${name}"`)
  if (kind === 'float16') return Float32Array.from(values, halfToNumber)
  const scale = numberOf(quantisation.scale, `The scale of "${name}"`)
  const min = numberOf(quantisation.min, `The minimum of "${name}"`)
  if (dtype === 'int32') return Int32Array.from(values, (value) => Math.round(value * scale + min))
  return Float32Array.from(values, (value) => value * scale + min)
}

function readWeight(spec: Json, bytes: Uint8Array, from: number): { tensor: TensorData; end: number } {
  const name = textOf(spec.name, 'The name of a weight')
  const dims = extentsOf(spec.shape, `The shape of the weight "${name}"`)
  const dtype = textOf(spec.dtype, `The type of the weight "${name}"`)
  const quantisation = isObject(spec.quantization) ? spec.quantization : undefined
  const kept = quantisation ? textOf(quantisation.dtype, `The quantisation of "${name}"`) : dtype
  const width = Object.hasOwn(elementBytes, kept) ? elementBytes[kept] : undefined
  if (width === undefined || !['float32', 'int32', 'bool', 'float16'].includes(dtype)) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `The weight "${name}" is of type ${dtype}${quantisation ? ` stored as ${kept}` : ''}, which Espalier does not read. Convert the network with weights of float32, float16, uint16 or uint8.`,
    )
  }
  const count = sizeOf(dims)
  const end = from + count * width
  if (!Number.isSafeInteger(end) || end > bytes.length) truncated(name)
  const values = stored(bytes.subarray(from, end), kept, count)
  if (quantisation) {
    const data = dequantised(values, quantisation, dtype, name)
    return { tensor: { dtype: data instanceof Int32Array ? 'int32' : 'float32', dims, data }, end }
  }
  if (dtype === 'float16') {
    return { tensor: { dtype: 'float32', dims, data: Float32Array.from(values, halfToNumber) }, end }
  }
  return { tensor: { dtype: dtype as 'float32' | 'int32' | 'bool', dims, data: values }, end }
}

/**
 * All weights by name, in the order of the manifest.
 * @throws FILE_NOT_FOUND, FILE_TRUNCATED, MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE
 */
export async function readWeights(
  manifest: unknown,
  resolve: ResolveFile | undefined,
): Promise<ReadonlyMap<string, TensorData>> {
  const weights = new Map<string, TensorData>()
  for (const entry of listOf(manifest ?? [], 'The list of weights')) {
    const group = objectOf(entry, 'A group of weights')
    const paths = listOf(group.paths, 'The list of weight files').map((path) =>
      textOf(path, 'The name of a weight file'),
    )
    const bytes = await joined(paths, resolve)
    let at = 0
    for (const each of listOf(group.weights, 'The weights of a group')) {
      const spec = objectOf(each, 'A weight')
      const name = textOf(spec.name, 'The name of a weight')
      const { tensor, end } = readWeight(spec, bytes, at)
      if (weights.has(name)) invalidJson(`The weight "${name}"`, 'there once, but is there twice')
      weights.set(name, tensor)
      at = end
    }
  }
  return weights
}

async function shard(path: string, resolve: ResolveFile): Promise<Uint8Array> {
  try {
    return await resolve(path)
  } catch (cause) {
    if (cause instanceof EspalierError) throw cause
    throw new EspalierError(
      'FILE_NOT_FOUND',
      `The weight file "${path}" of the network could not be read. It must lie beside model.json; copy it there.`,
      cause,
    )
  }
}

async function joined(paths: readonly string[], resolve: ResolveFile | undefined): Promise<Uint8Array> {
  if (!resolve) {
    throw new EspalierError(
      'FILE_NOT_FOUND',
      `The weights lie in further files (${paths.slice(0, 3).join(', ')}), which were not given. Choose model.json where its weight files lie beside it.`,
    )
  }
  const parts: Uint8Array[] = []
  for (const path of paths) parts.push(await shard(path, resolve))
  const [only] = parts
  if (parts.length === 1 && only) return only
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
