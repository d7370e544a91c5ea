/** IDX, CIFAR, image folders and CSV; pictures are checked against Pillow. */
import { gzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { fitToNetwork, openData } from '../../../src/engine/data'
import { readPicture, resizePicture } from '../../../src/engine/data/sources/picture'
import { counting, expected, fixture, idx, inMemory } from './support'

const values = (data: ArrayLike<number> | undefined) => Array.from(data ?? [], (value) => Math.round(value * 255))
const text = (content: string) => new TextEncoder().encode(content)

describe('IDX', () => {
  const images = counting(5 * 6)
  const files = {
    'train-images-idx3-ubyte.gz': gzipSync(idx([3, 2, 5], images)),
    'train-labels-idx1-ubyte.gz': gzipSync(idx([3], Uint8Array.of(2, 0, 1))),
    't10k-images-idx3-ubyte': idx([1, 2, 5], images.slice(0, 10)),
    't10k-labels-idx1-ubyte': idx([1], Uint8Array.of(1)),
  }

  it('is read plain and gzipped', async () => {
    const source = await openData(inMemory(files))
    expect(source.kind).toBe('idx')
    expect(source.sampleShape).toEqual([1, 2, 5])
    expect(source.classes).toEqual(['0', '1', '2'])
    const { inputs, labels } = source.train.read(Int32Array.of(2, 0))
    expect(labels).toEqual(Int32Array.of(1, 2))
    expect(values(inputs.get('')?.data)).toEqual([...images.slice(20, 30), ...images.slice(0, 10)])
    expect(source.test?.labels).toEqual(Int32Array.of(1))
    expect(source.mean).toEqual([0])
  })

  it('takes mean, std and classes from dataset.json', async () => {
    const description = text('{"mean": [0.5], "std": [0.25], "classes": ["a", "b", "c"]}')
    const source = await openData(inMemory({ ...files, 'dataset.json': description }))
    expect([source.mean, source.std, source.classes]).toEqual([[0.5], [0.25], ['a', 'b', 'c']])
    const [first] = source.train.read(Int32Array.of(0)).inputs.get('')?.data ?? []
    expect(first).toBe(Math.fround(((images[0] as number) / 255 - 0.5) / 0.25))
  })
})

describe('CIFAR', () => {
  const record = (label: number[], from: number) => [...label, ...counting(3072 + from).slice(from)]

  it('10 is read over several files', async () => {
    const source = await openData(
      inMemory({
        'data_batch_1.bin': Uint8Array.from(record([3], 0)),
        'data_batch_2.bin': Uint8Array.from([...record([4], 1), ...record([5], 2)]),
        'test_batch.bin': Uint8Array.from(record([9], 3)),
        'batches.meta.txt': text('plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n'),
      }),
    )
    expect(source.sampleShape).toEqual([3, 32, 32])
    expect(source.train.labels).toEqual(Int32Array.of(3, 4, 5))
    expect(source.classes[9]).toBe('truck')
    expect(values(source.train.read(Int32Array.of(2)).inputs.get('')?.data)).toEqual(record([], 2))
    expect(source.test?.labels).toEqual(Int32Array.of(9))
  })

  it('100 has its fine labels', async () => {
    const source = await openData(
      inMemory({ 'train.bin': Uint8Array.from(record([1, 77], 0)), 'test.bin': Uint8Array.from(record([2, 8], 0)) }),
    )
    expect([source.train.labels, source.test?.labels]).toEqual([Int32Array.of(77), Int32Array.of(8)])
  })
})

describe('pictures', () => {
  it.each(Object.entries(expected['pictures of files']))(
    '%s is decoded and resized as Pillow does',
    (name, { plain, small, large }) => {
      const picture = readPicture(new Uint8Array(fixture(name)), name)
      const near = (found: ArrayLike<number>, wanted: readonly number[], within: number) => {
        expect(found.length).toBe(wanted.length)
        const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] as number))), 0)
        expect(worst).toBeLessThanOrEqual(within)
      }
      // JPEG decoders may differ by rounding; Pillow resizes in two rounded steps.
      const loss = name.endsWith('.jpg') ? 4 : 0
      near(picture.data, plain, loss)
      near(resizePicture(picture, 7, 5).data, small, loss + 1)
      near(resizePicture(picture, 30, 40).data, large, loss + 1)
    },
  )

  const folder = {
    'set/train/dog/1.png': fixture('colour.png'),
    'set/train/cat/1.png': fixture('colour.png'),
    'set/train/cat/2.jpg': fixture('photo.jpg'),
    'set/test/dog/9.png': fixture('grey.png'),
    'set/readme.txt': text('hello'),
  }

  it('in class folders become samples, brought to the network', async () => {
    const source = await openData(inMemory(folder))
    expect(source.kind).toBe('image-folder')
    expect(source.classes).toEqual(['cat', 'dog'])
    expect(source.sampleShape).toEqual([3, 17, 23])
    expect(source.train.labels).toEqual(Int32Array.of(0, 0, 1))
    expect(source.test?.labels).toEqual(Int32Array.of(1))
    const inputs = (shape: number[]) => [{ name: 'x', dtype: 'float32' as const, shape: ['batch', ...shape] }]
    const fitted = fitToNetwork(source, { inputs: inputs([3, 5, 7]), outputs: [] })
    const data = values(fitted.train.read(Int32Array.of(0)).inputs.get('')?.data)
    const wanted = expected['pictures of files']['colour.png']?.small ?? []
    wanted.forEach((value, i) => {
      expect(Math.abs((data[(i % 3) * 35 + Math.floor(i / 3)] as number) - value)).toBeLessThanOrEqual(1)
    })
    const grey = fitToNetwork(source, { inputs: inputs([1, 17, 23]), outputs: [] })
    const plain = expected['pictures of files']['grey.png']?.plain ?? []
    expect(values(grey.test?.read(Int32Array.of(0)).inputs.get('')?.data)).toEqual(plain)
  })

  it('may lie in class folders without splits', async () => {
    const source = await openData(inMemory({ 'a/1.png': fixture('grey.png'), 'b/1.png': fixture('grey.png') }))
    expect([source.classes, source.train.count, source.test]).toEqual([['a', 'b'], 2, null])
  })
})

describe('CSV', () => {
  it('with a header, texts as classes and a test file', async () => {
    const source = await openData(
      inMemory({
        'train.csv': text('width,label,height\n1,cat,2.5\n3,"dog",4\n-1e3,cat,0\n'),
        'test.csv': text('width,label,height\n9,dog,8\n'),
      }),
    )
    expect(source.classes).toEqual(['cat', 'dog'])
    expect(source.train.labels).toEqual(Int32Array.of(0, 1, 0))
    expect(source.train.read(Int32Array.of(2, 0)).inputs.get('')?.data).toEqual(Float32Array.of(-1000, 0, 1, 2.5))
    expect(source.test?.labels).toEqual(Int32Array.of(1))
  })

  it('without a header, the label last', async () => {
    const several = await openData(
      inMemory({ 'train.csv': text('width,label_wet,height,label_cold\n1,1,2,0\n3,1,4,1\n5,0,6,0\n') }),
    )
    expect([several.columns, several.train.labels]).toEqual([['width', 'height'], Int32Array.of(1, 0, 1, 1, 0, 0)])
    const pairs = await openData(inMemory({ 'a.csv': text('target.x,target.y,width\n0.5,-1,3\n2,4,5\n') }))
    expect([pairs.columns, pairs.train.labels]).toEqual([['width'], Float32Array.of(0.5, -1, 2, 4)])
    const classes = await openData(inMemory({ 'a.csv': text('1;2;0\n3;4;1\n') }))
    expect([classes.sampleShape, classes.train.labels]).toEqual([[2], Int32Array.of(0, 1)])
    const targets = await openData(inMemory({ 'a.csv': text('1,2,0.5\r\n3,4,-1\r\n') }))
    expect(targets.train.labels).toEqual(Float32Array.of(0.5, -1))
  })
})
