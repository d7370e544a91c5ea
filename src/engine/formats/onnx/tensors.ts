/** TensorProto <-> TensorData: every encoding of an initialiser, as a view on the file's bytes where that is possible. */
import { EspalierError } from '../../../contract/errors'
import { arrayTypes, bytesPerElement, type DataType, type TensorArray, type TensorData } from '../../graph/tensor'
import type { FileRange, ResolveFile } from '../registry'
import { dataTypeNumber, dataTypeOf } from './data-types'
import type { TensorProto } from './schema'

export type Resolve = ResolveFile

const invalid = (sentence: string): never => {
  throw new EspalierError('MODEL_INVALID', `${sentence} The file is damaged or was written by a faulty exporter.`)
}

/** The number of elements, with every dimension checked. */
function elementCount(dims: readonly number[], owner: string): number {
  let count = 1
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) invalid(`${owner} has an impossible dimension (${dim}).`)
    count *= dim
  }
  if (!Number.isSafeInteger(count)) invalid(`${owner} has more elements than can exist: [${dims.join(', ')}].`)
  return count
}

/** Little-endian bytes as the array of a data type: a view where the offset is aligned, else a copy. */
export function viewBytes(bytes: Uint8Array, dtype: DataType): TensorArray {
  const width = bytesPerElement(dtype)
  // Not `slice`: a Node Buffer would hand out a view again.
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  return new arrayTypes[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / width)
}

/** The typed fields of a TensorProto that may hold this data type. */
function typedData(proto: TensorProto, dtype: DataType): TensorArray | undefined {
  switch (dtype) {
    case 'float32':
      return proto.float_data
    case 'float64':
      return proto.double_data
    case 'int64':
      return proto.int64_data
    case 'uint64':
      return proto.uint64_data
    case 'uint32':
      return proto.uint64_data && Uint32Array.from(proto.uint64_data, Number)
    default:
      // The 16-bit floats lie as bits in int32_data, as do booleans and the small integers.
      return proto.int32_data && arrayTypes[dtype].from(proto.int32_data)
  }
}

/** The same bytes without the ways of Node's Buffer, whose `slice` does not copy. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Bytes that stand before a length-delimited field of this many bytes: its tag and its length. */
function headerBytes(length: number): number {
  let bytes = 2
  for (let rest = length; rest > 127; rest /= 128) bytes++
  return bytes
}

/** The same bytes at a multiple of `width`: moved over the head of their own field, which has been read. */
function moveToWidth(raw: Uint8Array, width: number): Uint8Array {
  const by = raw.byteOffset % width
  if (by === 0 || by > headerBytes(raw.length)) return raw
  const whole = new Uint8Array(raw.buffer, raw.byteOffset - by, raw.length + by)
  whole.copyWithin(0, by)
  return whole.subarray(0, raw.length)
}

/** Fetches external data, each file once. */
export class ExternalData {
  private readonly files = new Map<string, Uint8Array>()

  /** @param movable weights inside the model file may be moved to where they can be viewed (`ModelFile.movable`) */
  constructor(
    private readonly resolve: Resolve | undefined,
    readonly movable = false,
  ) {}

  async read(proto: TensorProto, owner: string): Promise<Uint8Array> {
    const entries = new Map((proto.external_data ?? []).map(({ key, value }) => [key ?? '', value ?? '']))
    const location = entries.get('location') ?? ''
    if (location === '') return invalid(`${owner} lies in another file, but the model does not say in which.`)
    if (/^([/\\]|[A-Za-z]:)/.test(location) || location.split(/[/\\]/).includes('..')) {
      throw new EspalierError(
        'MODEL_INVALID',
        `${owner} points to "${location}", outside the model's folder, which is not allowed. Put the weights beside the model and export it again.`,
      )
    }
    const given = entries.get('length')
    const offset = Number(entries.get('offset') ?? 0)
    const impossible = (length: number) =>
      invalid(`${owner} has an impossible place in "${location}" (offset ${offset}, length ${length}).`)
    const range = given === undefined ? undefined : { offset, length: Number(given) }
    for (const each of [offset, range?.length ?? 0]) {
      if (!Number.isSafeInteger(each) || each < 0) return impossible(range?.length ?? 0)
    }
    const bytes = await this.file(location, owner, range)
    // Just the part that was asked for; a whole file of this length is the same where the part starts it.
    if (range && bytes.length === range.length) return plainBytes(bytes)
    const length = range?.length ?? bytes.length - offset
    if (length < 0) return impossible(length)
    if (offset + length > bytes.length) {
      throw new EspalierError(
        'FILE_TRUNCATED',
        `${owner} should end at byte ${offset + length} of "${location}", but that file has only ${bytes.length} bytes. Copy it again, completely.`,
      )
    }
    return plainBytes(bytes).subarray(offset, offset + length)
  }

  private async file(location: string, owner: string, range: FileRange | undefined): Promise<Uint8Array> {
    const before = this.files.get(location)
    if (before) return before
    if (!this.resolve) {
      throw new EspalierError(
        'FILE_NOT_FOUND',
        `${owner} lies in the file "${location}", which was not given. Put it beside the model and open the model from there.`,
      )
    }
    try {
      const bytes = await this.resolve(location, range)
      // Whole files are kept, so that each is read once.
      if (!range || bytes.length !== range.length) this.files.set(location, bytes)
      return bytes
    } catch (cause) {
      throw new EspalierError(
        'FILE_NOT_FOUND',
        `The file "${location}" with the network's weights could not be read. It must lie beside the model; copy it there.`,
        cause,
      )
    }
  }
}

const EXTERNAL = 1

/**
 * @param owner names the tensor in sentences: `The weight "conv1.weight"`.
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE, FILE_TRUNCATED, FILE_NOT_FOUND
 */
export async function readTensor(proto: TensorProto, owner: string, external: ExternalData): Promise<TensorData> {
  const elsewhere = proto.data_location === EXTERNAL ? await external.read(proto, owner) : undefined
  return tensorOf(proto, owner, elsewhere, external.movable)
}

/**
 * A tensor whose data is at hand.
 * @param elsewhere its bytes where they lie in another file
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE
 */
export function tensorOf(proto: TensorProto, owner: string, elsewhere?: Uint8Array, movable = false): TensorData {
  const dtype = dataTypeOf(proto.data_type, owner)
  const dims = proto.dims ?? []
  const count = elementCount(dims, owner)
  if (proto.segment) {
    throw new EspalierError('MODEL_UNSUPPORTED_FEATURE', `${owner} is stored in segments, which no exporter does now.`)
  }
  const mismatch = (found: number, unit: string): never =>
    invalid(
      `${owner} of shape [${dims.join(', ')}] needs ${count} elements of ${dtype}, but ${found} ${unit} are there.`,
    )
  if (movable && proto.raw_data) proto.raw_data = moveToWidth(proto.raw_data, bytesPerElement(dtype))
  const raw = elsewhere ?? proto.raw_data
  if (raw && (raw.length > 0 || elsewhere)) {
    if (raw.length !== count * bytesPerElement(dtype)) mismatch(raw.length, 'bytes')
    return { dtype, dims, data: viewBytes(raw, dtype) }
  }
  const data = typedData(proto, dtype) ?? new arrayTypes[dtype](0)
  if (data.length !== count) mismatch(data.length, 'elements')
  return { dtype, dims, data }
}

const rawBytes = ({ data }: TensorData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Always raw_data, little-endian. */
export const tensorProto = (name: string, tensor: TensorData): TensorProto => ({
  dims: [...tensor.dims],
  data_type: dataTypeNumber(tensor.dtype),
  name,
  raw_data: rawBytes(tensor),
})

/** Where tensors go that are kept beside the model: files of bounded size, every tensor at a multiple of 64 bytes. */
export class ExternalWriter {
  private readonly parts: { name: string; size: number; tensors: { at: number; bytes: Uint8Array }[] }[] = []

  constructor(
    private readonly name: string,
    private readonly most: number,
  ) {}

  add(name: string, tensor: TensorData): TensorProto {
    const bytes = rawBytes(tensor)
    let part = this.parts.at(-1)
    const at = part ? Math.ceil(part.size / 64) * 64 : 0
    if (!part || (at > 0 && at + bytes.length > this.most)) {
      const number = this.parts.length
      part = { name: number === 0 ? `${this.name}.data` : `${this.name}.data.${number}`, size: 0, tensors: [] }
      this.parts.push(part)
    }
    const offset = Math.ceil(part.size / 64) * 64
    part.tensors.push({ at: offset, bytes })
    part.size = offset + bytes.length
    return {
      dims: [...tensor.dims],
      data_type: dataTypeNumber(tensor.dtype),
      name,
      data_location: EXTERNAL,
      external_data: [
        { key: 'location', value: part.name },
        { key: 'offset', value: String(offset) },
        { key: 'length', value: String(bytes.length) },
      ],
    }
  }

  files(): { name: string; bytes: Uint8Array }[] {
    return this.parts.map(({ name, size, tensors }) => {
      const bytes = new Uint8Array(size)
      for (const tensor of tensors) bytes.set(tensor.bytes, tensor.at)
      return { name, bytes }
    })
  }
}
