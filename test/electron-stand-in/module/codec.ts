/**
 * Messages between the main process and the page go through a text channel: JSON, with bytes in base64.
 * `codecSource` is the same codec for the page, where functions arrive as text.
 */

export interface Codec {
  encode(value: unknown): string
  decode(text: string): unknown
}

/** Self-contained, so that its source can be sent to the page. */
function makeCodec(
  toBase64: (bytes: Uint8Array) => string,
  fromBase64: (text: string) => Uint8Array<ArrayBuffer>,
): Codec {
  const views = {
    Uint8Array,
    Int32Array,
    Float32Array,
    Float64Array,
    Uint8ClampedArray,
    Int8Array,
    Uint16Array,
    Uint32Array,
  }
  const pack = (value: unknown): unknown => {
    if (value === undefined) return { $: 'undefined' }
    if (typeof value === 'bigint') return { $: 'bigint', of: String(value) }
    if (value === null || typeof value !== 'object') return value
    if (value instanceof Date) return { $: 'date', of: value.getTime() }
    if (value instanceof ArrayBuffer) return { $: 'ArrayBuffer', of: toBase64(new Uint8Array(value)) }
    if (ArrayBuffer.isView(value)) {
      const name = Object.keys(views).find((key) => value instanceof views[key as keyof typeof views])
      if (!name) throw new Error('The stand-in cannot send this kind of array between processes.')
      return { $: name, of: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) }
    }
    if (Array.isArray(value)) return value.map(pack)
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== null && prototype.constructor?.name !== 'Object') {
      throw new Error(`An object could not be cloned: the stand-in does not send ${prototype.constructor?.name}.`)
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key === '$' ? '$$' : key, pack(item)]))
  }
  const unpack = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(unpack)
    const tagged = value as { $?: string; of?: string | number }
    if (tagged.$ === 'undefined') return undefined
    if (tagged.$ === 'bigint') return BigInt(tagged.of as string)
    if (tagged.$ === 'date') return new Date(tagged.of as number)
    if (tagged.$ === 'ArrayBuffer') return fromBase64(tagged.of as string).buffer
    if (tagged.$) return new views[tagged.$ as keyof typeof views](fromBase64(tagged.of as string).buffer)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key === '$$' ? '$' : key, unpack(item)]))
  }
  return { encode: (value) => JSON.stringify(pack(value)), decode: (text) => unpack(JSON.parse(text)) }
}

export const codec = makeCodec(
  (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  // A copy: Buffer's memory is shared with others.
  (text) => new Uint8Array(Buffer.from(text, 'base64')),
)

/** An expression that makes the codec in the page. */
export const codecSource = `(${makeCodec})((bytes) => bytes.toBase64(), (text) => Uint8Array.fromBase64(text))`
