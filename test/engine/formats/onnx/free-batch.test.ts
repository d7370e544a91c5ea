/** Files exported for one sample: with a free batch they compute for every sample what they compute for it alone. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, floats, integers, node, type Plain, smallModel, value } from '../support/onnx-proto'
import { probe } from '../support/onnx-runtime'
import { weight } from '../support/pruned'

const [length, width] = [4, 6]

async function run(bytes: Uint8Array, samples: number, data: Float32Array): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const { y } = await session.run({ x: new Tensor('float32', data, [samples, length, width]) })
  return Array.from(y?.data as Float32Array)
}

const turned = (from: string, to: string) => node('Transpose', [from], [to], { perm: { ints: [1, 0, 2] } })

const cases: Readonly<Record<string, { weights: readonly Plain[]; nodes: readonly Plain[] }>> = {
  'heads folded with the sample, as torch.nn.MultiheadAttention is exported': {
    weights: [
      weight('w', 6, 6),
      integers('heads', [4, 2, 3]),
      integers('split', [1, 2, 4, 3]),
      integers('rows', [4, 6]),
      integers('steps', [4, 1, 6]),
    ],
    nodes: [
      turned('x', 'a'),
      node('MatMul', ['a', 'w'], ['b']),
      node('Reshape', ['b', 'heads'], ['c']),
      turned('c', 'd'),
      node('Reshape', ['d', 'split'], ['q']),
      node('Transpose', ['q'], ['k'], { perm: { ints: [0, 1, 3, 2] } }),
      node('MatMul', ['q', 'k'], ['scores']),
      node('Softmax', ['scores'], ['shares'], { axis: { i: -1 } }),
      node('MatMul', ['shares', 'q'], ['mixed']),
      node('Transpose', ['mixed'], ['e'], { perm: { ints: [2, 0, 1, 3] } }),
      node('Reshape', ['e', 'rows'], ['f']),
      node('MatMul', ['f', 'w'], ['g']),
      node('Reshape', ['g', 'steps'], ['h']),
      turned('h', 'i'),
      node('Add', ['x', 'i'], ['y']),
    ],
  },
  'steps flattened for a layer that takes them one by one': {
    weights: [weight('w', 6, 5), integers('rows', [4, 6]), integers('steps', [4, 1, 5])],
    nodes: [
      turned('x', 'a'),
      node('Reshape', ['a', 'rows'], ['b']),
      node('MatMul', ['b', 'w'], ['c']),
      node('Reshape', ['c', 'steps'], ['d']),
      turned('d', 'y'),
    ],
  },
}

/** What differs between files for another number of samples: shapes and what is stored once a sample. */
interface Written {
  readonly weights: readonly Plain[]
  readonly nodes: readonly Plain[]
}

/** The same numbers for each sample. */
const copies = (samples: number, values: Float32Array) =>
  Array.from({ length: samples * values.length }, (_, i) => values[i % values.length] as number)

const written: Readonly<Record<string, (samples: number) => Written>> = {
  'a token stored for each sample, and heads folded with the samples': (samples) => ({
    weights: [
      weight('w', 6, 6),
      floats('token', [samples, 1, 6], copies(samples, probe(6))),
      floats('bias', [samples * 2, 1, 5], copies(samples, probe(10))),
      integers('split', [samples, 5, 2, 3]),
      integers('heads', [samples * 2, 5, 3]),
      integers('turned', [samples * 2, 3, 5]),
      integers('apart', [samples, 2, 5, 3]),
      integers('rows', [samples, 5, 6]),
    ],
    nodes: [
      node('Concat', ['token', 'x'], ['a'], { axis: { i: 1 } }),
      node('MatMul', ['a', 'w'], ['b']),
      node('Reshape', ['b', 'split'], ['c']),
      node('Transpose', ['c'], ['d'], { perm: { ints: [0, 2, 1, 3] } }),
      node('Reshape', ['d', 'heads'], ['q']),
      node('Transpose', ['q'], ['k'], { perm: { ints: [0, 2, 1] } }),
      node('MatMul', ['q', 'k'], ['scores']),
      node('Add', ['scores', 'bias'], ['biased']),
      node('Softmax', ['biased'], ['shares'], { axis: { i: -1 } }),
      node('MatMul', ['shares', 'q'], ['e']),
      node('Reshape', ['e', 'apart'], ['f']),
      node('Transpose', ['f'], ['g'], { perm: { ints: [0, 2, 1, 3] } }),
      node('Reshape', ['g', 'rows'], ['y']),
    ],
  }),
  'queries that are normed before they meet the samples': (samples) => ({
    weights: [
      floats('queries', [samples, 3, 6], copies(samples, probe(18))),
      weight('w', 6, 6),
      weight('scale', 6),
      weight('shift', 6),
    ],
    nodes: [
      node('LayerNormalization', ['queries', 'scale', 'shift'], ['a'], { axis: { i: -1 } }),
      node('MatMul', ['a', 'w'], ['b']),
      node('Transpose', ['x'], ['c'], { perm: { ints: [0, 2, 1] } }),
      node('MatMul', ['b', 'c'], ['y']),
    ],
  }),
  'a row of each, by coordinates': (samples) => ({
    weights: [
      integers(
        'numbers',
        Array.from({ length: samples }, (_, i) => i),
        [samples, 1],
      ),
    ],
    nodes: [
      node('ReduceMax', ['x'], ['a'], { axes: { ints: [2] }, keepdims: { i: 0 } }),
      node('ArgMax', ['a'], ['b'], { axis: { i: 1 } }),
      node('Concat', ['numbers', 'b'], ['c'], { axis: { i: 1 } }),
      node('GatherND', ['x', 'c'], ['y']),
    ],
  }),
  'a row of each, paired with the samples': () => ({
    weights: [],
    nodes: [
      node('ReduceMax', ['x'], ['a'], { axes: { ints: [2] }, keepdims: { i: 0 } }),
      node('ArgMax', ['a'], ['b'], { axis: { i: 1 } }),
      node('GatherND', ['x', 'b'], ['y'], { batch_dims: { i: 1 } }),
    ],
  }),
  'a row of each, by places among the rows of all': (samples) => ({
    weights: [
      integers(
        'numbers',
        Array.from({ length: samples }, (_, i) => i * length),
      ),
      integers('laid', [samples * length, width]),
    ],
    nodes: [
      node('ReduceMax', ['x'], ['a'], { axes: { ints: [2] }, keepdims: { i: 0 } }),
      node('ArgMax', ['a'], ['b'], { axis: { i: 1 }, keepdims: { i: 0 } }),
      node('Add', ['b', 'numbers'], ['c']),
      node('Reshape', ['x', 'laid'], ['d']),
      node('Gather', ['d', 'c'], ['y']),
    ],
  }),
  'a recurrent layer that starts from the same state for each sample, which is an answer too': (samples) => ({
    weights: [
      weight('w', 1, 9, 6),
      weight('r', 1, 9, 3),
      floats('state', [1, samples, 3], copies(samples, probe(3))),
      integers('first', [0]),
    ],
    nodes: [
      turned('x', 'a'),
      node('GRU', ['a', 'w', 'r', '', '', 'state'], ['b', 'h'], { hidden_size: { i: 3 } }),
      node('Squeeze', ['h', 'first'], ['y']),
    ],
  }),
  'sizes of a picture that name the samples': (samples) => ({
    weights: [
      integers('sizes', [samples, 2, 8]),
      integers('picture', [samples, 4, 6, 1]),
      integers('large', [samples, 4, 12, 2]),
    ],
    nodes: [
      node('Reshape', ['x', 'picture'], ['a']),
      node('Resize', ['a', '', '', 'large'], ['b'], { mode: { s: 'nearest' } }),
      node('Expand', ['b', 'large'], ['y']),
    ],
  }),
}

describe.each([1, 3])('a batch of %i made free', (samples) => {
  it.each(Object.entries(written))('answers the same for every sample: %s', async (_, make) => {
    const { weights, nodes } = make(samples)
    const inputs = [value('x', [samples, length, width])]
    const bytes = encodeModel(smallModel({ inputs, outputs: [value('y', null)], weights, nodes }))
    const { graph } = await readModel({ name: 'some.onnx', bytes })
    expect(graph.inputs[0]?.shape).toEqual(['batch', length, width])
    const [free] = await writeModel(graph, 'onnx', 'free', { batch: 'free' })
    const [declared] = await writeModel(graph, 'onnx', 'declared')
    const [all, each] = [samples * 2, samples * length * width]
    const data = probe(all * length * width)
    const together = await run(free?.bytes as Uint8Array, all, data)
    const alone = [
      ...(await run(bytes, samples, data.slice(0, each))),
      ...(await run(bytes, samples, data.slice(each))),
    ]
    expect(together.length).toBe(alone.length)
    together.forEach((number, i) => {
      expect(number).toBeCloseTo(alone[i] as number, 5)
    })
    // The file is as it was: for its own number of samples.
    const session = await InferenceSession.create(declared?.bytes as Uint8Array, { logSeverityLevel: 4 })
    expect(session.inputMetadata[0]).toMatchObject({ shape: [samples, length, width] })
    const again = await run(declared?.bytes as Uint8Array, samples, data.slice(0, each))
    again.forEach((number, i) => {
      expect(number).toBeCloseTo(alone[i] as number, 5)
    })
  })
})

describe('a batch of several that is kept', () => {
  it.each([
    [
      'their mean is taken',
      [node('ReduceMean', ['x'], ['m'], { axes: { ints: [0] } }), node('Sub', ['x', 'm'], ['y'])],
      [],
    ],
    ['each has numbers of its own', [node('Add', ['x', 'own'], ['y'])], [weight('own', 3, 1, 6)]],
  ] as [string, Plain[], Plain[]][])('where %s', async (_, nodes, weights) => {
    const inputs = [value('x', [3, length, width])]
    const bytes = encodeModel(smallModel({ inputs, outputs: [value('y', null)], weights, nodes }))
    const { graph, notes } = await readModel({ name: 'kept.onnx', bytes })
    expect(graph.inputs[0]?.shape).toEqual([3, length, width])
    expect(notes.map(({ code }) => code)).toContain('model.batch-as-exported')
  })
})

describe('a batch of one made free', () => {
  it.each(Object.entries(cases))('keeps samples apart: %s', async (_, { weights, nodes }) => {
    const inputs = [value('x', [1, length, width])]
    const bytes = encodeModel(smallModel({ inputs, outputs: [value('y', null)], weights, nodes }))
    const { graph } = await readModel({ name: 'one.onnx', bytes })
    expect(graph.inputs[0]?.shape).toEqual(['batch', length, width])
    const [free] = await writeModel(graph, 'onnx', 'free', { batch: 'free' })
    const data = probe(2 * length * width)
    const both = await run(free?.bytes as Uint8Array, 2, data)
    const half = length * width
    const alone = [...(await run(bytes, 1, data.slice(0, half))), ...(await run(bytes, 1, data.slice(half)))]
    expect(both.length).toBe(alone.length)
    both.forEach((number, i) => {
      expect(number).toBeCloseTo(alone[i] as number, 5)
    })
  })
})
