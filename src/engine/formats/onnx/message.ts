/** Table-driven reading and writing of protocol-buffer messages: a message is a table of its fields. */
import { BYTES, damaged, FIXED32, FIXED64, VARINT, WireReader, WireWriter } from './wire'

/** What each kind of field becomes in TypeScript. Packed lists of numbers become typed arrays. */
interface Kinds {
  int: number
  float: number
  string: string
  bytes: Uint8Array
  ints: number[]
  strings: string[]
  byteLists: Uint8Array[]
  float32s: Float32Array
  float64s: Float64Array
  int32s: Int32Array
  int64s: BigInt64Array
  uint64s: BigUint64Array
}

type Scalar = { [K in keyof Kinds]: { readonly id: number; readonly kind: K } }[keyof Kinds]
interface One {
  readonly id: number
  readonly kind: 'one'
  readonly message: Message
}
interface Many {
  readonly id: number
  readonly kind: 'many'
  readonly message: Message
}
type Field = Scalar | One | Many
export interface Message {
  readonly [name: string]: Field
}

type ValueOf<F extends Field> = F extends { kind: 'one'; message: infer M extends Message }
  ? MessageOf<M>
  : F extends { kind: 'many'; message: infer M extends Message }
    ? MessageOf<M>[]
    : F extends { kind: infer K extends keyof Kinds }
      ? Kinds[K]
      : never

/** The object a message is read into; absent fields are undefined, absent lists empty in meaning. */
export type MessageOf<M extends Message> = { -readonly [K in keyof M]?: ValueOf<M[K]> }

const packedWidth = { float32s: 4, float64s: 8 } as const

const byId = new WeakMap<Message, Map<number, [string, Field]>>()
function fieldsOf(message: Message): Map<number, [string, Field]> {
  let fields = byId.get(message)
  if (!fields) {
    fields = new Map(Object.entries(message).map(([name, field]) => [field.id, [name, field]]))
    byId.set(message, fields)
  }
  return fields
}

type Numbers = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array

const join = <T extends Numbers>(before: T | undefined, more: T): T => {
  if (!before) return more
  const result = new (more.constructor as new (length: number) => T)(before.length + more.length)
  result.set(before as never)
  result.set(more as never, before.length)
  return result
}

/** Counts the varints in a packed field: every byte below 128 ends one. */
function countVarints(reader: WireReader): number {
  let count = 0
  for (let i = reader.position; i < reader.end; i++) if ((reader.bytes[i] as number) < 128) count++
  return count
}

function readVarints(reader: WireReader, kind: 'int32s' | 'int64s' | 'uint64s'): Numbers {
  const count = countVarints(reader)
  if (kind === 'int32s') {
    const result = new Int32Array(count)
    for (let i = 0; !reader.done; i++) {
      reader.varint64()
      result[i] = reader.low
    }
    return result
  }
  const halves = new Uint32Array(count * 2)
  for (let i = 0; !reader.done; i += 2) {
    reader.varint64()
    halves[i] = reader.low
    halves[i + 1] = reader.high
  }
  return kind === 'int64s' ? new BigInt64Array(halves.buffer) : new BigUint64Array(halves.buffer)
}

/** Unpacked repeated numbers arrive one a tag; they are gathered first, so that reading stays linear. */
type Loose = Map<string, { kind: keyof Kinds; values: (number | bigint)[] }>

function readNumbers(reader: WireReader, wireType: number, name: string, kind: keyof Kinds, loose: Loose) {
  if (wireType === BYTES) {
    const length = reader.unsigned()
    const start = reader.take(length)
    if (kind === 'float32s' || kind === 'float64s') {
      if (length % packedWidth[kind] !== 0) damaged(start, `a list of numbers of ${length} bytes`)
      const copy = reader.bytes.slice(start, start + length)
      return kind === 'float32s' ? new Float32Array(copy.buffer) : new Float64Array(copy.buffer)
    }
    return readVarints(new WireReader(reader.bytes, start, start + length), kind as 'int32s')
  }
  let gathered = loose.get(name)
  if (!gathered) {
    gathered = { kind, values: [] }
    loose.set(name, gathered)
  }
  if (kind === 'float32s' || kind === 'float64s') {
    const width = packedWidth[kind]
    if (wireType !== (width === 4 ? FIXED32 : FIXED64)) damaged(reader.position, `field "${name}" of a wrong type`)
    const at = reader.bytes.byteOffset + reader.take(width)
    const view = new DataView(reader.bytes.buffer, at, width)
    gathered.values.push(width === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true))
    return undefined
  }
  if (wireType !== VARINT) damaged(reader.position, `field "${name}" of a wrong type`)
  reader.varint64()
  if (kind === 'int32s') gathered.values.push(reader.low | 0)
  else {
    const value = (BigInt(reader.high) << 32n) | BigInt(reader.low)
    gathered.values.push(kind === 'int64s' ? BigInt.asIntN(64, value) : value)
  }
  return undefined
}

const arrayOf = {
  float32s: (values: unknown[]) => Float32Array.from(values as number[]),
  float64s: (values: unknown[]) => Float64Array.from(values as number[]),
  int32s: (values: unknown[]) => Int32Array.from(values as number[]),
  int64s: (values: unknown[]) => BigInt64Array.from(values as bigint[]),
  uint64s: (values: unknown[]) => BigUint64Array.from(values as bigint[]),
} as const

function readField(reader: WireReader, wireType: number, name: string, field: Field, before: unknown, loose: Loose) {
  const expect = (wanted: number) => {
    if (wireType !== wanted) damaged(reader.position, `field "${name}" of a wrong type`)
  }
  const append = (value: unknown) => {
    if (!Array.isArray(before)) return [value]
    before.push(value)
    return before
  }
  switch (field.kind) {
    case 'int':
      expect(VARINT)
      return reader.signed()
    case 'float': {
      expect(FIXED32)
      const at = reader.bytes.byteOffset + reader.take(4)
      return new DataView(reader.bytes.buffer, at, 4).getFloat32(0, true)
    }
    case 'string':
      expect(BYTES)
      return reader.string()
    case 'bytes':
      expect(BYTES)
      return reader.view()
    case 'strings':
      expect(BYTES)
      return append(reader.string())
    case 'byteLists':
      expect(BYTES)
      return append(reader.view())
    case 'ints': {
      if (wireType === VARINT) return append(reader.signed())
      expect(BYTES)
      const length = reader.unsigned()
      const start = reader.take(length)
      const packed = new WireReader(reader.bytes, start, start + length)
      const list = (before as number[] | undefined) ?? []
      while (!packed.done) list.push(packed.signed())
      return list
    }
    case 'one':
    case 'many': {
      expect(BYTES)
      const length = reader.unsigned()
      const start = reader.take(length)
      const nested = readMessage(field.message, new WireReader(reader.bytes, start, start + length))
      return field.kind === 'many' ? append(nested) : nested
    }
    default: {
      const more = readNumbers(reader, wireType, name, field.kind, loose)
      return more ? join(before as Numbers | undefined, more as Numbers) : before
    }
  }
}

/**
 * Reads one message; unknown fields are skipped, byte fields are views on the reader's bytes.
 * @throws FILE_TRUNCATED, FILE_UNREADABLE
 */
export function readMessage<M extends Message>(message: M, reader: WireReader): MessageOf<M> {
  const fields = fieldsOf(message)
  const result: Record<string, unknown> = {}
  const loose: Loose = new Map()
  while (!reader.done) {
    const tag = reader.unsigned()
    const wireType = tag % 8
    const id = Math.floor(tag / 8)
    if (id === 0) damaged(reader.position, 'a field without a number')
    const entry = fields.get(id)
    if (!entry) {
      reader.skip(wireType)
      continue
    }
    const [name, field] = entry
    const value = readField(reader, wireType, name, field, result[name], loose)
    if (value !== undefined) result[name] = value
  }
  for (const [name, { kind, values }] of loose) {
    result[name] = join(result[name] as Numbers | undefined, arrayOf[kind as 'int32s'](values) as Numbers)
  }
  return result as MessageOf<M>
}

function writeField(writer: WireWriter, field: Field, value: unknown): void {
  switch (field.kind) {
    case 'int':
      writer.tag(field.id, VARINT)
      writer.integer(value as number)
      break
    case 'float':
      writer.tag(field.id, FIXED32)
      writer.float(value as number)
      break
    case 'string':
      writer.tag(field.id, BYTES)
      writer.string(value as string)
      break
    case 'bytes':
      writer.tag(field.id, BYTES)
      writer.bytes(value as Uint8Array)
      break
    case 'strings':
      for (const item of value as string[]) {
        writer.tag(field.id, BYTES)
        writer.string(item)
      }
      break
    case 'byteLists':
      for (const item of value as Uint8Array[]) {
        writer.tag(field.id, BYTES)
        writer.bytes(item)
      }
      break
    case 'ints':
      for (const item of value as number[]) {
        writer.tag(field.id, VARINT)
        writer.integer(item)
      }
      break
    case 'one':
      writer.tag(field.id, BYTES)
      writer.nested(encode(field.message, value as MessageOf<Message>))
      break
    case 'many':
      for (const item of value as MessageOf<Message>[]) {
        writer.tag(field.id, BYTES)
        writer.nested(encode(field.message, item))
      }
      break
    case 'float32s':
    case 'float64s': {
      const list = value as Float32Array | Float64Array
      writer.tag(field.id, BYTES)
      writer.bytes(new Uint8Array(list.buffer, list.byteOffset, list.byteLength))
      break
    }
    default: {
      const packed = new WireWriter()
      for (const item of value as Int32Array | BigInt64Array) packed.integer(item)
      writer.tag(field.id, BYTES)
      writer.nested(packed)
    }
  }
}

function encode(message: Message, value: Readonly<Record<string, unknown>>): WireWriter {
  const writer = new WireWriter()
  for (const [name, field] of Object.entries(message)) {
    const content = value[name]
    if (content !== undefined) writeField(writer, field, content)
  }
  return writer
}

/** Writes one message, fields in the order of the table: the same value always gives the same bytes. */
export const writeMessage = <M extends Message>(message: M, value: MessageOf<M>): Uint8Array =>
  encode(message, value as Readonly<Record<string, unknown>>).finish()
