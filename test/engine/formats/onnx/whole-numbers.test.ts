/** Operators on whole numbers as ONNX Runtime's quantiser writes them: read, they mean the same; their scales go with the channels. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, floats, integers, node, type Plain, smallModel, value } from '../support/onnx-proto'
import { probe } from '../support/onnx-runtime'
import { expectPrunedAsMasked } from '../support/pruned'

const typed = (data_type: number) => (name: string, dims: number[], values: readonly number[]) => ({
  name,
  dims,
  data_type,
  int32_data: values,
})
const [uint8, int8, int32] = [typed(2), typed(3), typed(6)]
const spread = (count: number, most: number, shift = 0) =>
  Array.from({ length: count }, (_, i) => Math.round(most * Math.sin(i * 1.7 + count)) + shift)
const scales = (name: string, count: number) =>
  floats(
    name,
    [count],
    Array.from({ length: count }, (_, i) => 0.01 + 0.002 * (i % 3)),
  )
const [one, zero] = [
  (name: string, x: number) => floats(name, [], [x]),
  (name: string, x: number) => uint8(name, [], [x]),
]
const name = 'com.microsoft'
const foreign = (plain: Plain): Plain => ({ ...plain, domain: name })

interface Case {
  readonly dims: number[]
  readonly result: number[]
  readonly weights: readonly Plain[]
  readonly nodes: readonly Plain[]
  /** One step of the result's scale. */
  readonly step: number
}

const steps = [one('s', 0.02), zero('z', 128), one('t', 0.05), zero('u', 120)]

const convolutions: Case = {
  dims: [1, 3, 5, 5],
  result: [1, 2],
  step: 0.05,
  weights: [
    ...steps,
    int8('a', [8, 3, 3, 3], spread(216, 90)),
    scales('as', 8),
    int8('az', [8], Array(8).fill(0)),
    int32('ab', [8], spread(8, 400)),
    int8('d', [8, 1, 3, 3], spread(72, 90)),
    int8('g', [2, 8], spread(16, 90)),
    scales('gs', 2),
    int8('gz', [2], [0, 0]),
    int32('gb', [2], [30, -40]),
  ],
  nodes: [
    node('QuantizeLinear', ['x', 's', 'z'], ['q']),
    node('QLinearConv', ['q', 's', 'z', 'a', 'as', 'az', 't', 'u', 'ab'], ['h'], { pads: { ints: [1, 1, 1, 1] } }),
    node('QLinearConv', ['h', 't', 'u', 'd', 'as', 'az', 't', 'u'], ['e'], { group: { i: 8 } }),
    foreign(node('QLinearAdd', ['e', 't', 'u', 'e', 't', 'u', 't', 'u'], ['sum'])),
    foreign(node('QLinearLeakyRelu', ['sum', 't', 'u', 't', 'u'], ['r'], { alpha: { f: 0.1 } })),
    foreign(node('QLinearGlobalAveragePool', ['r', 't', 'u', 't', 'u'], ['p'], { channels_last: { i: 0 } })),
    node('Flatten', ['p'], ['f']),
    foreign(node('QGemm', ['f', 't', 'u', 'g', 'gs', 'gz', 'gb', 't', 'u'], ['o'], { transB: { i: 1 } })),
    node('DequantizeLinear', ['o', 't', 'u'], ['y']),
  ],
}

const products: Case = {
  dims: [4, 6],
  result: [4, 3],
  step: 0.05,
  weights: [
    ...steps,
    int8('a', [6, 10], spread(60, 90)),
    scales('as', 10),
    int8('az', [10], Array(10).fill(0)),
    int8('b', [10, 3], spread(30, 90)),
    scales('bs', 1),
    int8('bz', [], [3]),
  ],
  nodes: [
    node('QuantizeLinear', ['x', 's', 'z'], ['q']),
    node('QLinearMatMul', ['q', 's', 'z', 'a', 'as', 'az', 't', 'u'], ['h']),
    foreign(node('QLinearSigmoid', ['h', 't', 'u', 's', 'z'], ['r'])),
    foreign(node('QLinearMul', ['r', 's', 'z', 'h', 't', 'u', 't', 'u'], ['m'])),
    node('QLinearMatMul', ['m', 't', 'u', 'b', 'bs', 'bz', 't', 'u'], ['o']),
    node('DequantizeLinear', ['o', 't', 'u'], ['y']),
  ],
}

const asNeeded: Case = {
  dims: [4, 6],
  result: [4, 3],
  step: 1e-5,
  weights: [
    int8('a', [6, 10], spread(60, 90)),
    int8('az', [10], spread(10, 5)),
    scales('as', 10),
    uint8('b', [10, 3], spread(30, 90, 128)),
    zero('bz', 127),
    one('bs', 0.01),
  ],
  nodes: [
    node('DynamicQuantizeLinear', ['x'], ['q', 'qs', 'qz']),
    node('MatMulInteger', ['q', 'a', 'qz', 'az'], ['hi']),
    node('Cast', ['hi'], ['hf'], { to: { i: 1 } }),
    node('Mul', ['qs', 'as'], ['hs']),
    node('Mul', ['hf', 'hs'], ['h']),
    node('Relu', ['h'], ['r']),
    node('DynamicQuantizeLinear', ['r'], ['p', 'ps', 'pz']),
    node('MatMulInteger', ['p', 'b', 'pz', 'bz'], ['oi']),
    node('Cast', ['oi'], ['of'], { to: { i: 1 } }),
    node('Mul', ['ps', 'bs'], ['os']),
    node('Mul', ['of', 'os'], ['y']),
  ],
}

const convolutionsAsNeeded: Case = {
  dims: [1, 3, 5, 5],
  result: [1, 2, 5, 5],
  step: 1e-5,
  weights: [
    int8('a', [8, 3, 3, 3], spread(216, 90)),
    int8('az', [1], [2]),
    scales('as', 8),
    integers('place', [1, 8, 1, 1]),
    uint8('b', [2, 8, 1, 1], spread(16, 90, 128)),
    zero('bz', 127),
    one('bs', 0.01),
  ],
  nodes: [
    node('DynamicQuantizeLinear', ['x'], ['q', 'qs', 'qz']),
    node('ConvInteger', ['q', 'a', 'qz', 'az'], ['hi'], { pads: { ints: [1, 1, 1, 1] } }),
    node('Cast', ['hi'], ['hf'], { to: { i: 1 } }),
    node('Mul', ['qs', 'as'], ['hs']),
    node('Reshape', ['hs', 'place'], ['ht']),
    node('Mul', ['hf', 'ht'], ['h']),
    node('Relu', ['h'], ['r']),
    node('DynamicQuantizeLinear', ['r'], ['p', 'ps', 'pz']),
    node('ConvInteger', ['p', 'b', 'pz', 'bz'], ['oi']),
    node('Cast', ['oi'], ['of'], { to: { i: 1 } }),
    node('Mul', ['ps', 'bs'], ['os']),
    node('Mul', ['of', 'os'], ['y']),
  ],
}

async function run(bytes: Uint8Array, dims: number[]): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const { y } = await session.run({ x: new Tensor('float32', probe(dims.reduce((a, b) => a * b, 1)), dims) })
  return Array.from(y?.data as Float32Array)
}

describe('operators on whole numbers', () => {
  it.each(Object.entries({ convolutions, products, asNeeded, convolutionsAsNeeded }))(
    '%s: the same result within a step, and pruned as masked',
    async (_, { dims, result, step, weights, nodes }) => {
      const bytes = encodeModel({
        ...smallModel({ inputs: [value('x', dims)], outputs: [value('y', result)], weights, nodes }),
        opset_import: [
          { domain: '', version: 17 },
          { domain: name, version: 1 },
        ],
      })
      const { graph } = await readModel({ name: 'small.onnx', bytes })
      const [file] = await writeModel(graph, 'onnx', 'small')
      const wanted = await run(bytes, dims)
      const got = await run(file?.bytes as Uint8Array, dims)
      got.forEach((number, i) => {
        expect(Math.abs(number - (wanted[i] as number))).toBeLessThan(1.01 * step)
      })
      expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(5 * step)
      const { outcome } = await expectPrunedAsMasked(graph, dims)
      const [first] = Object.values(outcome.kept) as [number[]]
      expect(first.length).toBeLessThan(10)
    },
  )
})
