/** Arrays that numpy wrote, and data sets made of them. */
import { describe, expect, it } from 'vitest'
import { readDirectory, readEntry } from '../../../src/engine/archive/zip'
import { fitToNetwork, openData } from '../../../src/engine/data'
import { readNpy } from '../../../src/engine/data/sources/npy'
import { expected, fixture, inMemory, npy, npz } from './support'

const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i)
const numbers = (data: ArrayLike<number> | undefined) => Array.from(data ?? [])

describe('arrays written by numpy', () => {
  const archive = new Uint8Array(fixture('types.npz'))
  const entries = readDirectory(archive, 'types.npz')

  it.each(Object.entries(expected.types))('%s', (name, values) => {
    const entry = entries.get(`${name}.npy`)
    if (!entry) throw new Error(`no ${name}`)
    const array = readNpy(readEntry(archive, entry, 'types.npz'), name)
    expect(Array.from(array.data as ArrayLike<number | string>)).toEqual(
      values.map((value) => (typeof value === 'boolean' ? Number(value) : value)),
    )
  })

  it('of versions 2 and 3 are read too', () => {
    const plain = npy([2], Float32Array.of(1, 2))
    for (const version of [2, 3]) {
      const bytes = new Uint8Array(plain.length + 2)
      bytes.set(plain.subarray(0, 10))
      bytes[6] = version
      bytes.set([0, 0], 10)
      bytes.set(plain.subarray(10), 12)
      expect(numbers(readNpy(bytes, 'x').data as Float32Array)).toEqual([1, 2])
    }
  })
})

describe('a data set written by numpy', () => {
  it('is normalised a channel, moved to NCHW, and labelled', async () => {
    const source = await openData(inMemory({ 'pictures.npz': fixture('pictures.npz') }))
    expect(source.kind).toBe('npz')
    expect(source.sampleShape).toEqual([3, 4, 5])
    expect(source.classes).toEqual(['cat', 'dög', 'bird'])
    expect(source.mean).toEqual([0.4, 0.5, 0.6])
    const train = source.train.read(all(4))
    expect(train.inputs.get('')?.dims).toEqual([4, 3, 4, 5])
    expect(numbers(train.inputs.get('')?.data)).toEqual(expected.pictures.slice(0, 4).flat().map(Math.fround))
    expect(train.labels).toEqual(Int32Array.of(0, 1, 2, 0))
    const test = source.test?.read(Int32Array.of(1, 0))
    expect(numbers(test?.inputs.get('')?.data)).toEqual(
      [...(expected.pictures[5] ?? []), ...(expected.pictures[4] ?? [])].map(Math.fround),
    )
    expect(test?.labels).toEqual(Int32Array.of(2, 1))
    expect(source.validation).toBeNull()
  })

  it('has a fingerprint that only its bytes decide', async () => {
    const bytes = fixture('pictures.npz')
    const first = await openData(inMemory({ 'pictures.npz': bytes }))
    const again = await openData(inMemory({ 'pictures.npz': bytes.slice() }))
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(again.hash).toBe(first.hash)
    const other = await openData(inMemory({ 'pictures.npz': npz({ x_test: npy([1, 2], Float32Array.of(1, 2)) }) }))
    expect(other.hash).not.toBe(first.hash)
  })

  it('lets the user say what the file does not', async () => {
    const bytes = npz({ x_train: npy([1, 2, 2], Uint8Array.of(0, 51, 102, 255)) })
    const source = await openData(inMemory({ 'a.npz': bytes }), { mean: [0.2], std: [0.5] })
    const { inputs } = source.train.read(Int32Array.of(0))
    expect(numbers(inputs.get('')?.data)).toEqual([-0.4, 0, 0.4, 1.6].map(Math.fround))
    expect(inputs.get('')?.dims).toEqual([1, 1, 2, 2])
  })

  it('takes floats as they are, and keeps its own validation split', async () => {
    const x = Float32Array.of(1, -2, 3, 4)
    const source = await openData(
      inMemory({
        'a.npz': npz({
          x_train: npy([2, 2], x),
          x_valid: npy([1, 2], Float64Array.of(0.5, 1e10)),
          y_valid: npy([1], BigInt64Array.of(1n)),
          mean: npy([1], Float32Array.of(9)),
        }),
      }),
    )
    expect(numbers(source.train.read(all(2)).inputs.get('')?.data)).toEqual([1, -2, 3, 4])
    expect(source.train.labels).toBeNull()
    expect(source.mean).toEqual([])
    expect(source.validation?.labels).toEqual(Int32Array.of(1))
    expect(numbers(source.validation?.read(all(1)).inputs.get('')?.data)).toEqual([0.5, 1e10])
  })

  it('reads one-hot labels, regression targets and several named inputs', async () => {
    const files = {
      'a.npz': npz({
        'x_train.ids': npy([2, 3], Int32Array.of(1, 2, 3, 4, 5, 6)),
        'x_train.mask': npy([2, 3], Int32Array.of(1, 1, 0, 1, 1, 1)),
        y_train: npy([2, 3], Float32Array.of(0, 0, 1, 1, 0, 0)),
      }),
    }
    const source = await openData(inMemory(files))
    const input = (name: string, dtype: 'int64' | 'float32') => ({ name, dtype, shape: ['batch', 3] })
    const graph = { inputs: [input('mask', 'float32'), input('ids', 'int64')], outputs: [] }
    const { inputs, labels } = fitToNetwork(source, graph).train.read(Int32Array.of(1))
    expect(inputs.get('ids')?.data).toEqual(Int32Array.of(4, 5, 6))
    expect(inputs.get('mask')?.data).toEqual(Float32Array.of(1, 1, 1))
    expect(labels).toEqual(Int32Array.of(0))
    const targets = await openData(
      inMemory({
        'a.npz': npz({ x_train: npy([2, 1], Float32Array.of(1, 2)), y_train: npy([2, 1], Float32Array.of(0.5, -1)) }),
      }),
    )
    expect(targets.train.labels).toEqual(Float32Array.of(0.5, -1))
    expect(targets.classes).toEqual([])
  })
})

describe('fitting to a network', () => {
  const bytes = Uint8Array.from({ length: 48 }, (_, i) => i)
  const open = (shape: number[], data = bytes) => openData(inMemory({ 'a.npz': npz({ x_train: npy(shape, data) }) }))
  const served = async (shape: number[], wanted: (number | string)[], data?: Uint8Array<ArrayBuffer>) => {
    const inputs = [{ name: 'x', dtype: 'float32' as const, shape: ['batch', ...wanted] }]
    const source = fitToNetwork(await open(shape, data), { inputs, outputs: [] })
    const batch = source.train.read(Int32Array.of(1))
    return numbers(batch.inputs.get('')?.data).map((value) => Math.round(value * 255))
  }
  const second = numbers(bytes.slice(24))

  it.each([
    ['as it is', [2, 2, 3, 4], [2, 3, 4], second],
    [
      'channels moved to the front',
      [2, 3, 4, 2],
      [2, 3, 4],
      [...second.filter((_, i) => i % 2 === 0), ...second.filter((_, i) => i % 2 === 1)],
    ],
    ['a channel added', [2, 4, 6], [1, 4, 6], second],
    ['a channel dropped', [2, 1, 4, 6], [4, 6], second],
    ['flattened', [2, 3, 2, 4], [24], second],
    [
      'flattened after channels were moved',
      [2, 2, 4, 3],
      [24],
      [0, 1, 2].flatMap((c) => second.filter((_, i) => i % 3 === c)),
    ],
    [
      'with extents the network leaves open',
      [2, 4, 2, 3],
      [3, 'height', 'width'],
      [0, 1, 2].flatMap((c) => second.filter((_, i) => i % 3 === c)),
    ],
  ] as [string, number[], (number | string)[], number[]][])('%s', async (_, shape, wanted, result) => {
    expect(await served(shape, wanted)).toEqual(result)
  })

  it('refuses what does not fit, naming both shapes', async () => {
    await expect(served([2, 2, 3, 4], [3, 8, 8])).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/\[2, 3, 4\].*\[3, 8, 8\]/),
    })
  })

  it('refuses labels the network does not know', async () => {
    const source = await openData(
      inMemory({
        'a.npz': npz({ x_train: npy([2, 1], Float32Array.of(1, 2)), y_train: npy([2], Int32Array.of(1, 10)) }),
      }),
    )
    const value = (name: string, width: number) => ({ name, dtype: 'float32' as const, shape: ['batch', width] })
    const graph = (classes: number) => ({ inputs: [value('x', 1)], outputs: [value('y', classes)] })
    expect(fitToNetwork(source, graph(11)).train.count).toBe(2)
    expect(() => fitToNetwork(source, graph(10))).toThrow(
      /Sample 1 of the train split has the label 10.*only 10 classes/,
    )
  })

  it('names an input that nothing fills', async () => {
    const source = await open([2, 24])
    const input = (name: string) => ({ name, dtype: 'float32' as const, shape: ['batch', 24] })
    expect(() => fitToNetwork(source, { inputs: [input('a'), input('mask')], outputs: [] })).toThrow(/input "mask"/)
  })
})

describe('data for a network', () => {
  const info = (name: string, shape: (number | string)[]) => ({ name, dtype: 'float32' as const, shape })
  const network = { inputs: [info('x', ['batch', 1, 2, 3])], outputs: [info('y', ['batch', 3])] }
  const rows = npy(
    [2, 6],
    Float32Array.from({ length: 12 }, (_, i) => i),
  )

  it('lays rows of a table out as the picture they hold', async () => {
    const source = await openData(
      inMemory({ 'rows.npz': npz({ x_train: rows, y_train: npy([2], Int32Array.of(0, 2)) }) }),
    )
    const fitted = fitToNetwork(source, network)
    const read = fitted.train.read(all(2)).inputs.get('')
    expect(read?.dims).toEqual([2, 1, 2, 3])
    expect(numbers(read?.data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('refuses several whole numbers a sample where one class is told', async () => {
    const labels = npy([2, 3], Int32Array.of(1, 0, 2, 0, 1, 1))
    const source = await openData(inMemory({ 'rows.npz': npz({ x_train: rows, y_train: labels }) }))
    expect(() => fitToNetwork(source, network)).toThrow(/3 whole numbers a sample.*column of 0 and 1/)
  })

  it('is fed in bytes, as they are, to a network that reads pictures so', async () => {
    const bytes = Uint8Array.from({ length: 2 * 2 * 3 }, (_, i) => 20 * i)
    const file = npz({ x_train: npy([2, 2, 3, 1], bytes), mean: npy([1], Float32Array.of(0.5)) })
    const source = await openData(inMemory({ 'bytes.npz': file }))
    const pictures = (dtype: 'uint8' | 'int32', shape: (string | number)[]) =>
      fitToNetwork(source, { inputs: [{ name: 'x', dtype, shape }], outputs: [] })
    for (const dtype of ['uint8', 'int32'] as const) {
      const { data } = pictures(dtype, ['batch', 1, 2, 3]).train.read(Int32Array.of(1)).inputs.get('') ?? {}
      expect(data).toEqual(Int32Array.of(120, 140, 160, 180, 200, 220))
    }
    // Rows of whole numbers are ids.
    expect(() => pictures('int32', ['batch', 6])).toThrow('the data holds images')
  })
})
