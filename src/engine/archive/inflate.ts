/** Decompression that never allocates more than a file can honestly hold. */
import { Gunzip, Inflate } from 'fflate'
import { EspalierError } from '../../contract/errors'

/** @throws FILE_TRUNCATED */
export const truncatedData = (name: string, detail: string): never => {
  throw new EspalierError(
    'FILE_TRUNCATED',
    `"${name}" ends too early: ${detail}. It was probably not copied or downloaded completely; get it again.`,
  )
}

/** DEFLATE cannot expand further than this (RFC 1951: 258 bytes from 2 bits), so larger announcements are lies. */
const largestRatio = 1032

/** A typed array cannot be larger in every runtime we ship; data sets of this size belong in a folder of files. */
export const largestBytes = 2 ** 32

const step = 1 << 16

const damaged = (name: string, cause?: unknown): never => {
  throw new EspalierError(
    'FILE_UNREADABLE',
    `"${name}" is damaged: its compressed data does not unpack. Copy or download it again.`,
    cause,
  )
}

/** @throws FILE_TOO_LARGE, FILE_UNREADABLE when the announced size is impossible */
export function checkAnnounced(name: string, packed: number, announced: number): void {
  if (announced > largestBytes) {
    throw new EspalierError(
      'FILE_TOO_LARGE',
      `"${name}" would unpack to ${Math.round(announced / 2 ** 20)} MB, more than Espalier can hold in one piece (${largestBytes / 2 ** 20} MB). Split it into several files.`,
    )
  }
  if (announced > packed * largestRatio + 64) damaged(name)
}

type Stream = { push(chunk: Uint8Array, final: boolean): void; ondata: unknown }

/** Pushes the packed bytes through and gathers at most `size` bytes, else the file lies about itself. */
function drain(name: string, packed: Uint8Array, size: number, open: (sink: (chunk: Uint8Array) => void) => Stream) {
  const result = new Uint8Array(size)
  let at = 0
  const stream = open((chunk) => {
    if (at + chunk.length > size) damaged(name)
    result.set(chunk, at)
    at += chunk.length
  })
  try {
    for (let from = 0; from < packed.length; from += step) {
      stream.push(packed.subarray(from, from + step), from + step >= packed.length)
    }
  } catch (error) {
    if (error instanceof EspalierError) throw error
    damaged(name, error)
  }
  if (at !== size) truncatedData(name, `it unpacks to ${at} of ${size} bytes`)
  return result
}

/** Raw DEFLATE to exactly `size` bytes. @throws FILE_UNREADABLE, FILE_TOO_LARGE, FILE_TRUNCATED */
export function inflateExactly(name: string, packed: Uint8Array, size: number): Uint8Array {
  checkAnnounced(name, packed.length, size)
  if (size > 0 && packed.length === 0) truncatedData(name, 'its compressed data is missing')
  return drain(name, packed, size, (sink) => new Inflate((chunk) => sink(chunk)))
}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** A gzip file to the size in its trailer. @throws FILE_UNREADABLE, FILE_TOO_LARGE, FILE_TRUNCATED */
export function gunzipChecked(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length < 18) truncatedData(name, 'it is shorter than a gzip file can be')
  const size = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true)
  checkAnnounced(name, bytes.length, size)
  return drain(name, bytes, size, (sink) => new Gunzip((chunk) => sink(chunk)))
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n
  for (let k = 0; k < 8; k++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** CRC-32 as in zip and gzip (ISO 3309). */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (let i = 0; i < bytes.length; i++)
    value = (crcTable[(value ^ (bytes[i] as number)) & 255] as number) ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}
