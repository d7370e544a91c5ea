/** Samples as a person is shown them: texts, rows of a table, pictures, and what the data says of each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fitToNetwork, openData } from '../../../src/engine/data'
import { probe } from '../../../src/main/engine/handlers/data'
import { previewSamples } from '../../../src/main/engine/handlers/samples'
import { inMemory, npy, npz } from '../../engine/data/support'

const opened = (files: Record<string, string | Uint8Array>) =>
  openData(
    inMemory(
      Object.fromEntries(
        Object.entries(files).map(([name, file]) => [
          name,
          typeof file === 'string' ? new TextEncoder().encode(file) : file,
        ]),
      ),
    ),
  )

describe('texts', () => {
  const long = `${'word '.repeat(99)}word\u{1f600}and more`
  it('are shown as they were written, long ones cut between characters', async () => {
    const source = await opened({ 'train.csv': `text,label\n"Good, really\n  good",pos\nBad,neg\n${long},neg\n` })
    const samples = previewSamples(source, source.train, [0, 1, 2])
    expect(samples.slice(0, 2)).toEqual([
      { index: 0, label: 1, text: 'Good, really good' },
      { index: 1, label: 0, text: 'Bad' },
    ])
    expect(samples[2]?.text).toBe(`${'word '.repeat(99)}word…`)
  })

  it('stay texts where a network reads them by several inputs', async () => {
    const source = await opened({ 'train.jsonl': '{"text": "a b", "label": 0.5}\n{"text": "c", "label": 1.25}' })
    const named = (name: string) => ({ name, dtype: 'int64' as const, shape: ['batch', 4] })
    const fitted = fitToNetwork(source, {
      inputs: [named('attention_mask'), named('input_ids')],
      outputs: [{ name: 'score', dtype: 'float32', shape: ['batch', 1] }],
    })
    expect(previewSamples(fitted, fitted.train, [1])).toEqual([{ index: 1, label: null, target: 1.25, text: 'c' }])
  })
})

describe('several inputs of a number each', () => {
  it('are a row with their names', async () => {
    const id = (...values: number[]) => npy([2], Int32Array.from(values))
    const source = await opened({
      'data.npz': npz({
        'x_train.user': id(7, 8),
        'x_train.item': id(3, 4),
        y_train: npy([2], Float32Array.of(0.5, 1)),
      }),
    })
    const fitted = fitToNetwork(source, {
      inputs: ['user', 'item'].map((name) => ({ name, dtype: 'int64' as const, shape: ['n'] })),
      outputs: [{ name: 'score', dtype: 'float32', shape: ['n', 1] }],
    })
    for (const one of [source, fitted]) {
      const [sample] = previewSamples(one, one.train, [1])
      const { columns = [], values = [] } = sample?.row ?? {}
      expect(Object.fromEntries(columns.map((name, at) => [name, values[at]]))).toEqual({ user: 8, item: 4 })
      expect(sample).toMatchObject({ label: null, target: 1 })
    }
  })
})

describe('what stands at pixels and places', () => {
  const shownOf = async (x: Uint8Array, y: Uint8Array) => {
    const source = await opened({ 'data.npz': npz({ x_train: x, y_train: y }) })
    return previewSamples(source, source.train, [0])[0]
  }
  const picture = npy([2, 1, 4, 8], new Float32Array(64))
  const floats = (text: string | undefined) =>
    Array.from(new Float32Array(Uint8Array.from(Buffer.from(text ?? '', 'base64')).buffer))

  it('is a mask of classes where there is a label for each pixel', async () => {
    const labels = Int32Array.from({ length: 64 }, (_, at) => at % 3)
    const { label, within, places } = (await shownOf(picture, npy([2, 4, 8], labels))) ?? {}
    expect({ label, within }).toEqual({ label: null, within: 32 })
    expect(places).toMatchObject({ says: 'classes', shape: [4, 8], height: 4, width: 8 })
    expect(floats(places?.picture)).toEqual([...labels.subarray(0, 32)])
  })

  it('is a picture of numbers, the mean of its planes, where each plane has the pixels of the sample', async () => {
    const targets = Float32Array.from({ length: 128 }, (_, at) => (at % 64 < 32 ? 1 : 2))
    const { places } = (await shownOf(picture, npy([2, 2, 4, 8], targets))) ?? {}
    expect(places).toMatchObject({ says: 'numbers', shape: [2, 4, 8], height: 4, width: 8 })
    expect(floats(places?.picture)).toEqual(new Array(32).fill(1.5))
  })

  it('is a mask where it has half the extents of the sample', async () => {
    const wide = npy([2, 3, 16, 8], new Float32Array(768))
    expect((await shownOf(wide, npy([2, 8, 4], new Int32Array(64).fill(2))))?.places?.shape).toEqual([8, 4])
  })

  it('is a list otherwise: the first numbers of it, and how many there are', async () => {
    const targets = Float32Array.from({ length: 40 }, (_, at) => at / 4)
    expect(await shownOf(picture, npy([2, 20], targets))).toMatchObject({
      within: 20,
      places: { says: 'numbers', shape: [20], height: null, list: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75] },
    })
  })
})

describe('tables', () => {
  it('are rows of numbers under the names of their columns', async () => {
    const source = await opened({ 'data.csv': 'length,label,width\n1.5,a,-2\n3,b,4\n' })
    expect(previewSamples(source, source.train, [1])).toEqual([
      { index: 1, label: 1, row: { values: [3, 4], columns: ['length', 'width'], more: 0 } },
    ])
  })

  it('tell how many values are not shown, and are pictures where a network reads them so', async () => {
    const rows = new Float32Array(2 * 100).map((_, i) => i)
    const arrays = { x_train: npy([2, 100], rows), y_train: npy([2], Float32Array.of(0.25, 7)) }
    const source = await opened({ 'data.npz': npz(arrays) })
    const [sample] = previewSamples(source, source.train, [0])
    expect(sample).toMatchObject({ label: null, target: 0.25, row: { more: 36 } })
    expect(sample?.row?.values).toEqual(Array.from({ length: 64 }, (_, i) => i))
    const fitted = fitToNetwork(source, {
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 1, 10, 10] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 1] }],
    })
    expect(previewSamples(fitted, fitted.train, [0])[0]?.image).toMatch(/^data:image\/png/)
  })
})

it('labels of every pixel are no label of the sample', async () => {
  const arrays = { x_train: npy([2, 4, 4], new Uint8Array(32)), y_train: npy([2, 4, 4], new Int32Array(32).fill(3)) }
  const source = await opened({ 'data.npz': npz(arrays) })
  expect(previewSamples(source, source.train, [1])[0]).toMatchObject({ index: 1, label: null })
})

describe('several labels a sample, as a matrix of 0 and 1', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-marks-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  /** Four samples with five labels each; the last sample has none. */
  const marks = [1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]
  const looked = async (name: string, dims: number[], labels: Int32Array | Float32Array) => {
    const path = join(folder, name)
    const values = new Float32Array(dims.reduce((a, b) => a * b, 4))
    writeFileSync(path, npz({ x_train: npy([4, ...dims], values), y_train: npy([4, 5], labels) }))
    const context = { signal: new AbortController().signal, progress: () => {}, log: () => {} }
    return probe({ data: { path }, samples: 1 }, context)
  }

  it.each([
    ['whole numbers', Int32Array.from(marks)],
    ['floats', Float32Array.from(marks)],
  ])('are counted a label each, stored as %s', async (name, labels) => {
    const { dataset, samples } = await looked(`${name}.npz`, [8], labels)
    expect([dataset.classes, dataset.balance]).toEqual([
      ['0', '1', '2', '3', '4'],
      [2, 1, 2, 1, 1],
    ])
    expect(samples[0]).toMatchObject({ label: null, labels: [0, 2] })
  })

  it('are labels of steps where samples have as many', async () => {
    const { dataset, samples } = await looked('steps.npz', [5, 2], Int32Array.from(marks))
    expect([dataset.classes, dataset.balance]).toEqual([
      ['0', '1'],
      [13, 7],
    ])
    expect(samples[0]).toMatchObject({ label: null, within: 5 })
  })
})
