/** Damaged and hostile data files, made from small good ones: each gives its code and a sentence, in bounded memory. */

import fc from 'fast-check'
import { gzipSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { EspalierError } from '../../../src/contract/errors'
import { openData } from '../../../src/engine/data'
import { counting, fixture, idx, inMemory, npy, npz } from './support'

type Files = Record<string, Uint8Array>

const x = npy([4, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8))
const archive = npz({ x_train: x, y_train: npy([4], Int32Array.of(0, 1, 0, 1)) })
const one = (bytes: Uint8Array): Files => ({ 'data.npz': bytes })
const header = (text: string) => one(npz({ x_train: npy([1], Float32Array.of(1), text) }))
const text = (content: string) => new TextEncoder().encode(content)

/** The archive with some bytes of it replaced, found by a signature. */
function patched(bytes: Uint8Array, signature: number[], offset: number, values: number[]): Uint8Array {
  const copy = bytes.slice()
  const at = copy.findIndex((_, i) => signature.every((byte, k) => copy[i + k] === byte))
  copy.set(values, at + offset)
  return copy
}
const directory = [0x50, 0x4b, 1, 2]

const cases: [string, Files, string, string][] = [
  ['an empty folder', {}, 'DATA_INVALID', 'is empty'],
  ['a file of another kind', { 'notes.txt': text('hello') }, 'FORMAT_UNKNOWN', 'is no data that Espalier reads'],
  [
    'an archive cut in half',
    one(archive.slice(0, archive.length / 2)),
    'FILE_TRUNCATED',
    'the directory at the end of the archive is missing',
  ],
  [
    'an archive with a flipped byte',
    one(
      patched(
        npz({
          x_train: npy(
            [99],
            new Uint8Array(99).map((_, i) => (i * i) % 251),
          ),
        }),
        [0x93, 0x4e, 0x55, 0x4d],
        200,
        [1],
      ),
    ),
    'FILE_UNREADABLE',
    'damaged',
  ],
  [
    'an entry that announces 4 GB',
    one(patched(archive, directory, 24, [0xf0, 0xff, 0xff, 0xff])),
    'FILE_UNREADABLE',
    'does not unpack',
  ],
  [
    'an entry that is larger than announced',
    one(patched(zipSync({ 'x_train.npy': new Uint8Array(5000) }), directory, 24, [10, 0, 0, 0])),
    'FILE_UNREADABLE',
    'does not unpack',
  ],
  [
    'an entry that lies elsewhere',
    one(patched(archive, directory, 42, [0xff, 0xff, 0xff, 0x0f])),
    'FILE_UNREADABLE',
    'is not where it should be',
  ],
  ['a packing nobody uses', one(patched(archive, directory, 10, [99])), 'FILE_UNREADABLE', 'method 99'],
  ['no known arrays', one(npz({ images: x })), 'DATA_INVALID', 'no array x_train or x_test; it holds images'],
  [
    'an entry that is no array',
    one(zipSync({ 'x_train.npy': text('hello, this is not an array') })),
    'FILE_UNREADABLE',
    'does not begin like one',
  ],
  [
    'a header without shape',
    header("{'descr': '<f4', 'fortran_order': False, }"),
    'FILE_UNREADABLE',
    'does not say type and shape',
  ],
  [
    'a header with code in it',
    header("{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os'),), }"),
    'FILE_UNREADABLE',
    'does not say type and shape',
  ],
  [
    'a shape beyond the data',
    header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"),
    'FILE_TRUNCATED',
    'bytes of data',
  ],
  [
    'a shape that overflows',
    header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }"),
    'FILE_UNREADABLE',
    'is impossible',
  ],
  [
    'a shape of a hundred axes',
    header(`{'descr': '<f4', 'fortran_order': False, 'shape': (${'1, '.repeat(100)}), }`),
    'FILE_UNREADABLE',
    'is impossible',
  ],
  ['Python objects', header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), 'DATA_INVALID', 'of type |O'],
  [
    'complex numbers',
    header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }"),
    'DATA_INVALID',
    'of type <c8',
  ],
  [
    'records',
    header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"),
    'DATA_INVALID',
    'of type record',
  ],
  [
    'a single number',
    one(npz({ x_train: npy([], Float32Array.of(1), "{'descr': '<f4', 'fortran_order': False, 'shape': (), }") })),
    'DATA_INVALID',
    'is a single number',
  ],
  [
    'NaN among the samples',
    one(npz({ x_train: npy([2, 2], Float32Array.of(1, 2, Number.NaN, 4)) })),
    'DATA_NON_FINITE',
    '"x_train" holds a value that is not a number (NaN) in sample 1',
  ],
  [
    'infinite targets',
    one(npz({ x_train: x, y_train: npy([4], Float32Array.of(1, 2, Number.POSITIVE_INFINITY, 4)) })),
    'DATA_NON_FINITE',
    'in sample 2',
  ],
  [
    'fewer labels than samples',
    one(npz({ x_train: x, y_train: npy([3], Int32Array.of(0, 1, 0)) })),
    'DATA_INVALID',
    '3 labels for 4 samples',
  ],
  [
    'a negative label',
    one(npz({ x_train: x, y_train: npy([4], Int32Array.of(0, 1, -2, 1)) })),
    'DATA_LABELS_OUT_OF_RANGE',
    'the label -2 for sample 2',
  ],
  [
    'a label beyond the named classes',
    {
      'train-images-idx3': idx([2, 2, 2], counting(8)),
      'train-labels-idx1': idx([2], Uint8Array.of(0, 1)),
      'dataset.json': text('{"mean": "no"}'),
    },
    'DATA_INVALID',
    'must hold lists',
  ],
  [
    'a standard deviation of zero',
    one(npz({ x_train: npy([1, 2], Uint8Array.of(1, 2)), std: npy([1], Float32Array.of(0)) })),
    'DATA_INVALID',
    'every value must be a positive number',
  ],
  [
    'a mean for other channels',
    one(npz({ x_train: npy([1, 3, 4, 5], counting(60)), mean: npy([2], Float32Array.of(0, 0)) })),
    'DATA_INVALID',
    'mean has 2 values, but its images have 3 channels',
  ],
  [
    'splits that differ',
    one(npz({ x_train: x, x_test: npy([1, 3], Float32Array.of(1, 2, 3)) })),
    'DATA_INVALID',
    'Store all splits alike',
  ],
  [
    'inputs of different length',
    one(npz({ 'x_train.a': x, 'x_train.b': npy([1], Float32Array.of(1)) })),
    'DATA_INVALID',
    'need the same number',
  ],
  [
    'IDX with a short body',
    { 'train-images-idx3': idx([2, 28, 28], counting(100)) },
    'FILE_TRUNCATED',
    'needs 1568 bytes',
  ],
  [
    'IDX with dimensions that overflow',
    { 'train-images-idx3': idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], counting(10)) },
    'FILE_TRUNCATED',
    'are there',
  ],
  ['IDX of another kind', { 'train-images-idx3': counting(50) }, 'DATA_INVALID', 'does not begin like an IDX file'],
  ['IDX labels alone', { 'train-labels-idx1': idx([2], Uint8Array.of(0, 1)) }, 'DATA_INVALID', 'no images for them'],
  [
    'gzip cut short',
    { 'train-images-idx3.gz': gzipSync(idx([9, 9, 9], counting(729))).slice(0, 300) },
    'FILE_UNREADABLE',
    'does not unpack',
  ],
  [
    'gzip that is not',
    { 'train-images-idx3.gz': Uint8Array.of(0x1f, 0x8b, ...counting(40)) },
    'FILE_UNREADABLE',
    'does not unpack',
  ],
  ['CIFAR with half a record', { 'data_batch_1.bin': counting(5000) }, 'FILE_TRUNCATED', 'records are 3073 bytes'],
  [
    'CIFAR with an impossible label',
    { 'data_batch_1.bin': Uint8Array.of(77, ...counting(3072)) },
    'DATA_LABELS_OUT_OF_RANGE',
    'the label 77',
  ],
  [
    'images in no class folder',
    { 'a.png': fixture('grey.png'), 'b.png': fixture('grey.png') },
    'DATA_INVALID',
    'lies in no class folder',
  ],
  [
    'images of another kind',
    { 'cat/a.webp': counting(10), 'dog/b.webp': counting(10) },
    'DATA_INVALID',
    'neither PNG nor JPEG',
  ],
  [
    'an image cut short',
    { 'a/1.png': fixture('palette.png').slice(0, 120), 'b/1.png': fixture('grey.png') },
    'FILE_UNREADABLE',
    'image "a/1.png" is damaged',
  ],
  [
    'an image of a billion pixels',
    {
      'a/1.png': patched(fixture('grey.png'), [0x49, 0x48, 0x44, 0x52], 4, [0, 1, 0, 0, 0, 1, 0, 0]),
      'b/1.png': fixture('grey.png'),
    },
    'FILE_TOO_LARGE',
    '65536 x 65536',
  ],
  [
    'a text named like an image',
    { 'a/1.png': text('not an image'), 'b/1.png': text('no') },
    'FILE_UNREADABLE',
    'neither a PNG nor a JPEG',
  ],
  ['CSV with a gap', { 'a.csv': text('1,2,0\n3,,1\n') }, 'DATA_NON_FINITE', 'in sample 1'],
  ['CSV with a long row', { 'a.csv': text('1,2,0\n3,4,5,1\n') }, 'DATA_INVALID', 'Row 2 of "a.csv" has 4 columns'],
  [
    'CSV with a name among several labels',
    { 'a.csv': text('a,label_1,label_2\n1,0,cat\n') },
    'DATA_INVALID',
    '"cat" stands in a label column',
  ],
  ['an empty CSV', { 'a.csv': text('\n\n') }, 'DATA_INVALID', 'holds no rows of numbers'],
  [
    'a broken dataset.json',
    { 'train-images-idx3': idx([1, 2, 2], counting(4)), 'dataset.json': text('{') },
    'DATA_INVALID',
    'is not valid JSON',
  ],
]

describe('malformed data', () => {
  it.each(cases)('%s', async (_, files, code, sentence) => {
    const opening = openData(inMemory(files))
    await expect(opening).rejects.toBeInstanceOf(EspalierError)
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) })
  })

  it('a bomb is refused before anything is allocated for it', async () => {
    const bomb = zipSync({ 'x_train.npy': new Uint8Array(50 * 2 ** 20) }, { level: 9 })
    const lie = patched(bomb, directory, 24, [0xff, 0xff, 0xff, 0xef])
    const before = process.memoryUsage().arrayBuffers
    await expect(openData(inMemory(one(lie)))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 2 ** 20)
  })
})

async function opensOrRefuses(files: Files): Promise<void> {
  try {
    const source = await openData(inMemory(files))
    for (const table of [source.train, source.test])
      if (table && table.count > 0) table.read(Int32Array.of(0, table.count - 1))
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    expect(error.code).not.toBe('INTERNAL')
    expect(error.message.length).toBeGreaterThan(30)
  }
}

const seeds: [string, Files][] = [
  ['npz', one(archive)],
  ["numpy's npz", one(new Uint8Array(fixture('pictures.npz')))],
  ['stored npz', one(zipSync({ 'x_train.npy': x }, { level: 0 }))],
  ['idx', { 'train-images-idx3': idx([3, 2, 2], counting(12)) }],
  ['gzipped idx', { 'train-images-idx3.gz': gzipSync(idx([3, 2, 2], counting(12))) }],
  ['cifar', { 'data_batch_1.bin': Uint8Array.of(3, ...counting(3072)) }],
  ['png', { 'a/1.png': new Uint8Array(fixture('palette.png')), 'b/2.png': new Uint8Array(fixture('palette.png')) }],
  ['jpeg', { 'a/1.jpg': new Uint8Array(fixture('photo.jpg')), 'b/2.jpg': new Uint8Array(fixture('photo.jpg')) }],
  ['csv', { 'a.csv': text('a,b,label\n1,2,0\n3,4,1\n') }],
]

describe('damaged bytes', () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const change = fc.record({ at: place, to: fc.integer({ min: 0, max: 255 }) })

  it.each(seeds)('never crash the reader of %s', async (_, files) => {
    const [[name, bytes]] = Object.entries(files) as [[string, Uint8Array]]
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.option(place), (changes, cut) => {
        const copy = bytes.slice(0, cut === null ? bytes.length : Math.floor(cut * bytes.length))
        for (const { at, to } of changes) copy[Math.floor(at * (copy.length - 1))] = to
        return opensOrRefuses({ ...files, [name]: copy })
      }),
      { numRuns: 150 },
    )
  })
})
