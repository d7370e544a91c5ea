/** Protocol-buffer wire format over a byte array: every read is checked against the end, large fields are views. */
import { EspalierError } from '../../../contract/errors'

export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

const HIGH = 2 ** 32
const utf8 = new TextDecoder('utf-8')
const toUtf8 = new TextEncoder()

const truncated = (missing: number): never => {
  throw new EspalierError(
    'FILE_TRUNCATED',
    `The ONNX file ends in the middle of its data (${missing} more bytes were announced). It was probably not copied or downloaded completely; get it again.`,
  )
}

/** @throws FILE_UNREADABLE with the position of the damage. */
export const damaged = (position: number, detail: string): never => {
  throw new EspalierError(
    'FILE_UNREADABLE',
    `The file is not a valid ONNX file: ${detail} at byte ${position}. It is damaged or is something else under this name; export or copy it again.`,
  )
}

/** A cursor over one message. Nested messages get their own cursor over the same bytes. */
export class WireReader {
  /** Low and high half of the last 64-bit varint. */
  low = 0
  high = 0

  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end = bytes.length,
  ) {}

  get done(): boolean {
    return this.position >= this.end
  }

  /** Reads a varint into `low` and `high`. */
  varint64(): void {
    let low = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      if (this.position >= this.end) truncated(1)
      const byte = this.bytes[this.position++] as number
      const part = byte & 127
      if (i < 4) low |= part << (7 * i)
      else if (i === 4) {
        low |= part << 28
        high |= part >> 4
      } else high |= part << (7 * i - 32)
      if (byte < 128) {
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    damaged(this.position, 'a number is longer than 64 bits')
  }

  /** A varint as an unsigned number; beyond 2^53 it is rounded. */
  unsigned(): number {
    this.varint64()
    return this.high * HIGH + this.low
  }

  /** A varint as a signed 64-bit number; beyond 2^53 it is rounded. */
  signed(): number {
    this.varint64()
    return (this.high | 0) * HIGH + this.low
  }

  /** Advances over `length` bytes and returns where they start. */
  take(length: number): number {
    if (length > this.end - this.position) truncated(length - (this.end - this.position))
    const start = this.position
    this.position += length
    return start
  }

  /** A length-delimited field as a view. */
  view(): Uint8Array {
    const length = this.unsigned()
    const start = this.take(length)
    return this.bytes.subarray(start, start + length)
  }

  string(): string {
    return utf8.decode(this.view())
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint64()
    else if (wireType === FIXED64) this.take(8)
    else if (wireType === BYTES) this.take(this.unsigned())
    else if (wireType === FIXED32) this.take(4)
    else damaged(this.position, `an unknown wire type ${wireType}`)
  }
}

/** Collects encoded parts without copying large ones until `finish`. */
export class WireWriter {
  private readonly parts: Uint8Array[] = []
  private small: number[] = []
  length = 0

  private flush(): void {
    if (this.small.length === 0) return
    this.parts.push(Uint8Array.from(this.small))
    this.small = []
  }

  private byte(value: number): void {
    this.small.push(value)
    this.length++
  }

  /** An integer as a 64-bit two's complement varint; values beyond the range of int64 are held at its ends. */
  integer(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
      let rest = value
      while (rest > 127) {
        this.byte((rest & 127) | 128)
        rest >>>= 7
      }
      this.byte(rest)
      return
    }
    let rest = typeof value === 'bigint' ? value : saturate(value)
    rest = BigInt.asUintN(64, rest)
    while (rest > 127n) {
      this.byte(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.byte(Number(rest))
  }

  tag(field: number, wireType: number): void {
    this.integer(field * 8 + wireType)
  }

  raw(bytes: Uint8Array): void {
    this.flush()
    this.parts.push(bytes)
    this.length += bytes.length
  }

  bytes(bytes: Uint8Array): void {
    this.integer(bytes.length)
    if (bytes.length < 64) for (const byte of bytes) this.byte(byte)
    else this.raw(bytes)
  }

  string(value: string): void {
    this.bytes(toUtf8.encode(value))
  }

  float(value: number): void {
    const bytes = new Uint8Array(Float32Array.of(value).buffer)
    for (const byte of bytes) this.byte(byte)
  }

  /** A nested message: its length, then its parts. */
  nested(writer: WireWriter): void {
    this.integer(writer.length)
    writer.flush()
    this.flush()
    for (const part of writer.parts) this.parts.push(part)
    this.length += writer.length
  }

  finish(): Uint8Array {
    this.flush()
    const result = new Uint8Array(this.length)
    let at = 0
    for (const part of this.parts) {
      result.set(part, at)
      at += part.length
    }
    return result
  }
}

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)

function saturate(value: number): bigint {
  if (value >= 2 ** 63) return MAX_INT64
  if (value <= -(2 ** 63)) return MIN_INT64
  return BigInt(Math.trunc(value))
}
