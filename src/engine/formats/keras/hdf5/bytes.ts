/**
 * Bounded reading of the structures of an HDF5 file. Every read is checked against the file's end, and all of them
 * together against a budget in proportion to the file: structures that point at one another in circles, or at the same
 * bytes a thousand times, run out of it instead of out of time or memory.
 * Source: HDF5 File Format Specification 3.0.
 */
import { EspalierError } from '../../../../contract/errors'
import { checksumOf } from './checksum'

/** What the format forbids; whoever reads a file turns it into a sentence about the file. */
export class BrokenStructure extends Error {
  override readonly name = 'BrokenStructure'
}

export const broken = (what: string): never => {
  throw new BrokenStructure(what)
}

/** A file is read at most this many times over; an honest one about once. */
const mostReads = 8
/** Small files have structures that are larger than what is used of them. */
const spare = 1 << 16

/** Packed weights unpack to at most this many times the file; honest ones to about twice, zeros among them to more. */
const mostUnpacked = 64
const spareUnpacked = 2 ** 26

const decoder = new TextDecoder()

/** The bytes of one file and how long its addresses and lengths are, in bytes. */
export class FileBytes {
  private readonly view: DataView
  private left: number
  private packedLeft: number
  offsetSize = 8
  lengthSize = 8
  /** Where address 0 lies. */
  base = 0

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.left = bytes.length * mostReads + spare
    this.packedLeft = bytes.length * mostUnpacked + spareUnpacked
  }

  get size(): number {
    return this.bytes.length
  }

  /** Counts bytes that are read or copied. */
  spend(count: number): void {
    this.left -= count
    if (!(this.left >= 0)) broken('the same bytes are used again and again')
  }

  /** Counts bytes that a chunk is about to unpack to. @throws FILE_TOO_LARGE */
  unpack(count: number): void {
    this.packedLeft -= count
    if (this.packedLeft >= 0) return
    throw new EspalierError(
      'FILE_TOO_LARGE',
      `The weights in this HDF5 file would unpack to more than ${mostUnpacked} times its size, as no network does. Save the network again without compression.`,
    )
  }

  /** @param count bytes from there on that must lie within the file */
  require(at: number, count: number): void {
    if (!(at >= 0 && count >= 0 && at + count <= this.size)) broken(`${count} bytes at ${at} lie outside the file`)
  }

  /** A little-endian number of up to 8 bytes; beyond 2 ** 53 only its magnitude counts. */
  uint(at: number, count: number): number {
    this.require(at, count)
    let value = 0
    for (let i = count - 1; i >= 0; i--) value = value * 256 + this.view.getUint8(at + i)
    return value
  }

  slice(at: number, count: number): Uint8Array {
    this.require(at, count)
    return this.bytes.subarray(at, at + count)
  }

  /** From `at` to `end`, counted. */
  cursor(at: number, end = this.size): Cursor {
    this.require(at, end - at)
    return new Cursor(this, at, end)
  }

  /** A structure that starts with four letters; `size` is counted, the rest of the file may be read. */
  structure(address: number, signature: string, size: number): Cursor {
    this.spend(size)
    const cursor = this.cursor(address)
    if (cursor.text(4) !== signature) broken(`there is no ${signature} at ${address}`)
    return cursor
  }

  /** Structures of the newer kind end with the checksum of what they hold. */
  verify(start: number, end: number): void {
    this.require(start, end + 4 - start)
    this.spend(end - start)
    if (checksumOf(this.bytes, start, end) !== this.uint(end, 4)) broken(`the checksum at ${end} does not fit`)
  }
}

/** A place in a file that moves on with every read. */
export class Cursor {
  constructor(
    readonly file: FileBytes,
    public at: number,
    readonly end: number,
  ) {}

  get left(): number {
    return this.end - this.at
  }

  private advance(count: number): number {
    if (!(count >= 0 && count <= this.left)) broken(`a structure ends before its ${count} bytes at ${this.at}`)
    const from = this.at
    this.at += count
    return from
  }

  skip(count: number): this {
    this.advance(count)
    return this
  }

  uint(count: number): number {
    return this.file.uint(this.advance(count), count)
  }

  u8(): number {
    return this.uint(1)
  }

  u16(): number {
    return this.uint(2)
  }

  u32(): number {
    return this.uint(4)
  }

  /** A size in bytes or elements. */
  length(): number {
    return this.uint(this.file.lengthSize)
  }

  /** A place in the file; undefined where nothing is stored. */
  address(): number | undefined {
    const { offsetSize, base } = this.file
    const bytes = this.bytes(offsetSize)
    if (bytes.every((byte) => byte === 0xff)) return undefined
    return base + this.file.uint(this.at - offsetSize, offsetSize)
  }

  bytes(count: number): Uint8Array {
    return this.file.slice(this.advance(count), count)
  }

  text(count: number): string {
    return textOf(this.bytes(count))
  }

  /** A reader of the next bytes alone. */
  part(count: number): Cursor {
    const from = this.advance(count)
    return new Cursor(this.file, from, from + count)
  }
}

/** UTF-8 up to the first zero. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
}
