/** Graph models: those the engine writes, read back; and hand-made ones, answered by TensorFlow's own converter. */
import '@tensorflow/tfjs-backend-cpu'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModel } from '../../../../src/engine/formats'
import { writeTfjs } from '../../../../src/engine/formats/tfjs'
import { Graph } from '../../../../src/engine/graph/graph'
import { float32 } from '../../../../src/engine/graph/tensor'
import { inferShapes } from '../../../../src/engine/ops/infer'
import { buildProgram, createSession, initBackend } from '../../../../src/engine/runtime'
import { loadGraphModel as loadWritten } from '../../../../src/engine/runtime/graph-model'
import { buildCase, opCases } from '../../runtime/support/op-cases'
import { batchOf, smallNetwork } from '../../runtime/support/small-network'
import { answersOf, channelsFirst, expectClose } from '../support/answers'
import { probe } from '../support/onnx-runtime'

type Feed = ReadonlyMap<string, { dims: readonly number[]; data: Float32Array }>

const openFiles = (files: readonly { name: string; bytes: Uint8Array }[]) =>
  readModel(
    files[0] as { name: string; bytes: Uint8Array },
    async (name) => files.find((file) => file.name === name)?.bytes as Uint8Array,
  )

async function roundTrip(graph: Graph, feed: Feed, inputLayout: 'nchw' | 'nhwc' = 'nchw') {
  const session = createSession(graph, { fuse: false })
  const wanted = [...(await session.run(feed)).values()]
  session.dispose()
  const { graph: read } = await openFiles(writeTfjs(buildProgram(graph, { fuse: true }), { inputLayout }))
  expect(read.inputs.map(({ name }) => name)).toEqual(graph.inputs.map(({ name }) => name))
  expect(read.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name))
  const feeds = graph.inputs.map(({ name }) => feed.get(name) ?? feed.get('')) as {
    dims: number[]
    data: Float32Array
  }[]
  const got = [...(await answersOf(read, feeds)).values()]
  wanted.forEach((each, i) => {
    expectClose(got[i], each, 1e-4)
  })
  return read
}

/** A GraphDef node as the converter's JSON has it. */
const node = (op: string, name: string, input: string[] = [], attr: object = {}) => ({ op, name, input, attr })
const list = (...i: number[]) => ({ list: { i: i.map(String) } })
const text = (value: string) => ({ s: btoa(value) })
const window = (stride: number, padding: string) => ({
  T: { type: 'DT_FLOAT' },
  strides: list(1, stride, stride, 1),
  dilations: list(1, 1, 1, 1),
  padding: text(padding),
  data_format: text('NHWC'),
})

interface Weight {
  readonly name: string
  readonly shape: number[]
  readonly values: Float32Array | Int32Array
  readonly as?: 'uint8' | 'uint16' | 'float16'
}

/** Weights as the converter's quantisation stores them. */
function stored({ name, shape, values, as }: Weight): { spec: object; bytes: Uint8Array } {
  const dtype = values instanceof Int32Array ? 'int32' : 'float32'
  if (as === undefined) return { spec: { name, shape, dtype }, bytes: new Uint8Array(values.slice().buffer) }
  if (as === 'float16') {
    // Whole halves only, so that the bits are easily made: sign, exponent 15, two bits of fraction.
    const bits = Uint16Array.from(values, (value) => (value < 0 ? 0x8000 : 0) | 0x3c00)
    return {
      spec: { name, shape, dtype, quantization: { dtype: 'float16', original_dtype: 'float32' } },
      bytes: new Uint8Array(bits.buffer),
    }
  }
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const top = as === 'uint8' ? 255 : 65535
  const scale = (high - low) / top
  const steps = Array.from(values, (value) => Math.round((value - low) / scale))
  const kept = as === 'uint8' ? Uint8Array.from(steps) : Uint16Array.from(steps)
  return {
    spec: { name, shape, dtype, quantization: { dtype: as, scale, min: low, original_dtype: 'float32' } },
    bytes: new Uint8Array(kept.buffer),
  }
}

function modelOf(nodes: object[], weights: Weight[]) {
  const parts = weights.map(stored)
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part.bytes]))
  const json = {
    format: 'graph-model',
    modelTopology: { node: nodes, library: {}, versions: { producer: 1286 } },
    weightsManifest: [{ paths: ['all.bin'], weights: parts.map((part) => part.spec) }],
  }
  return {
    json,
    bytes,
    files: [
      { name: 'model.json', bytes: new TextEncoder().encode(JSON.stringify(json)) },
      { name: 'all.bin', bytes },
    ],
  }
}

async function compare(nodes: object[], weights: Weight[], input: tf.Tensor) {
  await tf.setBackend('cpu')
  const { json, bytes, files } = modelOf(nodes, weights)
  const specs = json.weightsManifest[0]?.weights as tf.io.WeightsManifestEntry[]
  const official = await loadGraphModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: specs,
      weightData: bytes.buffer,
      format: 'graph-model',
    }),
  )
  const answer = official.predict(input) as tf.Tensor
  const { graph } = await openFiles(files)
  const plain = { dims: input.shape, data: input.dataSync() }
  const [got] = (await answersOf(graph, [input.rank === 4 ? channelsFirst(plain) : plain])).values()
  expectClose(got, { dims: answer.shape, data: answer.dataSync() })
  return graph
}

const placeholder = (name: string, ...dims: number[]) =>
  node('Placeholder', name, [], {
    dtype: { type: 'DT_FLOAT' },
    shape: { shape: { dim: dims.map((size) => ({ size: String(size) })) } },
  })

describe('TensorFlow.js graph models', () => {
  beforeAll(async () => {
    await initBackend()
  })

  it('names the weight file that is not beside the model', async () => {
    const files = writeTfjs(buildProgram(smallNetwork(), { fuse: true }), { inputLayout: 'nhwc' })
    const opened = readModel(files[0] as { name: string; bytes: Uint8Array }, async (name) => {
      throw Object.assign(new Error(name), { code: 'ENOENT' })
    })
    await expect(opened).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', message: expect.stringContaining('.bin') })
  })

  it.each(['nchw', 'nhwc'] as const)('reads what the engine writes, inputs in %s', async (layout) => {
    await tf.setBackend('wasm')
    const read = await roundTrip(smallNetwork('Softmax'), batchOf(3), layout)
    expect(read.nodes.filter((each) => each.op === 'Conv').length).toBeGreaterThan(0)
  })

  const skipped = new Set(['dilated and strided'])
  // Written where TF has a form, but told by names that no reader here knows yet.
  const unread = new Set(['Hardmax', 'ScatterElements', 'ScatterND', 'RoiAlign', 'NonMaxSuppression'])
  it.each(
    opCases
      .filter((each) => !skipped.has(each.name) && !unread.has(each.op))
      .map((each) => [each.op, each.name, each] as const),
  )('reads back %s: %s', async (_op, _name, opCase) => {
    await tf.setBackend('wasm')
    const { graph, feed } = buildCase(opCase)
    await roundTrip(graph, feed)
  })

  it.each([undefined, 'uint8', 'uint16', 'float16'] as const)(
    'lifts convolutions, flatten and dense layers to channels first (weights %s)',
    async (as) => {
      const nodes = [
        placeholder('x', -1, 6, 5, 2),
        ...['w', 'b', 'd', 'p', 'm', 'bias'].map((name) => node('Const', name)),
        node('Conv2D', 'conv', ['x', 'w'], window(2, 'SAME')),
        node('BiasAdd', 'biased', ['conv', 'b'], { data_format: text('NHWC') }),
        node('Relu6', 'act', ['biased']),
        node('DepthwiseConv2dNative', 'dw', ['act', 'd'], window(1, 'SAME')),
        node('Pad', 'padded', ['dw', 'p']),
        node('MaxPool', 'pool', ['padded'], { ...window(1, 'VALID'), ksize: list(1, 2, 2, 1) }),
        node('Shape', 'shape', ['pool'], { out_type: { type: 'DT_INT32' } }),
        ...['zero', 'one', 'rest'].map((name) => node('Const', name)),
        node('StridedSlice', 'batch', ['shape', 'zero', 'one', 'one'], { shrink_axis_mask: { i: '1' } }),
        node('Pack', 'target', ['batch', 'rest'], { N: { i: '2' }, axis: { i: '0' } }),
        node('Reshape', 'flat', ['pool', 'target']),
        node('MatMul', 'dense', ['flat', 'm'], { transpose_a: { b: false }, transpose_b: { b: false } }),
        node('AddV2', 'sum', ['dense', 'bias']),
        node('Softmax', 'out', ['sum']),
      ]
      const scaled = (count: number) =>
        as === 'float16' ? probe(count).map(Math.sign) : probe(count).map((value) => value * 0.3)
      const q = as === undefined ? {} : { as }
      const weights: Weight[] = [
        { name: 'w', shape: [3, 3, 2, 4], values: scaled(72), ...q },
        { name: 'b', shape: [4], values: scaled(4) },
        { name: 'd', shape: [3, 3, 4, 2], values: scaled(72), ...q },
        { name: 'p', shape: [4, 2], values: Int32Array.of(0, 0, 1, 0, 0, 1, 0, 0) },
        { name: 'm', shape: [72, 3], values: scaled(216), ...q },
        { name: 'bias', shape: [3], values: scaled(3) },
        { name: 'zero', shape: [1], values: Int32Array.of(0) },
        { name: 'one', shape: [1], values: Int32Array.of(1) },
        { name: 'rest', shape: [], values: Int32Array.of(-1) },
      ]
      const graph = await compare(nodes, weights, tf.tensor(probe(2 * 6 * 5 * 2), [2, 6, 5, 2]))
      expect(graph.inputs[0]?.shape).toEqual(['batch', 2, 6, 5])
      expect(graph.nodes.filter(({ op }) => op === 'Conv').map(({ inputs }) => inputs.length)).toEqual([3, 2])
      expect(graph.nodes.find(({ op }) => op === 'Gemm')?.inputs).toHaveLength(3)
      // The only turn is the one before the flatten, whose order is part of the dense layer's meaning.
      expect(graph.nodes.filter(({ op }) => op === 'Transpose')).toHaveLength(1)
    },
  )

  it('reads a convolution with gaps, which TensorFlow turns into one without between two turns of space', async () => {
    const block = (name: string, values: number[]): Weight => ({
      name,
      shape: [values.length],
      values: Int32Array.from(values),
    })
    const pairs = (name: string, values: number[]): Weight => ({
      ...block(name, values),
      shape: [values.length / 2, 2],
    })
    const nodes = [
      placeholder('x', -1, 7, 2),
      ...['gap', 'around', 'crop', 'axis', 'w', 'b', 'gaps', 'sides', 'crops', 'd'].map((name) => node('Const', name)),
      node('SpaceToBatchND', 'apart', ['x', 'gap', 'around']),
      node('ExpandDims', 'rows', ['apart', 'axis']),
      node('Conv2D', 'conv', ['rows', 'w'], window(1, 'VALID')),
      node('Squeeze', 'flat', ['conv'], { squeeze_dims: list(1) }),
      node('BatchToSpaceND', 'together', ['flat', 'gap', 'crop']),
      node('BiasAdd', 'biased', ['together', 'b'], { data_format: text('NHWC') }),
      node('ExpandDims', 'image', ['biased', 'axis']),
      node('SpaceToBatchND', 'spread', ['image', 'gaps', 'sides']),
      node('DepthwiseConv2dNative', 'deep', ['spread', 'd'], window(1, 'VALID')),
      node('BatchToSpaceND', 'out', ['deep', 'gaps', 'crops']),
    ]
    const weights: Weight[] = [
      block('gap', [2]),
      pairs('around', [2, 3]),
      pairs('crop', [0, 1]),
      { name: 'axis', shape: [], values: Int32Array.of(1) },
      { name: 'w', shape: [1, 3, 2, 4], values: probe(24) },
      { name: 'b', shape: [4], values: probe(4) },
      block('gaps', [1, 3]),
      pairs('sides', [1, 1, 3, 5]),
      pairs('crops', [0, 0, 0, 2]),
      { name: 'd', shape: [3, 3, 4, 1], values: probe(36) },
    ]
    const graph = await compare(nodes, weights, tf.tensor(probe(2 * 7 * 2), [2, 7, 2]))
    const convolutions = graph.nodes.filter(({ op }) => op === 'Conv')
    expect(convolutions.map(({ attributes }) => attributes.get('dilations'))).toMatchObject([
      { value: [1, 2] },
      { value: [1, 3] },
    ])
    expect(graph.nodes.map(({ op }) => op)).not.toContain('Slice')
  })

  it('declares masks of truth values as such, and reads them back', async () => {
    const graph = inferShapes(
      new Graph({
        name: 'masked',
        inputs: [
          { name: 'x', dtype: 'float32', shape: ['batch', 3] },
          { name: 'mask', dtype: 'bool', shape: ['batch', 3] },
        ],
        outputs: [{ name: 'y', dtype: 'float32', shape: null }],
        nodes: [
          { name: 'y', op: 'Where', domain: '', inputs: ['mask', 'zero', 'x'], outputs: ['y'], attributes: new Map() },
        ],
        constants: new Map([['zero', float32([], Float32Array.of(0))]]),
        opsets: new Map([['', 17]]),
      }),
    )
    const files = writeTfjs(buildProgram(graph, { fuse: true }), { inputLayout: 'nchw' })
    const { graph: read } = await openFiles(files)
    expect(read.inputs.map(({ dtype }) => dtype)).toEqual(['float32', 'bool'])
    await tf.setBackend('cpu')
    const model = await loadWritten(files)
    const feed = new Map([
      ['x', { dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['mask', { dims: [2, 3], data: Int32Array.of(0, 1, 0, 1, 0, 0) }],
    ])
    expect([...((await model.run(feed)).get('y')?.data ?? [])]).toEqual([1, 0, 3, 0, 5, 6])
    model.dispose()
  })

  it('reads and writes rows that each sample picks among its own', async () => {
    const nodes = [
      placeholder('x', -1, 4, 3),
      ...['one', 'last'].map((name) => node('Const', name)),
      node('Max', 'most', ['x', 'last'], { keep_dims: { b: false } }),
      node('Cast', 'at', ['most'], { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } }),
      node('GatherV2', 'out', ['x', 'at', 'one'], { batch_dims: { i: '1' } }),
    ]
    const weights: Weight[] = [
      { name: 'one', shape: [], values: Int32Array.of(1) },
      { name: 'last', shape: [1], values: Int32Array.of(2) },
    ]
    const x = Float32Array.from({ length: 2 * 4 * 3 }, (_, i) => (i * 5) % 4)
    const graph = await compare(nodes, weights, tf.tensor(x, [2, 4, 3]))
    await tf.setBackend('wasm')
    await roundTrip(graph, new Map([['x', { dims: [2, 4, 3], data: x }]]))
  })

  it('reads the LayerNormalization that Keras 2 spells out as a BatchNorm in training', async () => {
    const pick = (name: string, ends: string[], mask: object) => node('StridedSlice', name, ['shape', ...ends], mask)
    const nodes = [
      placeholder('x', -1, 3, 4),
      ...['one', 'zero', 'two', 'first', 'axis', 'ones', 'zeros', 'none', 'g'].map((name) => node('Const', name)),
      node('Shape', 'shape', ['x'], { out_type: { type: 'DT_INT32' } }),
      pick('before', ['zero', 'two', 'one'], { begin_mask: { i: '1' } }),
      pick('behind', ['two', 'zero', 'one'], { end_mask: { i: '1' } }),
      node('Prod', 'rows', ['before', 'zero'], { keep_dims: { b: false } }),
      node('Prod', 'features', ['behind', 'zero'], { keep_dims: { b: false } }),
      node('Pack', 'target', ['first', 'rows', 'features', 'first'], { N: { i: '4' }, axis: { i: '0' } }),
      node('Reshape', 'tall', ['x', 'target']),
      node('ExpandDims', 'many', ['rows', 'axis']),
      node('Fill', 'scale', ['many', 'ones']),
      node('Fill', 'offset', ['many', 'zeros']),
      node('FusedBatchNormV3', 'norm', ['tall', 'scale', 'offset', 'none', 'none'], {
        is_training: { b: true },
        data_format: text('NCHW'),
        epsilon: { f: 0.01 },
      }),
      node('Reshape', 'back', ['norm', 'shape']),
      node('Mul', 'out', ['back', 'g']),
    ]
    const number = (name: string, value: number): Weight => ({ name, shape: [], values: Float32Array.of(value) })
    const place = (name: string, value: number): Weight => ({ name, shape: [1], values: Int32Array.of(value) })
    const single = (name: string, value: number): Weight => ({ ...place(name, value), shape: [] })
    const weights: Weight[] = [
      ...[place('one', 1), place('zero', 0), place('two', 2), single('first', 1), single('axis', 0)],
      ...[number('ones', 1), number('zeros', 0)],
      { name: 'none', shape: [0], values: new Float32Array(0) },
      { name: 'g', shape: [4], values: Float32Array.of(1, 2, -1, 0.5) },
    ]
    const { graph } = await openFiles(modelOf(nodes, weights).files)
    const x = probe(2 * 3 * 4)
    const [got] = (await answersOf(graph, [{ dims: [2, 3, 4], data: x }])).values()
    const scale = [1, 2, -1, 0.5]
    const wanted = Float32Array.from(x, (value, i) => {
      const row = x.subarray(i - (i % 4), i - (i % 4) + 4)
      const mean = row.reduce((sum, each) => sum + each, 0) / 4
      const variance = row.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 4
      return ((value - mean) / Math.sqrt(variance + 0.01)) * (scale[i % 4] as number)
    })
    expectClose(got, { dims: [2, 3, 4], data: wanted })
  })
})
