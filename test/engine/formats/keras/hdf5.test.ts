/** HDF5 files in every layout that h5py writes (test/models/keras/layouts.py), and ones that lie about themselves. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../../src/engine/formats'
import { Hdf5 } from '../../../../src/engine/formats/keras/hdf5'
import { FileBytes } from '../../../../src/engine/formats/keras/hdf5/bytes'
import { checksumOf } from '../../../../src/engine/formats/keras/hdf5/checksum'
import { arrayOf } from '../../../../src/engine/formats/keras/hdf5/datasets'
import { messageType } from '../../../../src/engine/formats/keras/hdf5/headers'
import { writeHdf5 } from '../../../../src/engine/formats/keras/write/hdf5'
import { float32 } from '../../../../src/engine/graph/tensor'

const folder = join(import.meta.dirname, '../../../models/keras')
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)))
const opened = (name: string) => Hdf5.open(bytesOf(`layouts/${name}`), name)

const kinds = [
  'contiguous',
  'big_endian',
  'double',
  'half',
  'int8',
  'int16',
  'int64',
  'chunked',
  'gzip',
  'shuffled',
  'checked',
  'one_chunk',
  'single_elements',
]

describe.each(['earliest.h5', 'latest.h5'])('%s', (name) => {
  const file = opened(name)

  it.each(kinds.map((kind, i) => [kind, i] as const))('reads the array "%s"', (kind, i) => {
    const array = file.array(`arrays/${kind}`)
    expect(array?.dims).toEqual([7, 5, 3])
    expect(array?.dtype).toBe(kind === 'int8' || kind === 'int16' ? 'int32' : 'float32')
    expect([...(array?.data ?? [])]).toEqual(Array.from({ length: 105 }, (_, k) => ((k * 7 + i) % 101) - 50))
  })

  it('reads a number without axes, no numbers and truth values', () => {
    expect(file.array('single')).toEqual({ dtype: 'float32', dims: [], data: Float32Array.of(2.5) })
    expect(file.array('empty')).toEqual({ dtype: 'float32', dims: [0, 3], data: new Float32Array() })
    expect(file.array('switch')?.data).toEqual(Int32Array.of(1, 0, 1))
  })

  it('finds every object of a large group, and none that is not there', () => {
    const names = Array.from({ length: 100 }, (_, i) => `many/layer_${String(i).padStart(3, '0')}`)
    expect(names.filter((each) => file.has(each))).toEqual(names)
    expect(['many/layer_100', 'many/layer_000/x', 'none', 'single/x'].filter((each) => file.has(each))).toEqual([])
    expect(file.array('many')).toBeUndefined()
    expect(file.array('none')).toBeUndefined()
  })

  it('reads texts of every kind, among many attributes', () => {
    expect(file.text('about', 'text')).toBe('ein Satz für alle')
    expect(file.text('about', 'fixed')).toBe('short')
    expect(file.text('about', 'long')).toBe('word '.repeat(3000))
    expect(file.texts('about', 'texts')).toEqual(['a/kernel:0', '', 'b/bias:0'])
    expect(file.texts('about', 'names')).toEqual(['kernel', 'bias'])
    expect(file.text('about', 'more_39')).toBe('x'.repeat(39))
    expect(file.text('about', 'number')).toBeUndefined()
    expect(file.text('about', 'none')).toBeUndefined()
    expect(file.text('about', 'texts')).toBeUndefined()
    expect(file.texts('about', 'text')).toEqual([])
    expect(file.text('single', 'text')).toBeUndefined()
  })

  it('says which type or packing it does not read', () => {
    expect(() => file.array('complex')).toThrow(/stored in a type that Espalier does not read/)
    expect(() => file.array('packed')).toThrow(/packed by the filter 32000/)
  })
})

describe('the newer layout', () => {
  const file = opened('latest.h5')

  it('holds attributes too large for their heap, and indexes of several pages', () => {
    expect(file.text('about', 'large')).toBe('y'.repeat(5000))
    expect(file.array('pages')?.data).toEqual(Int32Array.from(Int8Array.from({ length: 1100 }, (_, i) => i)))
  })

  it('refuses arrays that can grow by name', () => {
    expect(() => file.array('growing')).toThrow(/an array that can grow/)
    expect([...(opened('earliest.h5').array('growing')?.data ?? [])]).toEqual([0, 1, 2, 3, 4, 5])
  })

  it.each(['cnn.v3', 'recurrent.v2'])('gives %s the same weights as the older one', async (network) => {
    const [older, newer] = await Promise.all(
      [`${network}.h5`, `layouts/${network}.latest.h5`].map((name) => readModel({ name, bytes: bytesOf(name) })),
    )
    expect([...(newer?.graph.constants ?? [])]).toEqual([...(older?.graph.constants ?? [])])
    expect(newer?.graph.nodes.map(({ name }) => name)).toEqual(older?.graph.nodes.map(({ name }) => name))
  })

  it('is known to be damaged by its checksums', () => {
    const bytes = bytesOf('layouts/latest.h5')
    const at = bytes.findIndex((_, i) => String.fromCharCode(...bytes.subarray(i, i + 4)) === 'OHDR')
    bytes[at + 20] = (bytes[at + 20] as number) ^ 1
    expect(() => Hdf5.open(bytes, 'latest.h5').array('single')).toThrow(/is a damaged HDF5 file/)
  })
})

describe('an HDF5 file that lies', () => {
  const good = () => writeHdf5([{ path: ['a', 'b'], data: float32([4], [1, 2, 3, 4]) }])
  const find = (bytes: Uint8Array, text: string): number =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(text)
  const put = (bytes: Uint8Array, at: number, value: number) =>
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, BigInt(value), true)
  const refusal = (bytes: Uint8Array): unknown => {
    try {
      return Hdf5.open(bytes, 'x.h5').array('a/b')
    } catch (error) {
      return (error as { code?: string }).code
    }
  }

  it('is read where it does not', () => {
    expect(refusal(good())).toMatchObject({ dims: [4], data: Float32Array.of(1, 2, 3, 4) })
  })

  it('with a tree whose leaf is the tree itself', () => {
    const bytes = good()
    const tree = find(bytes, 'TREE')
    bytes[tree + 5] = 1
    put(bytes, tree + 32, tree)
    expect(refusal(bytes)).toBe('FILE_UNREADABLE')
  })

  it('with a tree of many entries that all lead to one place', () => {
    const bytes = new Uint8Array(1_100_000)
    bytes.set(good())
    const tree = find(bytes, 'TREE')
    const leaf = find(bytes, 'SNOD')
    new DataView(bytes.buffer).setUint16(tree + 6, 65_535, true)
    for (let i = 0; i < 65_535; i++) put(bytes, tree + 32 + 16 * i, leaf)
    expect(refusal(bytes)).toBe('FILE_UNREADABLE')
  })

  it('with a header that is continued in itself', () => {
    const bytes = good()
    const root = Number(new DataView(bytes.buffer).getBigUint64(64, true))
    const view = new DataView(bytes.buffer)
    view.setUint16(root + 2, 65_535, true)
    view.setUint16(root + 16, 0x10, true)
    put(bytes, root + 24, root + 16)
    put(bytes, root + 32, 24)
    expect(refusal(bytes)).toBe('FILE_UNREADABLE')
  })

  it('with more elements than it has bytes', () => {
    const bytes = good()
    // Version 1, one axis of 4 elements.
    const space = find(bytes, '\u0001\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0004')
    put(bytes, space + 8, 2 ** 40)
    expect(refusal(bytes)).toBe('FILE_TRUNCATED')
  })

  it.each([9, 24, 60, 100, 500])('that ends after %i bytes', (length) => {
    expect(refusal(good().slice(0, length))).toBe('FILE_UNREADABLE')
  })
})

describe('packed chunks', () => {
  /** One deflated chunk of zeros as the newer layout stores it, and the messages of its array. */
  function packed(extent: number, chunk: number, stored: Uint8Array, entries = 1) {
    const bytes = new Uint8Array(256 + 32 * entries + stored.length)
    const view = new DataView(bytes.buffer)
    let at = 0
    const put = (size: 1 | 2 | 4 | 8, ...values: number[]) => {
      for (const value of values) {
        if (size === 8) view.setBigUint64(at, BigInt(value), true)
        else if (size === 4) view.setUint32(at, value, true)
        else if (size === 2) view.setUint16(at, value, true)
        else view.setUint8(at, value)
        at += size
      }
    }
    const message = (type: number, write: () => void) => {
      const start = at
      write()
      return { type, start, end: at }
    }
    const data = bytes.length - stored.length
    bytes.set(stored, data)
    const messages = [
      message(messageType.dataspace, () => {
        put(1, 2, 1, 0, 1)
        put(8, extent)
      }),
      message(messageType.datatype, () => {
        put(1, 0x11, 0x20, 0x1f, 0)
        put(4, 4)
        put(2, 0, 32)
        put(1, 23, 8, 0, 23)
        put(4, 127)
      }),
      message(messageType.filters, () => {
        put(1, 2, 1)
        put(2, 1, 1, 1)
        put(4, 9)
      }),
      message(messageType.layout, () => {
        put(1, 3, 2, 2)
        put(8, 160)
        put(4, chunk, 4)
      }),
    ]
    at = 160
    for (const letter of 'TREE') put(1, letter.charCodeAt(0))
    put(1, 1, 0)
    put(2, entries)
    put(8, 2 ** 53, 2 ** 53)
    for (let i = 0; i < entries; i++) {
      put(4, stored.length, 0)
      put(8, 0, 0, data)
    }
    const array = arrayOf(new FileBytes(bytes), messages)
    return () => array?.bytes()
  }
  const zeros = (count: number) => new Uint8Array(deflateSync(new Uint8Array(4 * count)))

  it('unpack to their array', () => {
    expect(packed(8, 8, zeros(8))()).toEqual(new Uint8Array(32))
    expect(packed(8, 64, zeros(64))()).toEqual(new Uint8Array(32))
  })

  it('larger than their array are refused before they are unpacked', () => {
    expect(packed(4, 2 ** 19, zeros(2 ** 19))).toThrow('a chunk is larger than its array')
  })

  it('that lead to the same bytes again and again are refused', () => {
    expect(packed(8, 8, zeros(8), 3)).toThrow('more chunks than it needs')
  })

  it('are refused where all together unpack to far more than the file', () => {
    const claimed = new Uint8Array(2 ** 17)
    expect(packed(2 ** 25, 2 ** 25, claimed)).toThrow(expect.objectContaining({ code: 'FILE_TOO_LARGE' }))
  })
})

describe('the checksum', () => {
  // Vectors of Bob Jenkins' lookup3.c: hashlittle with 0 as the start value.
  it('is that of lookup3', () => {
    const text = new TextEncoder().encode('Four score and seven years ago')
    expect(checksumOf(text, 0, text.length)).toBe(0x17770551)
    expect(checksumOf(new Uint8Array(), 0, 0)).toBe(0xdeadbeef)
  })
})
