/** Files that Keras 2 and 3 saved, against what Keras itself answered (see test/models/keras/make.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../../src/engine/formats'
import { answersOf, channelsFirst, expectClose } from '../support/answers'
import { probe } from '../support/onnx-runtime'

const folder = join(import.meta.dirname, '../../../models/keras')

interface Expected {
  readonly input: number[]
  readonly ids: boolean
  readonly outputs: { dims: number[]; data: number[] }[]
}

const expectedOf = (version: string): Record<string, Expected> =>
  JSON.parse(readFileSync(join(folder, `expected.${version}.json`), 'utf8')).networks

const cases = ['v2', 'v3'].flatMap((version) =>
  Object.entries(expectedOf(version)).flatMap(([name, expected]) =>
    ['h5', 'keras'].map((ending) => [`${name}.${version}.${ending}`, expected] as const),
  ),
)

const read = (file: string) => readModel({ name: file, bytes: readFileSync(join(folder, file)) })

const fed = ({ input, ids }: Expected) => {
  const count = input.reduce((a, b) => a * b, 1)
  if (ids) return { dims: input, data: Int32Array.from({ length: count }, (_, i) => (i * 7) % 11) }
  const plain = { dims: input, data: probe(count) }
  return input.length >= 4 ? channelsFirst(plain) : plain
}

describe('Keras files', () => {
  it.each(cases)('%s answers as in Keras', async (file, expected) => {
    const { graph, format } = await read(file)
    expect(format).toBe('keras')
    const answers = [...(await answersOf(graph, [fed(expected)])).values()]
    expect(answers).toHaveLength(expected.outputs.length)
    expected.outputs.forEach((wanted, i) => {
      expectClose(answers[i], wanted, 2e-5)
    })
  })

  it('keeps the names of layers, weights, inputs and outputs', async () => {
    const { graph } = await read('cnn.v3.keras')
    expect(graph.name).toBe('cnn')
    expect(graph.inputs.map(({ name, shape }) => [name, shape])).toEqual([['image', ['batch', 3, 11, 9]]])
    expect(graph.outputs.map(({ name }) => name)).toEqual(['prob'])
    expect(graph.nodes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['stem', 'stem_bn', 'dw', 'pw', 'sep', 'fc', 'prob']),
    )
    expect(graph.constants.get('stem/kernel')?.dims).toEqual([6, 3, 3, 3])
    expect(graph.metadata.get('keras.version')).toMatch(/^3/)
  })
})
