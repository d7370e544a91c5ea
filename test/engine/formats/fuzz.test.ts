/** Damaged Keras and TF.js files: read or refused with a code, never a crash. The long run is scripts/fuzz.mjs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EspalierError } from '../../../src/contract/errors'
import { readModel } from '../../../src/engine/formats'

const folder = join(import.meta.dirname, '../../models/keras')
const place = fc.double({ min: 0, max: 1, noNaN: true })
const change = fc.record({ at: place, to: fc.integer({ min: 0, max: 255 }) })

async function readsOrRefuses(
  name: string,
  bytes: Uint8Array,
  beside: Readonly<Record<string, Uint8Array>> = {},
): Promise<void> {
  try {
    await readModel({ name, bytes }, async (wanted) => {
      const file = beside[wanted]
      if (file) return file
      throw new EspalierError('FILE_NOT_FOUND', wanted)
    })
  } catch (error) {
    expect(error).toBeInstanceOf(EspalierError)
  }
}

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const dense = (more: object = {}) => ({
  class_name: 'Dense',
  config: { name: 'd', units: 2, use_bias: true, batch_input_shape: [null, 2], ...more },
})
const weights = [
  { name: 'd/kernel', shape: [2, 2], dtype: 'float32' },
  { name: 'd/bias', shape: [2], dtype: 'float32' },
]
const tfjs = (layers: unknown[], specs: unknown = weights, more: object = {}) => ({
  modelTopology: { class_name: 'Sequential', config: { name: 's', layers } },
  weightsManifest: [{ paths: ['w.bin'], weights: specs }],
  ...more,
})
const beside = { 'w.bin': new Uint8Array(24) }
const node = (op: string, name: string, input: string[] = [], attr: object = {}) => ({ op, name, input, attr })
const graph = (nodes: unknown[], specs: unknown = weights) => ({
  modelTopology: { node: nodes },
  weightsManifest: [{ paths: ['w.bin'], weights: specs }],
})
const x = node('Placeholder', 'x', [], {
  dtype: { type: 'DT_FLOAT' },
  shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } },
})

const malformed: [string, unknown, string, string][] = [
  [
    'weights that end early',
    tfjs([dense()], [{ ...weights[0], shape: [2, 200] }, weights[1]]),
    'FILE_TRUNCATED',
    'The weight files end before "d/kernel"',
  ],
  [
    'a weight of 2^60 elements',
    tfjs([dense()], [{ ...weights[0], shape: [2 ** 30, 2 ** 30] }]),
    'FILE_TRUNCATED',
    'end before',
  ],
  [
    'a negative extent',
    tfjs([dense()], [{ ...weights[0], shape: [-2, -2] }]),
    'MODEL_INVALID',
    'should be a list of whole numbers',
  ],
  [
    'two weights of one name',
    tfjs([dense()], [weights[1], weights[1]]),
    'MODEL_INVALID',
    'there once, but is there twice',
  ],
  [
    'a weight of texts',
    tfjs([dense()], [{ ...weights[0], dtype: 'string' }]),
    'MODEL_UNSUPPORTED_FEATURE',
    'is of type string',
  ],
  [
    'a missing weight file',
    tfjs([dense()], weights, { weightsManifest: [{ paths: ['other.bin'], weights }] }),
    'FILE_NOT_FOUND',
    'other.bin',
  ],
  ['a missing weight', tfjs([dense()], [weights[0]]), 'MODEL_INVALID', 'so its bias is missing'],
  ['no layers', tfjs([]), 'MODEL_INVALID', 'has no layers'],
  ['two layers of one name', tfjs([dense(), dense()]), 'MODEL_INVALID', 'Two layers of the network have the same name'],
  [
    'an unknown layer',
    tfjs([{ class_name: 'Wizardry', config: { name: 'w', batch_input_shape: [null, 2] } }]),
    'MODEL_UNSUPPORTED_OPERATOR',
    'The layer "w" is of the class Wizardry',
  ],
  [
    'an unknown activation',
    tfjs([dense({ activation: 'magic' })]),
    'MODEL_UNSUPPORTED_FEATURE',
    'The activation "magic" of "d/magic" is not known',
  ],
  ['no shape', tfjs([dense({ batch_input_shape: undefined })]), 'MODEL_UNSUPPORTED_FEATURE', 'has no known shape'],
  [
    'a network in code',
    { ...tfjs([]), modelTopology: { class_name: 'MyNet', config: {} } },
    'MODEL_UNSUPPORTED_FEATURE',
    'of the class "MyNet", which is code',
  ],
  [
    'an unknown operator',
    graph([x, node('Mystery', 'y', ['x'])]),
    'MODEL_UNSUPPORTED_OPERATOR',
    'The operator Mystery (node "y")',
  ],
  ['a missing input', graph([x, node('Relu', 'y', ['z'])]), 'MODEL_INVALID', 'reads "z:0", which nothing computes'],
  ['a cycle', graph([x, node('AddV2', 'y', ['x', 'z']), node('Relu', 'z', ['y'])]), 'GRAPH_INVALID', 'has a cycle'],
  [
    'control flow',
    graph([x, node('StatelessWhile', 'y', ['x'])]),
    'MODEL_UNSUPPORTED_OPERATOR',
    'The operator StatelessWhile',
  ],
  [
    'a loop written as a cycle',
    graph([x, node('Merge', 'm', ['x', 'n']), node('NextIteration', 'n', ['m'])]),
    'MODEL_UNSUPPORTED_OPERATOR',
    'The operator Merge (node "m") is part of a loop',
  ],
  ['no nodes', graph([]), 'MODEL_INVALID', 'holds no nodes'],
  ['a topology that is a list', { modelTopology: [], weightsManifest: [] }, 'MODEL_INVALID', 'should be an object'],
]

describe('malformed TF.js models', () => {
  it.each(malformed)('%s', async (_what, json, code, sentence) => {
    const reading = readModel({ name: 'model.json', bytes: text(json) }, async (name) => {
      const file = (beside as Record<string, Uint8Array>)[name]
      if (file) return file
      throw new EspalierError('FILE_NOT_FOUND', `${name} is not there.`)
    })
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) })
  })

  it('JSON that was cut off', async () => {
    const bytes = text(tfjs([dense()]))
    await expect(readModel({ name: 'model.json', bytes: bytes.slice(0, -5) })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
  })
})

describe('damaged files', () => {
  const files = ['cnn.v3.h5', 'recurrent.v2.h5', 'nested.v3.keras', 'attention.v2.keras']
  it.each(files)('never crash the reader of %s', async (name) => {
    const good = new Uint8Array(readFileSync(join(folder, name)))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.option(place), (changes, cut) => {
        const copy = good.slice(0, cut === null ? good.length : Math.floor(cut * good.length))
        for (const { at, to } of changes) if (copy.length > 0) copy[Math.floor(at * (copy.length - 1))] = to
        return readsOrRefuses(name, copy)
      }),
      { numRuns: 60 },
    )
  })

  it('never crash the reader of TF.js models, whatever a value is replaced by', async () => {
    const models = [tfjs([dense()]), graph([x, node('Const', 'd/kernel'), node('MatMul', 'y', ['x', 'd/kernel'])])]
    const others = fc.constantFrom('null', '-1', '1e308', '[]', '{}', '""', '"x"', '[[[]]]', 'true', '9007199254740993')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...models), place, others, (model, at, other) => {
        const json = JSON.stringify(model)
        const pieces = [...json.matchAll(/-?\d+|"[^"]*"|null|true/g)]
        const piece = pieces[Math.floor(at * (pieces.length - 1))] as RegExpMatchArray & { index: number }
        const changed = json.slice(0, piece.index) + other + json.slice(piece.index + piece[0].length)
        return readsOrRefuses('model.json', new TextEncoder().encode(changed), beside)
      }),
      { numRuns: 300 },
    )
  })
})
