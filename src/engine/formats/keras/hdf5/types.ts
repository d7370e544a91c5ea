/** Types and extents of arrays and attributes, and the numbers and texts themselves (specification, section IV.A.2). */
import { halfToNumber } from '../../../graph/tensor'
import { broken, type Cursor, type FileBytes, textOf } from './bytes'
import { globalObjects } from './heaps'

export interface ElementType {
  readonly kind: 'float' | 'whole' | 'text' | 'long text' | 'other'
  /** Bytes of one element. */
  readonly size: number
  readonly bigEndian: boolean
  readonly signed: boolean
  /** Of a float: bits of its exponent. */
  readonly exponent: number
}

const classes = { whole: 0, float: 1, text: 3, enumeration: 8, variable: 9 } as const

export function elementType(cursor: Cursor): ElementType {
  const first = cursor.u8()
  const bits = cursor.uint(3)
  const size = cursor.u32()
  const plain = { size, bigEndian: (bits & 1) !== 0, signed: (bits & 8) !== 0, exponent: 0 }
  switch (first & 15) {
    case classes.whole:
      return { ...plain, kind: 'whole' }
    case classes.float: {
      // Offset and precision in bits, then where the exponent lies and how long it is.
      const exponent = cursor.skip(5).u8()
      return { ...plain, kind: 'float', exponent }
    }
    case classes.text:
      return { ...plain, kind: 'text' }
    case classes.variable:
      return { ...plain, kind: (bits & 15) === 1 ? 'long text' : 'other' }
    case classes.enumeration:
      // Truth values: names for whole numbers.
      return elementType(cursor)
    default:
      return { ...plain, kind: 'other' }
  }
}

/** @returns extents, none for a single value, undefined for no value at all */
export function extentsOf(cursor: Cursor): number[] | undefined {
  const version = cursor.u8()
  const rank = cursor.u8()
  if (rank > 32) broken('an array has too many axes')
  if (version === 1) cursor.skip(6)
  else if (cursor.skip(1).u8() === 2) return undefined
  return Array.from({ length: rank }, () => cursor.length())
}

/** @returns the numbers, or undefined for a type that is not read */
export function numbersOf(bytes: Uint8Array, type: ElementType, count: number): Float32Array | Int32Array | undefined {
  const { kind, size, bigEndian, signed, exponent } = type
  if (kind === 'float' && size === 4 && !bigEndian && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, count)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = !bigEndian
  const floats = (read: (at: number) => number) => Float32Array.from({ length: count }, (_, i) => read(i * size))
  const wholes = (read: (at: number) => number) => Int32Array.from({ length: count }, (_, i) => read(i * size))
  if (kind === 'float') {
    if (size === 4) return floats((at) => view.getFloat32(at, little))
    if (size === 8) return floats((at) => view.getFloat64(at, little))
    if (size === 2 && exponent === 5) return floats((at) => halfToNumber(view.getUint16(at, little)))
    return undefined
  }
  if (kind !== 'whole') return undefined
  if (size === 8) return floats((at) => Number(signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little)))
  if (size === 4) return signed ? wholes((at) => view.getInt32(at, little)) : undefined
  if (size === 2) return wholes((at) => (signed ? view.getInt16(at, little) : view.getUint16(at, little)))
  if (size === 1) return wholes((at) => (signed ? view.getInt8(at) : view.getUint8(at)))
  return undefined
}

/** Texts of an attribute; undefined for another type. */
export function textsOf(file: FileBytes, body: Cursor, type: ElementType, count: number): string[] | undefined {
  if (type.kind !== 'text' && type.kind !== 'long text') return undefined
  if (!(type.size > 0 && count * type.size <= body.left)) broken('an attribute is shorter than its texts')
  if (type.kind === 'text') return Array.from({ length: count }, () => textOf(body.bytes(type.size)))
  const collections = new Map<number, Map<number, Uint8Array>>()
  return Array.from({ length: count }, () => {
    const length = body.u32()
    const address = body.address() ?? broken('a text lies nowhere')
    const number = body.u32()
    if (length === 0) return ''
    const objects = collections.get(address) ?? globalObjects(file, address)
    collections.set(address, objects)
    const object = objects.get(number) ?? broken('a text is missing')
    if (object.length < length) broken('a text is shorter than it should be')
    file.spend(length)
    return textOf(object.subarray(0, length))
  })
}
