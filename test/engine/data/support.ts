/** Data files in memory, and little writers for the formats under test. */
import { readFileSync } from 'node:fs'
import { zipSync } from 'fflate'
import type { FileAccess } from '../../../src/engine/data'

export const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}`, import.meta.url))

export const expected = JSON.parse(new TextDecoder().decode(fixture('expected.jsonl'))) as {
  pictures: number[][]
  types: Record<string, (number | string | boolean)[]>
  'pictures of files': Record<string, { plain: number[]; small: number[]; large: number[] }>
}

/** Files as a shell would hand them in. */
export const inMemory = (files: Readonly<Record<string, Uint8Array>>): FileAccess => ({
  list: async () => Object.keys(files),
  read: async (name) => {
    const bytes = files[name]
    if (!bytes) throw new Error(`no file ${name}`)
    return bytes
  },
})

const types = new Map<string, string>([
  ['Uint8Array', '|u1'],
  ['Int32Array', '<i4'],
  ['Float32Array', '<f4'],
  ['Float64Array', '<f8'],
  ['BigInt64Array', '<i8'],
])

type Elements = Uint8Array | Int32Array | Float32Array | Float64Array | BigInt64Array

/** An array in the .npy format, version 1. */
export function npy(shape: readonly number[], data: Elements, header?: string): Uint8Array {
  const descr = types.get(data.constructor.name)
  const text =
    header ??
    `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const bytes = new Uint8Array(10 + padded.length + data.byteLength)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8])
  bytes.set(new TextEncoder().encode(padded), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + padded.length)
  return bytes
}

export const npz = (arrays: Readonly<Record<string, Uint8Array>>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])))

/** An IDX file of bytes. */
export function idx(dims: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + data.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0, 0, 8, dims.length])
  dims.forEach((dim, i) => {
    view.setUint32(4 + 4 * i, dim)
  })
  bytes.set(data, 4 + 4 * dims.length)
  return bytes
}

export const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 37) % 256)
