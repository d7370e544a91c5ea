/** ONNX Runtime's fused operators: taken apart at import they compute the same, and heads can be removed. */
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { writeOnnx } from '../../../../src/engine/formats/onnx'
import { type Attribute, float, Graph, int, type ValueInfo } from '../../../../src/engine/graph/graph'
import { TestNetwork } from '../../support/network'

type Build = (net: TestNetwork) => { inputs: string[]; op: string; at?: Record<string, Attribute> }

const [batch, length, width, heads] = [1, 6, 16, 4]

const cases: Readonly<Record<string, Build>> = {
  Gelu: () => ({ op: 'Gelu', inputs: ['x'] }),
  BiasGelu: (net) => ({ op: 'BiasGelu', inputs: ['x', net.weight([width])] }),
  FastGelu: (net) => ({ op: 'FastGelu', inputs: ['x', net.weight([width])] }),
  QuickGelu: () => ({ op: 'QuickGelu', inputs: ['x'], at: { alpha: float(1.5) } }),
  SkipLayerNormalization: (net) => ({
    op: 'SkipLayerNormalization',
    inputs: ['x', net.one('Relu', ['x']), net.weight([width]), net.weight([width]), net.weight([width])],
    at: { epsilon: float(1e-5) },
  }),
  SkipSimplifiedLayerNormalization: (net) => ({
    op: 'SkipSimplifiedLayerNormalization',
    inputs: ['x', net.one('Relu', ['x']), net.weight([width])],
    at: { epsilon: float(1e-5) },
  }),
  FusedMatMul: (net) => ({
    op: 'FusedMatMul',
    inputs: ['x', net.weight([width, width])],
    at: { transB: int(1), alpha: float(0.5) },
  }),
  Attention: (net) => ({
    op: 'Attention',
    inputs: ['x', net.weight([width, 3 * width]), net.weight([3 * width], 0.3)],
    at: { num_heads: int(heads) },
  }),
  'Attention that masks the future': (net) => ({
    op: 'Attention',
    inputs: ['x', net.weight([width, 3 * width]), net.weight([3 * width], 0.3)],
    at: { num_heads: int(heads), unidirectional: int(1) },
  }),
  MultiHeadAttention: (net) => {
    const project = () => net.one('MatMul', ['x', net.weight([width, width])])
    return {
      op: 'MultiHeadAttention',
      inputs: [project(), project(), project(), net.weight([3 * width], 0.3)],
      at: { num_heads: int(heads) },
    }
  },
}

/** A network whose operator is the named one of com.microsoft, between its inputs and a dense layer. */
function networkOf(build: Build): Graph {
  const net = new TestNetwork('fused', [batch, length, width])
  const { inputs, op, at } = build(net)
  const fused = net.one(op, inputs, at)
  const output = net.one('MatMul', [fused, net.weight([width, 3])])
  const nodes = net.nodes.map((node) => (node.op === op ? { ...node, domain: 'com.microsoft' } : node))
  const info = (name: string): ValueInfo => ({ name, dtype: 'float32', shape: null })
  return new Graph({
    name: 'fused',
    inputs: [{ ...info('x'), shape: [batch, length, width] }],
    outputs: [{ ...info(output), shape: [batch, length, 3] }],
    nodes,
    constants: net.constants,
    opsets: new Map([
      ['', 17],
      ['com.microsoft', 1],
    ]),
  })
}

async function run(bytes: Uint8Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const data = Float32Array.from({ length: batch * length * width }, (_, i) => Math.sin(3 * i))
  const result = await session.run({ x: new ort.Tensor('float32', data, [batch, length, width]) })
  await session.release()
  return Object.values(result)[0]?.data as Float32Array
}

describe('fused operators', () => {
  it.each(Object.entries(cases))('%s computes the same', async (_, build) => {
    const bytes = writeOnnx(networkOf(build))
    const wanted = await run(bytes)
    const { graph, notes } = await readModel({ name: 'fused.onnx', bytes })
    expect(notes.filter(({ code }) => code === 'model.operator-unknown')).toEqual([])
    expect(graph.nodes.every((node) => node.domain === '')).toBe(true)
    const [file] = await writeModel(graph, 'onnx', 'plain')
    const got = await run((file as { bytes: Uint8Array }).bytes)
    const scale = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    got.forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] as number)) / scale).toBeLessThan(1e-4)
    })
  })

  it.each(['Attention', 'MultiHeadAttention'])('%s loses whole heads', async (name) => {
    const { graph } = await readModel({ name: 'fused.onnx', bytes: writeOnnx(networkOf(cases[name] as Build)) })
    const groups = analyseCoupling(graph).groups.filter((group) => group.prunable)
    expect(groups.map((group) => group.units.length)).toEqual([heads])
  })
})
