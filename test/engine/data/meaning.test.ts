/** Labels and tables as people store them: what they mean is told by the network and by the names of the classes. */
import { describe, expect, it } from 'vitest'
import { fitToNetwork, openData } from '../../../src/engine/data'
import { inMemory, npy, npz } from './support'

const text = (content: string) => new TextEncoder().encode(content)
const value = (name: string, ...shape: (number | string)[]) => ({ name, dtype: 'float32' as const, shape })
const rows = (count: number) => npy([count, 2], new Float32Array(2 * count))
const network = (...answer: (number | string)[]) => ({
  inputs: [value('x', 'batch', 2)],
  outputs: [value('y', ...answer)],
})

describe('labels', () => {
  it.each([[['batch', 1]], [['batch']]])(
    'of whole numbers are targets of a network that answers with one: %j',
    async (answer) => {
      const archive = npz({ x_train: rows(3), y_train: npy([3], Int32Array.of(151, 75, 0)) })
      const source = await openData(inMemory({ 'a.npz': archive }))
      const fitted = fitToNetwork(source, network(...answer))
      expect([fitted.train.labels, fitted.classes]).toEqual([Float32Array.of(151, 75, 0), []])
    },
  )

  it('of yes and no stay classes of a network that answers with one number', async () => {
    const archive = npz({ x_train: rows(2), y_train: npy([2], Int32Array.of(1, 0)) })
    const source = await openData(inMemory({ 'a.npz': archive }))
    expect(fitToNetwork(source, network('batch', 1)).train.labels).toEqual(Int32Array.of(1, 0))
  })

  it('of yes and no may be stored as floats, one a sample or one a position', async () => {
    const opened = async (y_train: Uint8Array, x_train = rows(2)) =>
      openData(inMemory({ 'a.npz': npz({ x_train, y_train }) }))
    const one = await opened(npy([2, 1], Float32Array.of(1, 0)))
    expect(fitToNetwork(one, network('batch', 1)).train.labels).toEqual(Int32Array.of(1, 0))
    expect(fitToNetwork(one, network('batch', 1)).classes).toEqual(['0', '1'])
    const mask = await opened(npy([2, 1, 2, 2], Float32Array.of(1, 0, 0, 1, 0, 0, 1, 1)))
    expect(fitToNetwork(mask, network('batch', 1, 2, 2)).train.labels).toEqual(Int32Array.of(1, 0, 0, 1, 0, 0, 1, 1))
    // Anything else is a number to come close to.
    for (const numbers of [Float32Array.of(1, 0.5), Float32Array.of(1, 1)]) {
      const source = await opened(npy([2, 1], numbers))
      expect(fitToNetwork(source, network('batch', 1)).train.labels).toEqual(numbers)
    }
  })

  it('stored as floats are classes of a network that tells several', async () => {
    const archive = npz({ x_train: rows(3), y_train: npy([3, 1], Float64Array.of(2, 0, 1)) })
    const source = await openData(inMemory({ 'a.npz': archive }))
    const fitted = fitToNetwork(source, network('batch', 3))
    expect([fitted.train.labels, fitted.classes]).toEqual([Int32Array.of(2, 0, 1), ['0', '1', '2']])
    expect(() => fitToNetwork(source, network('batch', 2))).toThrow(/label 2 for sample 0/)
  })

  it('by name follow the order of classes that dataset.json gives', async () => {
    const files = {
      'train.csv': text('a,b,kind\n1,2,red\n3,4,blue\n5,6,green\n'),
      'dataset.json': text('{"classes": ["red", "green", "blue"]}'),
    }
    const source = await openData(inMemory(files))
    expect([source.train.labels, source.classes]).toEqual([Int32Array.of(0, 2, 1), ['red', 'green', 'blue']])
    const other = await openData(inMemory({ ...files, 'dataset.json': text('{"classes": ["x", "y", "z"]}') }))
    expect(other.train.labels).toEqual(Int32Array.of(2, 0, 1))
  })
})

describe('several labels a sample', () => {
  const marks = [1, 0, 1, 0, 0, 0, 1, 1, 0]
  const opened = (y_train: Uint8Array, more: Record<string, Uint8Array> = {}) =>
    openData(inMemory({ 'a.npz': npz({ x_train: rows(3), y_train, ...more }) }))

  it.each([
    ['whole numbers', npy([3, 3], Int32Array.from(marks))],
    ['bytes', npy([3, 3], Uint8Array.from(marks))],
    ['floats', npy([3, 3], Float32Array.from(marks))],
  ])('are a column each of 0 and 1, stored as %s', async (_what, labels) => {
    const fitted = fitToNetwork(await opened(labels), network('batch', 3))
    expect([fitted.train.labels, fitted.classes]).toEqual([Int32Array.from(marks), ['0', '1', '2']])
    expect(fitted.train.read(Int32Array.of(2)).labels).toEqual(Int32Array.of(1, 1, 0))
  })

  it('may be left open by -1, keep their names, and are alike in every split', async () => {
    const labels = npy([3, 3], Int32Array.of(1, 1, -1, 0, 0, 0, 0, 1, 0))
    const test = { x_test: rows(2), y_test: npy([2, 3], Int32Array.of(0, 1, 0, 1, 0, 0)) }
    const fitted = fitToNetwork(await opened(labels, test), network('batch', 3, 1, 1))
    expect(fitted.train.labels).toEqual(Int32Array.of(1, 1, -1, 0, 0, 0, 0, 1, 0))
    expect(fitted.test?.labels).toEqual(Int32Array.of(0, 1, 0, 1, 0, 0))
  })

  it('are targets where they are neither 0 nor 1, and classes where each sample has one', async () => {
    const floats = await opened(
      npy(
        [3, 3],
        Float32Array.from(marks, (mark) => mark / 2),
      ),
    )
    expect(fitToNetwork(floats, network('batch', 3)).train.labels).toBeInstanceOf(Float32Array)
    const single = await opened(npy([3, 3], Int32Array.of(0, 1, 0, 1, 0, 0, 0, 0, 1)))
    expect(fitToNetwork(single, network('batch', 3)).train.labels).toEqual(Int32Array.of(1, 0, 2))
    const whole = await opened(npy([3, 3], Int32Array.of(0, 1, 2, 1, 0, 0, 0, 0, 1)))
    expect(() => fitToNetwork(whole, network('batch', 4))).toThrow(/column of 0 and 1/)
  })
})

describe('archives', () => {
  it('may spell the names of arrays otherwise', async () => {
    const labels = npy([3], Int32Array.of(0, 1, 1))
    const source = await openData(inMemory({ 'a.npz': npz({ X_train: rows(3), Y_train: labels, x_val: rows(2) }) }))
    expect([source.train.count, source.train.labels, source.validation?.count]).toEqual([3, Int32Array.of(0, 1, 1), 2])
    const plain = await openData(inMemory({ 'a.npz': npz({ x: rows(3), y: labels }) }))
    expect(plain.train.labels).toEqual(Int32Array.of(0, 1, 1))
  })

  it('may hold the names of classes as labels', async () => {
    const names = npy(
      [2],
      Uint8Array.from('dogcat', (c) => c.charCodeAt(0)),
      "{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }",
    )
    const source = await openData(inMemory({ 'a.npz': npz({ x_train: rows(2), y_train: names }) }))
    expect([source.train.labels, source.classes]).toEqual([Int32Array.of(1, 0), ['cat', 'dog']])
  })
})

describe('tables', () => {
  const read = async (content: string) => {
    const { train, sampleShape, classes } = await openData(inMemory({ 'train.csv': text(content) }))
    return {
      shape: sampleShape,
      classes,
      labels: train.labels,
      first: Array.from(train.read(Int32Array.of(0)).inputs.get('')?.data ?? []),
    }
  }

  it('leave out the numbers of rows that pandas writes', async () => {
    expect(await read(',a,b,kind\n7,1,2,0\n3,4,5,1\n')).toMatchObject({
      shape: [2],
      first: [1, 2],
      labels: Int32Array.of(0, 1),
    })
  })

  it('keep a first column that has a name, or numbers behind it in the first line', async () => {
    expect(await read('id,a,kind\n7,1,0\n3,4,1\n')).toMatchObject({ shape: [2], first: [7, 1] })
    expect(await read(',2,0\n3,4,1\n')).toMatchObject({ shape: [2] })
  })

  it('may write commas in front of decimals and separators in quotes', async () => {
    expect(await read('a;b;kind\n1,5;-2;0\n3;4e1;1\n')).toMatchObject({ first: [1.5, -2] })
    expect(await read('a,b,kind\n1,2,"red, dark"\n3,4,blue\n')).toMatchObject({
      classes: ['blue', 'red, dark'],
      labels: Int32Array.of(1, 0),
    })
  })
})

describe('texts', () => {
  const lines = (...records: object[]) => text(records.map((record) => JSON.stringify(record)).join('\n'))
  const labelsOf = async (files: Record<string, Uint8Array>) => (await openData(inMemory(files))).train.labels

  it('take the only other column for labels where it has few values', async () => {
    expect(await labelsOf({ 'a.csv': text(',text,mood\n0,x,bad\n1,y,good\n2,z,bad\n3,u,bad\n') })).toEqual(
      Int32Array.of(0, 1, 0, 0),
    )
    expect(await labelsOf({ 'a.csv': text('text,title\nx,a\ny,b\nz,c\nu,d\n') })).toBeNull()
    expect(
      await labelsOf({
        'a.jsonl': lines(
          { text: 'x', stars: 1 },
          { text: 'y', stars: 0 },
          { text: 'z', stars: 1 },
          { text: 'u', stars: 0 },
        ),
      }),
    ).toEqual(Int32Array.of(1, 0, 1, 0))
  })

  it('may have a list of labels each, by name, by number or one by one', async () => {
    const source = await openData(
      inMemory({
        'a.jsonl': lines(
          { text: 'x', labels: ['joy', 'fear'] },
          { text: 'y', labels: [] },
          { text: 'z', labels: 'joy' },
        ),
        'dataset.json': text('{"classes": ["joy", "anger", "fear"]}'),
      }),
    )
    expect([source.train.labels, source.classes]).toEqual([
      Int32Array.of(1, 0, 1, 0, 0, 0, 1, 0, 0),
      ['joy', 'anger', 'fear'],
    ])
    const numbered = lines({ text: 'x', labels: [0, 2] }, { text: 'y', labels: [1] })
    expect(await labelsOf({ 'a.jsonl': numbered })).toEqual(Int32Array.of(1, 0, 1, 0, 1, 0))
    const ids = [{ name: 'ids', dtype: 'int64' as const, shape: ['batch', 4] }]
    const fitted = fitToNetwork(await openData(inMemory({ 'a.jsonl': numbered })), {
      inputs: ids,
      outputs: [value('y', 'batch', 5)],
    })
    expect([fitted.train.labels, fitted.classes.length]).toEqual([Int32Array.of(1, 0, 1, 0, 0, 0, 1, 0, 0, 0), 5])
    const hot = lines({ text: 'x', labels: [0, 1, 1] }, { text: 'y', labels: [0, 0, 0] })
    expect(await labelsOf({ 'a.jsonl': hot })).toEqual(Int32Array.of(0, 1, 1, 0, 0, 0))
    await expect(labelsOf({ 'a.jsonl': lines({ text: 'x', labels: [1.5] }) })).rejects.toMatchObject({
      code: 'DATA_LABELS_OUT_OF_RANGE',
    })
  })

  it('may have labels that are true or false, or targets', async () => {
    expect(await labelsOf({ 'a.jsonl': lines({ text: 'x', label: true }, { text: 'y', label: false }) })).toEqual(
      Int32Array.of(1, 0),
    )
    expect(await labelsOf({ 'a.jsonl': lines({ text: 'x', label: 0.5 }, { text: 'y', label: 3 }) })).toEqual(
      Float32Array.of(0.5, 3),
    )
  })
})
