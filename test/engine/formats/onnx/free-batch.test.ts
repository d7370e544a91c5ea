/** Files exported for one sample: with a free batch they compute for every sample what they compute for it alone. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, integers, node, type Plain, smallModel, value } from '../support/onnx-proto'
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
