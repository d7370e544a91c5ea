/** Files that are dropped or chosen become one thing to import: a file, a network with its weights, a folder of data. */
import { afterEach, describe, expect, it } from 'vitest'
import { asGiven, dataSource, modelSource, type NamedFile } from '../../../src/renderer/ui/given-files'

const named = (name: string): NamedFile => ({ name, file: new File(['x'], name.split('/').at(-1) ?? '') })
const namesOf = (source: ReturnType<typeof dataSource>) =>
  source && 'files' in source ? source.files.map(({ name }) => name) : []
afterEach(() => {
  delete (window as { espalier?: unknown }).espalier
})

describe('a network', () => {
  it.each([
    ['its shards', ['group1-shard1of2.bin', 'model.json', 'group1-shard2of2.bin'], 'model.json'],
    ['its external weights', ['net.onnx.data', 'net.onnx'], 'net.onnx'],
  ])('is opened by its own file, with %s beside it', (_what, names, main) => {
    const source = modelSource(names.map(named))
    expect(namesOf(source)[0]).toBe(main)
    expect(namesOf(source).toSorted()).toEqual(names.toSorted())
  })

  it('in a folder is opened without the folder, and without what lies elsewhere', () => {
    const files = ['export/readme.md', 'export/tfjs/model.json', 'export/tfjs/weights/a.bin'].map(named)
    expect(namesOf(modelSource(files))).toEqual(['model.json', 'weights/a.bin'])
  })

  it('of one file is that file', () => {
    const [file] = [named('net.keras')]
    expect(asGiven(modelSource([file as NamedFile]) as never)).toEqual({ file: file?.file })
    expect(modelSource([])).toBeNull()
  })

  it('is read where it lies when the shell knows its path', () => {
    Object.assign(window, { espalier: { pathForFile: (file: File) => `/nets/${file.name}` } })
    expect(modelSource(['a.bin', 'model.json'].map(named))).toEqual({ path: '/nets/model.json' })
  })
})

describe('data', () => {
  it('in a folder loses that folder alone', () => {
    const source = dataSource(['pets/cat/1.png', 'pets/dog/2.png'].map(named))
    expect(source).toMatchObject({ name: 'pets' })
    expect(namesOf(source)).toEqual(['cat/1.png', 'dog/2.png'])
  })

  it('of several files is a folder of them', () => {
    const names = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']
    expect(namesOf(dataSource(names.map(named)))).toEqual(names)
  })

  it('is read where it lies when the shell knows its path: a file, or the folder of several', () => {
    Object.assign(window, { espalier: { pathForFile: (file: File) => `/data/${file.name}` } })
    expect(dataSource([named('a.csv')])).toEqual({ path: '/data/a.csv' })
    expect(dataSource(['a.csv', 'b.csv'].map(named))).toEqual({ path: '/data' })
  })
})
