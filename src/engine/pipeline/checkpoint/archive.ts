/** A compact, deterministic container for finished steps: one JSON header and raw typed arrays. */
import { EspalierError } from '../../../contract/errors'

const arrayKinds = {
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  Int32Array,
  Int16Array,
  Int8Array,
  Uint32Array,
  Uint16Array,
  Uint8Array,
} as const
type ArrayKind = keyof typeof arrayKinds
export type PackedArray = InstanceType<(typeof arrayKinds)[ArrayKind]>

/** Plain data in which typed arrays, maps and non-finite numbers may occur anywhere. */
export type Packable =
  | null
  | boolean
  | number
  | string
  | undefined
  | PackedArray
  | readonly Packable[]
  | ReadonlyMap<string, Packable>
  | { readonly [key: string]: Packable }

const magic = 0x4550_4c31
const alignment = 8

interface ArrayEntry {
  readonly kind: ArrayKind
  readonly length: number
  readonly offset: number
}

const isArray = (value: unknown): value is PackedArray =>
  ArrayBuffer.isView(value) && (value.constructor as { name: string }).name in arrayKinds

/**
 * Bytes of a value. The same value gives the same bytes: object keys keep their order, arrays are little-endian and
 * 8-byte aligned.
 */
export function pack(value: Packable): Uint8Array {
  const arrays: PackedArray[] = []
  const entries: ArrayEntry[] = []
  let offset = 0
  const encode = (item: Packable): unknown => {
    if (item === undefined) return { $: 'undefined' }
    if (typeof item === 'number' && !(Number.isFinite(item) && !Object.is(item, -0))) {
      return { $: 'number', value: Object.is(item, -0) ? '-0' : String(item) }
    }
    if (isArray(item)) {
      arrays.push(item)
      entries.push({ kind: item.constructor.name as ArrayKind, length: item.length, offset })
      offset += Math.ceil(item.byteLength / alignment) * alignment
      return { $: 'array', index: arrays.length - 1 }
    }
    if (Array.isArray(item)) return item.map(encode)
    if (item instanceof Map) return { $: 'map', entries: [...item].map(([key, entry]) => [key, encode(entry)]) }
    if (item !== null && typeof item === 'object') {
      return Object.fromEntries(Object.entries(item).map(([key, entry]) => [key, encode(entry as Packable)]))
    }
    return item
  }
  const header = new TextEncoder().encode(JSON.stringify({ value: encode(value), arrays: entries }))
  const start = Math.ceil((8 + header.length) / alignment) * alignment
  const bytes = new Uint8Array(start + offset)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, magic, true)
  view.setUint32(4, header.length, true)
  bytes.set(header, 8)
  let at = start
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += Math.ceil(array.byteLength / alignment) * alignment
  }
  return bytes
}

/** The inverse of {@link pack}; arrays are copies. @throws STORE_CORRUPT where the bytes are not a whole archive. */
export function unpack<T = Packable>(bytes: Uint8Array): T {
  const corrupt = (): never => {
    throw new EspalierError(
      'STORE_CORRUPT',
      'A kept step of this run is damaged, so the run cannot go on from it. Start the run again.',
    )
  }
  if (bytes.length < 8) corrupt()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = view.getUint32(4, true)
  if (view.getUint32(0, true) !== magic || 8 + headerLength > bytes.length) corrupt()
  let header: { value: unknown; arrays: ArrayEntry[] } = { value: null, arrays: [] }
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)))
  } catch {
    corrupt()
  }
  const start = Math.ceil((8 + headerLength) / alignment) * alignment
  const arrayAt = (index: number): PackedArray => {
    const entry = header.arrays[index] as ArrayEntry
    const type = arrayKinds[entry.kind]
    const from = start + entry.offset
    const length = entry.length * type.BYTES_PER_ELEMENT
    if (from + length > bytes.length) corrupt()
    return new type(bytes.slice(from, from + length).buffer as ArrayBuffer)
  }
  const decode = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(decode)
    if (item === null || typeof item !== 'object') return item
    const tagged = item as { $?: string; value?: string; index?: number; entries?: [string, unknown][] }
    if (tagged.$ === 'undefined') return undefined
    if (tagged.$ === 'number') return Number(tagged.value)
    if (tagged.$ === 'array') return arrayAt(tagged.index as number)
    if (tagged.$ === 'map') return new Map((tagged.entries ?? []).map(([key, entry]) => [key, decode(entry)]))
    return Object.fromEntries(Object.entries(item).map(([key, entry]) => [key, decode(entry)]))
  }
  return decode(header.value) as T
}
