/** The .npy format, versions 1 to 3 (NumPy Enhancement Proposal 1): header, element types, both memory orders. */
import { EspalierError } from '../../../contract/errors'
import { gatherElements } from '../../graph/strided'
import { halfToNumber, sizeOf } from '../../graph/tensor'
import { truncatedData } from '../files'
import type { FileNumbers } from '../raw'

/** Numbers row-major; 64-bit integers as float64 (exact up to 2^53), booleans as 0 and 1. */
export interface NumberArray {
  readonly kind: 'numbers'
  /** As in the file, without byte order: `u1`, `f4`, `i8`, `b1`. */
  readonly type: string
  readonly shape: readonly number[]
  readonly data: FileNumbers
}

export interface TextArray {
  readonly kind: 'texts'
  readonly shape: readonly number[]
  readonly data: readonly string[]
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
const longestHeader = 1 << 16

const damaged = (name: string, detail: string): never => {
  throw new EspalierError(
    'FILE_UNREADABLE',
    `"${name}" is not a valid numpy array: ${detail}. Save it again with numpy.`,
  )
}

const unsupported = (name: string, type: string): never => {
  throw new EspalierError(
    'DATA_INVALID',
    `"${name}" holds elements of type ${type}, which cannot be fed to a network. Save it as numbers (uint8, float32, int64) with numpy.`,
  )
}

interface Header {
  readonly descr: string
  readonly fortran: boolean
  readonly shape: readonly number[]
  readonly start: number
}

/** The header is a Python dictionary of three known entries; anything else is refused. */
function parseHeader(text: string, name: string): Omit<Header, 'start'> {
  const descr = /'descr'\s*:\s*'([^']{1,16})'/.exec(text)?.[1]
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1]
  const shapeText = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1]
  if (/'descr'\s*:\s*\[/.test(text)) return unsupported(name, 'record')
  if (descr === undefined || fortran === undefined || shapeText === undefined) {
    return damaged(name, 'its header does not say type and shape')
  }
  const shape = shapeText
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number)
  if (shape.length > 32 || !shape.every((dim) => Number.isSafeInteger(dim)) || !Number.isSafeInteger(sizeOf(shape))) {
    return damaged(name, `its shape (${shapeText.slice(0, 80)}) is impossible`)
  }
  return { descr, fortran: fortran === 'True', shape }
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (!magic.every((byte, i) => bytes[i] === byte)) return damaged(name, 'it does not begin like one')
  const version = bytes[6] ?? 0
  if (version < 1 || version > 3) return damaged(name, `version ${version} is not known`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fixed = version === 1 ? 10 : 12
  if (bytes.length < fixed) return truncatedData(name, 'its header is incomplete')
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > longestHeader) return damaged(name, `a header of ${length} bytes is impossible`)
  const start = fixed + length
  if (bytes.length < start) return truncatedData(name, 'its header is incomplete')
  return { ...parseHeader(new TextDecoder().decode(bytes.subarray(fixed, start)), name), start }
}

const constructors = {
  u1: Uint8Array,
  i1: Int8Array,
  b1: Uint8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
} as const

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const result = bytes.slice()
  for (let at = 0; at + width <= result.length; at += width) result.subarray(at, at + width).reverse()
  return result
}

function wideIntegers(bytes: Uint8Array, signed: boolean): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const result = new Float64Array(bytes.length / 8)
  for (let i = 0; i < result.length; i++) {
    const high = signed ? view.getInt32(i * 8 + 4, true) : view.getUint32(i * 8 + 4, true)
    result[i] = high * 2 ** 32 + view.getUint32(i * 8, true)
  }
  return result
}

function texts(bytes: Uint8Array, width: number, wide: boolean): string[] {
  const result: string[] = []
  for (let at = 0; at + width <= bytes.length; at += width) {
    const cell = bytes.subarray(at, at + width)
    if (!wide) {
      const end = cell.indexOf(0)
      result.push(new TextDecoder().decode(end < 0 ? cell : cell.subarray(0, end)))
      continue
    }
    const view = new DataView(cell.buffer, cell.byteOffset, cell.byteLength)
    let text = ''
    for (let i = 0; i + 4 <= cell.length; i += 4) {
      const point = view.getUint32(i, true)
      if (point !== 0 && point <= 0x10ffff) text += String.fromCodePoint(point)
    }
    result.push(text)
  }
  return result
}

/**
 * Reads one array; numbers are a view on `bytes` where they are aligned and row-major.
 * @throws FILE_UNREADABLE, FILE_TRUNCATED, DATA_INVALID (types that are no numbers or texts)
 */
export function readNpy(bytes: Uint8Array, name: string): NumberArray | TextArray {
  const { descr, fortran, shape, start } = readHeader(bytes, name)
  const type = descr.replace(/^[<>|=]/, '')
  const text = /^([US])(\d+)$/.exec(type)
  const width = text ? Number(text[2]) * (text[1] === 'U' ? 4 : 1) : Number(type.slice(1))
  const known = text || type in constructors || type === 'i8' || type === 'u8' || type === 'f2'
  if (!known) return unsupported(name, descr)
  const count = sizeOf(shape)
  if (bytes.length - start < count * width) {
    return truncatedData(
      name,
      `shape (${shape.join(', ')}) needs ${count * width} bytes of data and ${bytes.length - start} are there`,
    )
  }
  const little = bytes.subarray(start, start + count * width)
  const body = descr.startsWith('>') && !text ? swapped(little, width) : little
  if (text) {
    if (width === 0 && count > longestHeader) return damaged(name, 'it holds nothing but empty texts')
    return {
      kind: 'texts',
      shape,
      data: width === 0 ? new Array<string>(count).fill('') : texts(body, width, text[1] === 'U'),
    }
  }
  const data = numbers(body, type)
  return { kind: 'numbers', type, shape, data: fortran && shape.length > 1 ? rowMajor(data, shape) : data }
}

function numbers(body: Uint8Array, type: string): FileNumbers {
  if (type === 'i8' || type === 'u8') return wideIntegers(body, type === 'i8')
  if (type === 'f2') return halves(body)
  const Type = constructors[type as keyof typeof constructors]
  const width = Type.BYTES_PER_ELEMENT
  const aligned = body.byteOffset % width === 0 ? body : body.slice()
  return new Type(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / width)
}

function halves(body: Uint8Array): Float32Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  return Float32Array.from({ length: body.length / 2 }, (_, i) => halfToNumber(view.getUint16(i * 2, true)))
}

/** Column-major [a, b, c] read as rows: the strides of the first axis are the smallest. */
function rowMajor(data: FileNumbers, shape: readonly number[]): FileNumbers {
  let stride = 1
  const strides = shape.map((dim) => {
    const own = stride
    stride *= dim
    return own
  })
  const result = new (data.constructor as new (length: number) => FileNumbers)(data.length)
  gatherElements(data, shape, strides, 0, result, 0)
  return result
}
