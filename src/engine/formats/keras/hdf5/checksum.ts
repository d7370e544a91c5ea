/** The checksum of HDF5's metadata: Bob Jenkins' lookup3, `hashlittle` with 0 as the start value (public domain). */

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

/** Up to four bytes, least first; beyond `end` there are zeros. */
function word(bytes: Uint8Array, at: number, end: number): number {
  let value = 0
  for (let i = Math.min(4, end - at) - 1; i >= 0; i--) value = (value << 8) | (bytes[at + i] as number)
  return value
}

/** Of the bytes from `start` to `end`, as an unsigned number of 32 bits. */
export function checksumOf(bytes: Uint8Array, start: number, end: number): number {
  let a = (0xdeadbeef + (end - start)) | 0
  let b = a
  let c = a
  let at = start
  for (; end - at > 12; at += 12) {
    a = (a + word(bytes, at, end)) | 0
    b = (b + word(bytes, at + 4, end)) | 0
    c = (c + word(bytes, at + 8, end)) | 0
    a = ((a - c) ^ rotate(c, 4)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 6)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 8)) | 0
    b = (b + a) | 0
    a = ((a - c) ^ rotate(c, 16)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 19)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 4)) | 0
    b = (b + a) | 0
  }
  if (at === end) return c >>> 0
  a = (a + word(bytes, at, end)) | 0
  b = (b + word(bytes, at + 4, end)) | 0
  c = (c + word(bytes, at + 8, end)) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return c >>> 0
}
