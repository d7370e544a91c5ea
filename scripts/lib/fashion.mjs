/** Pieces of Fashion-MNIST's IDX files as the members of an .npz file. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const side = 28

/** Elements of an IDX file, after its header of a magic number and one 32-bit extent a dimension. */
export function readIdx(folder, name) {
  const packed = join(folder, `${name}.gz`)
  const bytes = existsSync(packed) ? gunzipSync(readFileSync(packed)) : readFileSync(join(folder, name))
  return bytes.subarray(4 + 4 * bytes[3])
}

/** A NumPy .npy file, format 1.0, C order. */
export function npy(descriptor, shape, bytes) {
  const shapeText = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': ${shapeText}, }`
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const prefix = Buffer.alloc(10)
  prefix.write('\x93NUMPY\x01\x00', 'latin1')
  prefix.writeUInt16LE(header.length, 8)
  return Buffer.concat([prefix, Buffer.from(header, 'latin1'), bytes])
}

export const floats = (values) => npy('<f4', [values.length], Buffer.from(Float32Array.from(values).buffer))

/** `count` pictures of an IDX file's elements, [count, 1, 28, 28]. */
export const images = (source, from, count) =>
  npy('|u1', [count, 1, side, side], source.subarray(from * side * side, (from + count) * side * side))

export const labels = (source, from, count) => npy('|u1', [count], source.subarray(from, from + count))
