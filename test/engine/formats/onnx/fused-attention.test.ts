/** Fused attention with earlier keys, grouped heads, rotary positions, masks and few-bit weights, against ONNX Runtime. */
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { writeOnnx } from '../../../../src/engine/formats/onnx'
import { type Attribute, float, Graph, int, type Shape, type ValueInfo } from '../../../../src/engine/graph/graph'
import { float32, int64, tensor } from '../../../../src/engine/graph/tensor'
import { TestNetwork } from '../../support/network'

const [length, past, heads, keyHeads, size] = [6, 3, 4, 2, 16]
const width = heads * size

interface Case {
  readonly op: string
  readonly domain?: string
  readonly at?: Record<string, Attribute>
  readonly inputs: (net: TestNetwork) => readonly string[]
  /** Inputs of the network beside x. */
  readonly fed?: Readonly<Record<string, Shape>>
  readonly outputs?: number
}

const project = (net: TestNetwork, columns: number) => net.one('MatMul', ['x', net.weight([width, columns])])

const table = (net: TestNetwork, value: (angle: number) => number): string => {
  const name = `table${net.constants.size}`
  const values = Array.from({ length: 32 * (size / 2) }, (_, i) =>
    value(Math.floor(i / (size / 2)) * 10 ** -(i % (size / 2))),
  )
  net.constants.set(name, float32([32, size / 2], values))
  return name
}

const kept = { past_k: [1, keyHeads, past, size], past_v: [1, keyHeads, past, size] }
const grouped = { num_heads: int(heads), kv_num_heads: int(keyHeads) }

/** Queries, keys and values with what was kept, and the lengths that ONNX Runtime asks for. */
function groupedInputs(net: TestNetwork, rotary: boolean): string[] {
  const int32 = (name: string, dims: number[], value: number) => {
    net.constants.set(name, tensor('int32', dims, Int32Array.of(value)))
    return name
  }
  const operands = [project(net, width), project(net, keyHeads * size), project(net, keyHeads * size)]
  const lengths = [int32('last', [1], past + length - 1), int32('total', [], past + length)]
  return [...operands, 'past_k', 'past_v', ...lengths, ...(rotary ? [table(net, Math.cos), table(net, Math.sin)] : [])]
}

const cases: Readonly<Record<string, Case>> = {
  'Attention with a mask a query': {
    op: 'Attention',
    domain: 'com.microsoft',
    at: { num_heads: int(heads) },
    inputs: (net) => {
      const values = Int32Array.from({ length: length * length }, (_, i) => Number(i % 3 > 0))
      net.constants.set('mask', tensor('int32', [1, length, length], values))
      return ['x', net.weight([width, 3 * width]), net.weight([3 * width], 0.3), 'mask']
    },
  },
  'Attention with what was kept': {
    op: 'Attention',
    domain: 'com.microsoft',
    at: { num_heads: int(heads), unidirectional: int(1) },
    fed: { past: [2, 1, heads, past, size] },
    inputs: (net) => ['x', net.weight([width, 3 * width]), net.weight([3 * width], 0.3), '', 'past'],
    outputs: 2,
  },
  'MultiHeadAttention with what was kept': {
    op: 'MultiHeadAttention',
    domain: 'com.microsoft',
    at: { num_heads: int(heads) },
    fed: { past_k: [1, heads, past, size], past_v: [1, heads, past, size] },
    inputs: (net) => [project(net, width), project(net, width), project(net, width), '', '', '', 'past_k', 'past_v'],
    outputs: 3,
  },
  GroupQueryAttention: {
    op: 'GroupQueryAttention',
    domain: 'com.microsoft',
    at: grouped,
    fed: kept,
    inputs: (net) => groupedInputs(net, false),
    outputs: 3,
  },
  'GroupQueryAttention with rotary positions, a window and capped scores': {
    op: 'GroupQueryAttention',
    domain: 'com.microsoft',
    at: { ...grouped, do_rotary: int(1), rotary_interleaved: int(1), local_window_size: int(3), softcap: float(20) },
    fed: kept,
    inputs: (net) => groupedInputs(net, true),
    outputs: 3,
  },
  'Attention of opset 23': {
    op: 'Attention',
    at: { q_num_heads: int(heads), kv_num_heads: int(keyHeads), is_causal: int(1) },
    fed: kept,
    inputs: (net) => [
      project(net, width),
      project(net, keyHeads * size),
      project(net, keyHeads * size),
      '',
      'past_k',
      'past_v',
    ],
    outputs: 3,
  },
  'RotaryEmbedding of some features, side by side': {
    op: 'RotaryEmbedding',
    domain: 'com.microsoft',
    at: { num_heads: int(2), interleaved: int(1), rotary_embedding_dim: int(size) },
    inputs: (net) => {
      net.constants.set('ids', int64([1, length], [5, 4, 3, 2, 1, 0]))
      return ['x', 'ids', table(net, Math.cos), table(net, Math.sin)]
    },
  },
  'RMSNormalization of all axes but the batch': {
    op: 'RMSNormalization',
    at: { axis: int(1) },
    inputs: (net) => ['x', net.weight([length, width], 0.5, 1)],
  },
  'MatMulNBits with 4 bits': {
    op: 'MatMulNBits',
    domain: 'com.microsoft',
    at: { K: int(width), N: int(width), bits: int(4), block_size: int(32) },
    inputs: (net) => {
      const blocks = width / 32
      const bytes = Uint8Array.from({ length: width * blocks * 16 }, (_, i) => (i * 37) % 256)
      net.constants.set('packed', tensor('uint8', [width, blocks, 16], bytes))
      net.constants.set(
        'zeros',
        tensor(
          'uint8',
          [width * (blocks / 2)],
          Uint8Array.from({ length: width * (blocks / 2) }, (_, i) => (i * 53) % 256),
        ),
      )
      return ['x', 'packed', net.weight([width * blocks], 0.02, 0.05), 'zeros']
    },
  },
}

function networkOf({ op, domain = '', at, inputs, fed = {}, outputs = 1 }: Case): Graph {
  const net = new TestNetwork(op, [1, length, width])
  const results = net.node(op, inputs(net), at, outputs)
  const y = net.one('MatMul', [results[0] as string, net.weight([width, 3])])
  const info = (name: string, shape: Shape | null): ValueInfo => ({ name, dtype: 'float32', shape })
  return new Graph({
    name: 'fused',
    inputs: [info('x', [1, length, width]), ...Object.entries(fed).map(([name, shape]) => info(name, shape))],
    outputs: [y, ...results.slice(1)].map((name) => info(name, null)),
    nodes: net.nodes.map((node) => (node.op === op && op !== 'MatMul' ? { ...node, domain } : node)),
    constants: net.constants,
    metadata: new Map([['onnx.opset', domain === '' ? '23' : '17']]),
    opsets: new Map([
      ['', domain === '' ? 23 : 17],
      ['com.microsoft', 1],
    ]),
  })
}

async function run(bytes: Uint8Array, graph: Graph): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const feeds = graph.inputs.map(({ name, shape }) => {
    const dims = shape as number[]
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(3 * i + name.length))
    return [name, new ort.Tensor('float32', data, dims)] as const
  })
  const result = await session.run(Object.fromEntries(feeds))
  await session.release()
  return session.outputNames.map((name) => result[name]?.data as Float32Array)
}

describe('fused attention', () => {
  it.each(Object.entries(cases))('%s computes the same', async (_, each) => {
    const fused = networkOf(each)
    const bytes = writeOnnx(fused)
    const { graph, notes } = await readModel({ name: 'fused.onnx', bytes })
    expect(notes.filter(({ code }) => code === 'model.operator-unknown')).toEqual([])
    expect(graph.nodes.every((node) => node.domain === '' && node.op !== each.op)).toBe(true)
    const [file] = await writeModel(graph, 'onnx', 'plain')
    const wanted = await run(bytes, fused)
    const got = await run((file as { bytes: Uint8Array }).bytes, fused)
    expect(got.length).toBe(wanted.length)
    wanted.forEach((values, o) => {
      const scale = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
      expect(got[o]?.length).toBe(values.length)
      values.forEach((value, i) => {
        expect(Math.abs(value - (got[o]?.[i] as number)) / scale).toBeLessThan(1e-4)
      })
    })
  })
})
