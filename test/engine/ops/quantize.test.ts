/** Networks of QuantizeLinear and DequantizeLinear run here as in ONNX Runtime, and let gradients through. */
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import { createSession, initBackend } from '../../../src/engine/runtime'
import { buildProgram } from '../../../src/engine/runtime/build'
import { differentiate } from '../../../src/engine/runtime/executor'
import { upload } from '../../../src/engine/runtime/feed'
import { uploadConstant } from '../../../src/engine/runtime/session'
import { encodeModel, floats, node, smallModel, value } from '../formats/support/onnx-proto'
import { probe } from '../formats/support/onnx-runtime'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

const INT8 = 3
const bytes = (name: string, values: number[], dataType: number) => ({
  name,
  dims: values.length === 1 ? [] : [values.length],
  data_type: dataType,
  int32_data: values,
})

const IMAGE = [1, 2, 4, 4]
const channels = Array.from({ length: 8 }, (_, i) => i)

/** Activations in uint8 with one scale, then in int8 with a scale and a zero point a channel. */
const quantized = encodeModel(
  smallModel({
    inputs: [value('x', IMAGE)],
    outputs: [value('y', [1, 3, 4, 4])],
    weights: [
      weight('w1', 8, 2, 1, 1),
      weight('w2', 3, 8, 1, 1),
      floats('s1', [], [0.02]),
      bytes('z1', [120], 2),
      floats(
        's2',
        [8],
        channels.map((i) => 0.01 + i * 0.002),
      ),
      bytes(
        'z2',
        channels.map((i) => i - 4),
        INT8,
      ),
    ],
    nodes: [
      node('QuantizeLinear', ['x', 's1', 'z1'], ['xq']),
      node('DequantizeLinear', ['xq', 's1', 'z1'], ['xd']),
      node('Conv', ['xd', 'w1'], ['a']),
      node('QuantizeLinear', ['a', 's2', 'z2'], ['aq'], { axis: { i: 1 } }),
      node('DequantizeLinear', ['aq', 's2', 'z2'], ['ad'], { axis: { i: 1 } }),
      node('Relu', ['ad'], ['b']),
      node('Conv', ['b', 'w2'], ['y']),
    ],
  }),
)

const read = async () => (await readModel({ name: 'quantized.onnx', bytes: quantized })).graph

describe('quantised activations', () => {
  beforeAll(async () => {
    await initBackend({ backend: 'wasm' })
  })

  it('are counted in the same steps as elsewhere', async () => {
    const data = probe(32)
    const elsewhere = await ort.InferenceSession.create(quantized, {
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 4,
    })
    const wanted = (await elsewhere.run({ x: new ort.Tensor('float32', data, IMAGE) })).y?.data as Float32Array
    const session = createSession(await read(), { fuse: true })
    const got = (await session.run(new Map([['x', { dims: IMAGE, data }]]))).get('y')?.data as Float32Array
    session.dispose()
    expect(got.length).toBe(wanted.length)
    got.forEach((number, i) => {
      expect(number).toBeCloseTo(wanted[i] as number, 4)
    })
  })

  it('pass gradients where they are not cut off', async () => {
    const program = buildProgram(await read(), { fuse: false })
    const constants = program.constants.map((c) => [c.register, uploadConstant(c.data)] as const)
    const inputs = upload(program, new Map([['x', { dims: IMAGE, data: probe(32) }]]))
    const [source = -1] = inputs.keys()
    const { gradients } = differentiate({
      instructions: program.instructions,
      given: new Map([...constants, ...inputs]),
      of: program.outputs[0]?.register as number,
      sources: new Set([source]),
      values: new Set(),
      seed: (y) => tf.onesLike(y),
    })
    const gradient = gradients.get(source)?.dataSync() as Float32Array
    expect(gradient.filter((number) => number !== 0).length).toBeGreaterThan(16)
  })

  it('are pruned with the scales of their channels', async () => {
    const { outcome } = await expectPrunedAsMasked(await read(), IMAGE)
    const left = outcome.kept.Conv_a?.length as number
    expect(left).toBeLessThan(8)
    expect(outcome.graph.constants.get('s2')?.dims).toEqual([left])
  })
})
