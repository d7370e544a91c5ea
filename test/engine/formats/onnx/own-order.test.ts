/** Texts that PyTorch sorts by length and brings back to their order (`pack_padded_sequence`). */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, integers, node, type Plain, smallModel, value } from '../support/onnx-proto'
import { probe } from '../support/onnx-runtime'
import { weight } from '../support/pruned'

const [steps, width] = [3, 2]

/** @param samples undefined: any number of them, as the shape of the lengths says */
function sorted(samples: number | undefined, between: readonly Plain[], more: Partial<Plain> = {}): Uint8Array {
  const batch = samples ?? 'batch'
  const known = samples !== undefined
  const every = Array.from({ length: samples ?? 0 }, (_, i) => i)
  return encodeModel(
    smallModel({
      inputs: [value('x', [batch, steps, width]), value('lengths', [batch])],
      outputs: [value('y', [batch, steps, 4])],
      nodes: [
        ...(known ? [] : [node('Shape', ['lengths'], ['count'])]),
        node('TopK', ['lengths', known ? 'all' : 'count'], ['longest', 'order'], { axis: { i: 0 } }),
        node('Gather', ['x', 'order'], ['there'], { axis: { i: 0 } }),
        ...between,
        ...(known
          ? []
          : [
              node('Squeeze', ['count'], ['limit']),
              node('Range', ['first', 'limit', 'next'], ['places']),
              node('ConstantOfShape', ['count'], ['zeros'], {
                value: { t: { dims: [1], data_type: 7, int64_data: [0] } },
              }),
            ]),
        node('ScatterElements', ['zeros', 'order', 'places'], ['inverse'], { axis: { i: 0 } }),
        node('Gather', ['done', 'inverse'], ['y'], { axis: { i: 0 } }),
      ],
      weights: [
        weight('w', width, 4),
        integers('wide', [1, 2]),
        ...(known
          ? [
              integers('all', [samples]),
              integers('places', every),
              integers(
                'zeros',
                every.map(() => 0),
              ),
            ]
          : [
              { name: 'first', dims: [], data_type: 7, int64_data: [0] },
              { name: 'next', dims: [], data_type: 7, int64_data: [1] },
            ]),
      ],
      ...more,
    }),
  )
}

const layers = [
  node('MatMul', ['there', 'w'], ['dense']),
  node('Unsqueeze', ['longest', 'wide'], ['each']),
  node('Div', ['dense', 'each'], ['done']),
]

async function answer(bytes: Uint8Array, samples: number): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const lengths = Float32Array.from({ length: samples }, (_, i) => 1 + ((i * 2) % 5))
  const { y } = await session.run({
    x: new Tensor('float32', probe(samples * steps * width), [samples, steps, width]),
    lengths: new Tensor('float32', lengths, [samples]),
  })
  return Array.from(y?.data as Float32Array)
}

describe('texts sorted by their length', () => {
  it.each([undefined, 4])('stay in their own order, which gives the same (%s samples)', async (samples) => {
    const file = sorted(samples, layers)
    const { graph } = await readModel({ name: 'packed.onnx', bytes: file })
    expect(graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Unsqueeze', 'Div'])
    expect(graph.inputs.map(({ shape }) => shape?.[0])).toEqual(['batch', 'batch'])
    const [own] = await writeModel(graph, 'onnx', 'own', { batch: 'free' })
    const wanted = await answer(file, 4)
    for (const [i, found] of (await answer(own?.bytes as Uint8Array, 4)).entries())
      expect(found).toBeCloseTo(wanted[i] as number, 5)
  })

  it.each([
    ['layers mix samples in that order', [node('CumSum', ['dense', 'first'], ['done'])]],
    [
      'what was not sorted joins in',
      [node('Unsqueeze', ['lengths', 'wide'], ['u']), node('Div', ['dense', 'u'], ['done'])],
    ],
  ])('stay sorted where %s', async (_what, between) => {
    const file = sorted(undefined, [node('MatMul', ['there', 'w'], ['dense']), ...between])
    const { graph } = await readModel({ name: 'mixed.onnx', bytes: file })
    expect(graph.nodes.map(({ op }) => op)).toContain('TopK')
  })
})
