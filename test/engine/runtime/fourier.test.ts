/** Fourier transforms inside a network against ONNX Runtime, in both spellings. */
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../src/engine/formats'
import { createSession, initBackend } from '../../../src/engine/runtime'
import { encodeModel, floats, integers, node, type Plain, smallModel, value } from '../formats/support/onnx-proto'
import { numbers } from './support/op-cases'

interface Case {
  readonly shape: (number | string)[]
  readonly nodes: Plain[]
  readonly weights?: Plain[]
  readonly opset: number
}

const dft = (at: Record<string, number>, inputs = ['x']): Plain[] => [
  node('DFT', inputs, ['y'], Object.fromEntries(Object.entries(at).map(([name, i]) => [name, { i }]))),
]
const [five, eight, last, frame, step] = [
  integers('five', [5], []),
  integers('eight', [8], []),
  integers('axis', [-2], []),
  integers('frame', [8], []),
  integers('step', [3], []),
]
const window = floats('window', [8], [0, 0.2, 0.6, 1, 1, 0.6, 0.2, 0.1])

const cases: Readonly<Record<string, Case>> = {
  'of real numbers': { shape: ['batch', 6, 1], nodes: dft({ axis: 1 }), opset: 17 },
  'of real numbers, half of it': { shape: ['batch', 7, 1], nodes: dft({ axis: 1, onesided: 1 }), opset: 17 },
  'along a middle axis': { shape: ['batch', 6, 4, 2], nodes: dft({ axis: 1 }), opset: 17 },
  'back from complex numbers': { shape: ['batch', 3, 6, 2], nodes: dft({ axis: 2, inverse: 1 }), opset: 17 },
  'cut short': { shape: ['batch', 6, 2], nodes: dft({ axis: 1 }, ['x', 'five']), weights: [five as Plain], opset: 17 },
  'filled up with zeros': {
    shape: ['batch', 6, 2],
    nodes: dft({ axis: 1 }, ['x', 'eight']),
    weights: [eight as Plain],
    opset: 17,
  },
  'whose axis is an input': {
    shape: ['batch', 6, 4, 1],
    nodes: dft({ onesided: 1 }, ['x', '', 'axis']),
    weights: [last as Plain],
    opset: 20,
  },
  'back to real numbers from half of it': {
    shape: ['batch', 5, 2],
    nodes: dft({ axis: 1, inverse: 1, onesided: 1 }, ['x', 'eight']),
    weights: [eight as Plain],
    opset: 17,
  },
  'of frames under a window': {
    shape: ['batch', 26],
    nodes: [node('STFT', ['x', 'step', 'window', 'frame'], ['y'], { onesided: { i: 1 } })],
    weights: [step as Plain, window, frame as Plain],
    opset: 17,
  },
  'of whole frames': {
    shape: ['batch', 26, 1],
    nodes: [node('STFT', ['x', 'step', '', 'frame'], ['y'], { onesided: { i: 0 } })],
    weights: [step as Plain, frame as Plain],
    opset: 17,
  },
}

describe('a Fourier transform', () => {
  beforeAll(() => initBackend({ backend: 'auto' }))

  it.each(Object.entries(cases))('%s', async (_, { shape, nodes, weights = [], opset }) => {
    const given = { inputs: [value('x', shape)], outputs: [value('y', [])], nodes, weights }
    const bytes = encodeModel({ ...smallModel(given), opset_import: [{ domain: '', version: opset }] })
    const { graph, notes } = await readModel({ name: 'transform.onnx', bytes })
    expect(notes).toEqual([])
    const dims = shape.map((dim) => (typeof dim === 'number' ? dim : 3))
    const data = numbers(
      5,
      dims.reduce((a, b) => a * b, 1),
    )
    const session = createSession(graph, { fuse: true })
    const got = (await session.run(new Map([['x', { dims, data }]]))).get('y')
    session.dispose()
    const [written] = await writeModel(graph, 'onnx', 'transform')
    for (const file of [bytes, written?.bytes as Uint8Array]) {
      const judge = await ort.InferenceSession.create(file, { logSeverityLevel: 4 })
      const wanted = (await judge.run({ x: new ort.Tensor('float32', data, dims) })).y as ort.Tensor
      expect(got?.dims).toEqual([...wanted.dims])
      got?.data.forEach((each, i) => {
        expect(each).toBeCloseTo(Number(wanted.data[i]), 4)
      })
    }
  })
})
