/** Networks that compute in 16 bits, read in 32. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, node, type Plain, smallModel, value } from '../support/onnx-proto'

/** 1, -2, 0.5 and so on in float16. */
const halves = (name: string, dims: number[]): Plain => {
  const patterns = [0x3c00, 0xc000, 0x3800, 0x4000, 0xbc00]
  const count = dims.reduce((a, b) => a * b, 1)
  return { name, dims, data_type: 10, int32_data: Array.from({ length: count }, (_, i) => patterns[i % 5] as number) }
}

const half = encodeModel(
  smallModel({
    inputs: [value('x', ['batch', 3], 10)],
    outputs: [value('y', ['batch', 2], 10)],
    nodes: [
      node('MatMul', ['x', 'w'], ['dense']),
      node('Cast', ['dense'], ['wide'], { to: { i: 1 } }),
      node('Tanh', ['wide'], ['bent']),
      node('Cast', ['bent'], ['narrow'], { to: { i: 10 } }),
      node('MatMul', ['narrow', 'v'], ['y']),
    ],
    weights: [halves('w', [3, 4]), halves('v', [4, 2])],
  }),
)

describe('a network in float16', () => {
  it('is one in float32, which ONNX Runtime runs, and says so', async () => {
    const { graph, notes } = await readModel({ name: 'half.onnx', bytes: half })
    expect(notes.map(({ code }) => code)).toEqual(['model.half-as-single'])
    expect([...graph.inputs, ...graph.outputs].map(({ dtype }) => dtype)).toEqual(['float32', 'float32'])
    expect([...graph.constants.values()].map(({ dtype }) => dtype)).toEqual(['float32', 'float32'])
    const [written] = await writeModel(graph, 'onnx', 'single')
    const session = await InferenceSession.create(written?.bytes as Uint8Array, { logSeverityLevel: 4 })
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 0.5, -1), [1, 3]) })
    // w: [1 -2 .5 2; -1 1 -2 .5; 2 -1 1 -2], v: [1 -2; .5 2; -1 1; -2 .5]
    const dense = [1 - 0.5 - 2, -2 + 0.5 + 1, 0.5 - 1 - 1, 2 + 0.25 + 2].map(Math.tanh) as [
      number,
      number,
      number,
      number,
    ]
    const [a, b, c, d] = dense
    const wanted = [a + 0.5 * b - c - 2 * d, -2 * a + 2 * b + c + 0.5 * d]
    for (const [i, found] of Array.from(y?.data ?? [], Number).entries())
      expect(found).toBeCloseTo(wanted[i] as number, 5)
  })

  it('whose weights alone are stored so, each behind a Cast, is read as ever', async () => {
    const bytes = encodeModel(
      smallModel({
        inputs: [value('x', ['batch', 3])],
        outputs: [value('y', ['batch', 4])],
        nodes: [node('Cast', ['w'], ['wide'], { to: { i: 1 } }), node('MatMul', ['x', 'wide'], ['y'])],
        weights: [halves('w', [3, 4])],
      }),
    )
    expect((await readModel({ name: 'stored.onnx', bytes })).notes).toEqual([])
  })
})
