/** Damaged and hostile ONNX files, made from small good ones: each gives its code and a sentence, never a crash or a hang. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EspalierError } from '../../../../src/contract/errors'
import { readModel } from '../../../../src/engine/formats'
import {
  encodeModel,
  floats,
  integers,
  node,
  type Plain,
  type SmallModel,
  smallModel,
  value,
} from '../support/onnx-proto'

const good: SmallModel = {
  inputs: [value('x', ['batch', 3])],
  outputs: [value('y', ['batch', 2])],
  nodes: [node('MatMul', ['x', 'w'], ['m']), node('Add', ['m', 'b'], ['y'])],
  weights: [floats('w', [3, 2], [1, 2, 3, 4, 5, 6]), floats('b', [2], [0, 1])],
}
const seed = encodeModel(smallModel(good))
const altered = (changes: Partial<SmallModel>) => encodeModel(smallModel({ ...good, ...changes }))
const join = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

const sub = { name: 'inner', node: [], output: [] }
const loopingFunction = {
  name: 'F',
  domain: 'local',
  input: ['a'],
  output: ['b'],
  node: [{ ...node('F', ['a'], ['b']), domain: 'local' }],
}
const doubling = (from: string, to: string): Plain => ({
  name: from,
  domain: 'local',
  input: ['a'],
  output: ['c'],
  node: [
    { ...node(to, ['a'], ['b']), domain: 'local' },
    { ...node(to, ['b'], ['c']), domain: 'local' },
  ],
})
const tower = Array.from({ length: 30 }, (_, i) => doubling(`F${i}`, `F${i + 1}`))

/** What every model file begins with: its version and who made it. */
const start = [8, 8, 0x12, 0, 0x1a, 0]

const files: [string, Uint8Array, string, string][] = [
  ['an empty file', new Uint8Array(0), 'FILE_TRUNCATED', 'is empty'],
  ['a file cut in half', seed.slice(0, seed.length / 2), 'FILE_TRUNCATED', 'ends in the middle of its data'],
  [
    'a length beyond the end',
    join([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], [1, 2, 3]),
    'FILE_TRUNCATED',
    'ends in the middle of its data',
  ],
  [
    'a length of 2^63',
    join([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [1]),
    'FILE_TRUNCATED',
    'ends in the middle',
  ],
  ['a number without an end', join(start, Array(12).fill(0xff)), 'FILE_UNREADABLE', 'a number is longer than 64 bits'],
  ['a field of a wrong type', join(start, [0x3d, 0, 0, 0, 0]), 'FILE_UNREADABLE', 'field "graph" of a wrong type'],
  ['an unknown wire type', join(start, [0x0e]), 'FILE_UNREADABLE', 'is not a valid ONNX file'],
  ['bytes of anything', join(Array(12).fill(0xff)), 'FORMAT_UNKNOWN', '"bad.onnx" is not a network in a format'],
  [
    'a picture',
    join([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    'FORMAT_UNKNOWN',
    'is not a network in a format',
  ],
  [
    'something else',
    new TextEncoder().encode('{"format": "not onnx at all, but a text that is long enough"}'),
    'FORMAT_UNKNOWN',
    'is not a network in a format that Espalier reads (ONNX',
  ],
  [
    'no graph',
    encodeModel({ ir_version: 8, opset_import: [{ domain: '', version: 17 }] }),
    'MODEL_INVALID',
    'holds no network',
  ],
  [
    'no opset',
    encodeModel({ ...smallModel(good), opset_import: [] }),
    'MODEL_INVALID',
    'which version of the ONNX operators',
  ],
  ['opset 6', altered({ opset: 6 }), 'MODEL_UNSUPPORTED_FEATURE', 'version 6 of the ONNX operators'],
  ['opset 99', altered({ opset: 99 }), 'MODEL_UNSUPPORTED_FEATURE', 'versions 7 to 23'],
  [
    'a missing weight',
    altered({ weights: [floats('w', [3, 2], [1, 2, 3, 4, 5, 6])] }),
    'GRAPH_INVALID',
    'reads "b", which nothing before it computes',
  ],
  [
    'two weights of one name',
    altered({ weights: [...(good.weights ?? []), floats('b', [2], [0, 1])] }),
    'MODEL_INVALID',
    'two weights named "b"',
  ],
  [
    'a cycle',
    altered({ nodes: [node('Add', ['x', 'z'], ['m']), node('Relu', ['m'], ['z']), node('Relu', ['m'], ['y'])] }),
    'GRAPH_INVALID',
    'has a cycle',
  ],
  ['a node that reads itself', altered({ nodes: [node('Add', ['x', 'y'], ['y'])] }), 'GRAPH_INVALID', 'has a cycle'],
  [
    'a value defined twice',
    altered({ nodes: [node('Relu', ['x'], ['y']), { ...node('Neg', ['x'], ['y']) }] }),
    'GRAPH_INVALID',
    'defined twice',
  ],
  [
    'an output nobody computes',
    altered({ outputs: [value('z', ['batch', 2])] }),
    'GRAPH_INVALID',
    '"z" is computed by no node',
  ],
  ['no output', altered({ outputs: [] }), 'GRAPH_INVALID', 'has no output'],
  ['an input without a name', altered({ inputs: [value('', [1])] }), 'MODEL_INVALID', 'an input without a name'],
  [
    'a sequence as input',
    altered({ inputs: [{ name: 'x', type: { sequence_type: {} } }] }),
    'MODEL_UNSUPPORTED_FEATURE',
    'is not a tensor',
  ],
  ['a node without operator', altered({ nodes: [node('', ['x'], ['y'])] }), 'MODEL_INVALID', 'has no operator'],
  [
    'a branch that computes nothing',
    altered({ nodes: [node('If', ['x'], ['y'], { then_branch: { g: sub }, else_branch: { g: sub } })] }),
    'SHAPE_MISMATCH',
    'computes fewer values than are read',
  ],
  [
    'an attribute of a wrong kind',
    altered({ nodes: [node('Softmax', ['x'], ['y'], { axis: { s: 'last' } })] }),
    'MODEL_INVALID',
    'The attribute "axis" of Softmax "Softmax_y" should be a whole number, but is a text',
  ],
  [
    'shapes that do not fit',
    altered({ weights: [floats('w', [2, 2], [1, 2, 3, 4]), floats('b', [2], [0, 1])] }),
    'SHAPE_MISMATCH',
    'Node "MatMul_m" (MatMul) does not fit the network',
  ],
  ['a missing input', altered({ nodes: [node('Add', ['x'], ['y'])] }), 'MODEL_INVALID', 'lacks its input 1'],
  [
    'a division by zero',
    altered({
      nodes: [node('Div', ['one', 'zero'], ['q']), node('Reshape', ['x', 'q'], ['y'])],
      weights: [integers('one', [1]), integers('zero', [0])],
    }),
    'MODEL_INVALID',
    'divides an integer by zero',
  ],
  [
    'constants that do not fit',
    altered({
      nodes: [node('Add', ['a', 'c'], ['s']), node('Add', ['x', 's'], ['y'])],
      weights: [floats('a', [2], [1, 2]), floats('c', [3], [1, 2, 3])],
    }),
    'MODEL_INVALID',
    'does not work out',
  ],
  [
    'a Gather beyond the end',
    altered({
      nodes: [node('Gather', ['a', 'i'], ['s']), node('Add', ['x', 's'], ['y'])],
      weights: [floats('a', [2], [1, 2]), integers('i', [7])],
    }),
    'MODEL_INVALID',
    'reads beyond its 2 elements',
  ],
  [
    'a function that calls itself',
    encodeModel({
      ...smallModel({ ...good, nodes: [{ ...node('F', ['x'], ['y']), domain: 'local' }] }),
      functions: [loopingFunction],
    }),
    'MODEL_INVALID',
    'call each other without end',
  ],
  [
    'functions that double 30 times',
    encodeModel({
      ...smallModel({ ...good, nodes: [{ ...node('F0', ['x'], ['y']), domain: 'local' }] }),
      functions: tower,
    }),
    'MODEL_INVALID',
    'call each other without end',
  ],
]

/** Constants that announce more than memory holds: the node stays, nothing is allocated. */
const bombs: [string, Plain[], Plain[]][] = [
  ['ConstantOfShape', [node('ConstantOfShape', ['s'], ['c'])], [integers('s', [2 ** 30, 2 ** 20])]],
  ['Expand', [node('Expand', ['one', 's'], ['c'])], [integers('s', [2 ** 30, 2 ** 20]), floats('one', [1], [1])]],
  ['Tile', [node('Tile', ['one', 's'], ['c'])], [integers('s', [2 ** 50]), floats('one', [1], [1])]],
  [
    'Range',
    [node('Range', ['a', 'b', 'd'], ['c'])],
    [floats('a', [], [0]), floats('b', [], [1e30]), floats('d', [], [1])],
  ],
]

describe('malformed files', () => {
  it.each(files)('%s', async (_, bytes, code, sentence) => {
    const reading = readModel({ name: 'bad.onnx', bytes })
    await expect(reading).rejects.toBeInstanceOf(EspalierError)
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) })
  })

  it.each(bombs)('a %s that would fill the memory allocates nothing', async (op, nodes, weights) => {
    const bytes = encodeModel(
      smallModel({
        inputs: [value('x', ['batch', 3])],
        outputs: [value('y', ['batch', 3]), value('c', null)],
        nodes: [node('Relu', ['x'], ['y']), ...nodes],
        weights,
      }),
    )
    const { graph } = await readModel({ name: 'bomb.onnx', bytes })
    expect(graph.nodes.map((each) => each.op)).toContain(op)
  })

  it('is refused by name where the content is not a network at all', async () => {
    const bytes = new TextEncoder().encode('PK not a model')
    await expect(readModel({ name: 'weights.bin', bytes })).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
  })
})

const seeds = ['shufflenet.torchscript-17', 'mobilenet-v3.dynamo-20-raw', 'upsampling.torchscript-13-static'].map(
  (name) => new Uint8Array(readFileSync(new URL(`../../../models/${name}.onnx`, import.meta.url))),
)

/** Either it is read, or it is refused with a code and a sentence. */
async function readsOrRefuses(bytes: Uint8Array): Promise<void> {
  try {
    await readModel({ name: 'fuzz.onnx', bytes }, async () => {
      throw new Error('no such file')
    })
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    expect(error.code).not.toBe('INTERNAL')
    expect(error.message.length).toBeGreaterThan(30)
  }
}

describe('damaged bytes', () => {
  const good = fc.constantFrom(seed, ...seeds)

  it('never crash the reader when a file is cut', async () => {
    await fc.assert(
      fc.asyncProperty(good, fc.double({ min: 0, max: 1, noNaN: true }), (bytes, at) =>
        readsOrRefuses(bytes.slice(0, Math.floor(at * bytes.length))),
      ),
      { numRuns: 100 },
    )
  })

  it('never crash the reader when bytes are changed', async () => {
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), to: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(good, fc.array(change, { minLength: 1, maxLength: 12 }), (bytes, changes) => {
        const copy = bytes.slice()
        for (const { at, to } of changes) copy[Math.floor(at * (copy.length - 1))] = to
        return readsOrRefuses(copy)
      }),
      { numRuns: 400 },
    )
  })

  it('never crash the reader when parts are moved about', async () => {
    const part = fc.tuple(good, fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 400 }))
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const pieces = parts.map(([bytes, at, length]) => {
          const start = Math.floor(at * bytes.length)
          return bytes.slice(start, start + length)
        })
        return readsOrRefuses(join([0x08, 0x08], ...pieces))
      }),
      { numRuns: 200 },
    )
  })

  it('never crash the reader when they are noise', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), readsOrRefuses), { numRuns: 300 })
  })
})
