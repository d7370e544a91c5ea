/** Zip archives as numpy and Keras write them: the central directory, stored and deflated entries, zip64 sizes. */
import { EspalierError } from '../../contract/errors'
import { crc32, inflateExactly, largestBytes, truncatedData } from './inflate'

export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly packed: number
  readonly size: number
  readonly crc: number
  readonly offset: number
}

const END = 0x06054b50
const DIRECTORY = 0x02014b50
const LOCAL = 0x04034b50
const END64 = 0x06064b50
const FULL = 0xffffffff

const damaged = (name: string, detail: string): never => {
  throw new EspalierError('FILE_UNREADABLE', `"${name}" is a damaged archive: ${detail}. Copy or download it again.`)
}

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5)

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Where the end record starts: it is last, before a comment of at most 64 KiB. */
function findEnd(view: DataView, name: string): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) === END) return at
  }
  return truncatedData(name, 'the directory at the end of the archive is missing')
}

const big = (view: DataView, at: number): number => Number(view.getBigUint64(at, true))

/** Number of entries, and where the directory starts; from the zip64 record where the plain one is full. */
function directoryOf(view: DataView, name: string): { count: number; offset: number } {
  const end = findEnd(view, name)
  const count = view.getUint16(end + 10, true)
  const offset = view.getUint32(end + 16, true)
  if (count !== 0xffff && offset !== FULL) return { count, offset }
  const record = end >= 20 ? big(view, end - 20 + 8) : -1
  if (!(record >= 0 && record + 56 <= view.byteLength) || view.getUint32(record, true) !== END64) {
    return damaged(name, 'its directory cannot be found')
  }
  return { count: big(view, record + 32), offset: big(view, record + 48) }
}

/** The 64-bit sizes in an entry's extra field, in the order of the fields that are full. */
function zip64Sizes(view: DataView, from: number, to: number): number[] {
  for (let at = from; at + 4 <= to; ) {
    const id = view.getUint16(at, true)
    const length = view.getUint16(at + 2, true)
    if (id === 1 && at + 4 + length <= to) {
      return Array.from({ length: Math.floor(length / 8) }, (_, i) => big(view, at + 4 + i * 8))
    }
    at += 4 + length
  }
  return []
}

/** The archive's directory. @throws FILE_TRUNCATED, FILE_UNREADABLE */
export function readDirectory(bytes: Uint8Array, name: string): Map<string, ZipEntry> {
  if (bytes.length < 22) truncatedData(name, 'it is shorter than an archive can be')
  const view = viewOf(bytes)
  const { count, offset } = directoryOf(view, name)
  const entries = new Map<string, ZipEntry>()
  let at = offset
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY) damaged(name, 'its directory is broken')
    const nameLength = view.getUint16(at + 28, true)
    const extraLength = view.getUint16(at + 30, true)
    const extra = at + 46 + nameLength
    const next = extra + extraLength + view.getUint16(at + 32, true)
    if (next > bytes.length) damaged(name, 'its directory is broken')
    const large = zip64Sizes(view, extra, extra + extraLength)
    const field = (position: number) => {
      const value = view.getUint32(position, true)
      return value === FULL ? (large.shift() ?? FULL) : value
    }
    const size = field(at + 24)
    const packed = field(at + 20)
    const entryName = new TextDecoder().decode(bytes.subarray(at + 46, extra))
    entries.set(entryName, {
      name: entryName,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      size,
      packed,
      offset: field(at + 42),
    })
    at = next
  }
  return entries
}

/** One entry unpacked; a stored one is a view. @throws FILE_TRUNCATED, FILE_UNREADABLE, FILE_TOO_LARGE */
export function readEntry(bytes: Uint8Array, entry: ZipEntry, archive: string): Uint8Array {
  const view = viewOf(bytes)
  const label = `${entry.name} in ${archive}`
  const header = entry.offset
  if (header + 30 > bytes.length || view.getUint32(header, true) !== LOCAL)
    damaged(archive, `${entry.name} is not where it should be`)
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true)
  if (start + entry.packed > bytes.length) truncatedData(archive, `${entry.name} lies beyond its end`)
  const packed = bytes.subarray(start, start + entry.packed)
  if (entry.size > largestBytes) inflateExactly(label, packed, entry.size)
  let result: Uint8Array
  if (entry.method === 0) {
    if (entry.packed !== entry.size) damaged(archive, `${entry.name} has two sizes`)
    result = packed
  } else if (entry.method === 8) {
    result = inflateExactly(label, packed, entry.size)
  } else {
    return damaged(archive, `${entry.name} is packed in a way that numpy does not use (method ${entry.method})`)
  }
  if (crc32(result) !== entry.crc) damaged(archive, `the checksum of ${entry.name} does not fit its data`)
  return result
}
