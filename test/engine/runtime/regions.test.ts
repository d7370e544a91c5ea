/** RoiAlign's gradient against torchvision 0.29, and a detector that ends in a choice of boxes against ONNX Runtime. */
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling'
import { canonicalise } from '../../../src/engine/formats/canonical'
import { writeOnnx } from '../../../src/engine/formats/onnx'
import { attributes, Graph, type GraphNode, int, ints, type ValueInfo } from '../../../src/engine/graph/graph'
import { float32, int64, type TensorData } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { createSession, initBackend } from '../../../src/engine/runtime'
import { tensor } from '../../../src/engine/runtime/tensors'
import { numbers } from './support/op-cases'

const step = (
  op: string,
  inputs: string[],
  output: string,
  more: Parameters<typeof attributes>[0] = {},
): GraphNode => ({ name: output, op, domain: '', inputs, outputs: [output], attributes: attributes(more) })

const float = (name: string, shape: ValueInfo['shape']): ValueInfo => ({ name, dtype: 'float32', shape })

describe('regions', () => {
  beforeAll(() => initBackend({ backend: 'auto' }))

  it('pass gradients to their maps as torchvision does', () => {
    const size = { output_height: int(2), output_width: int(2), sampling_ratio: int(2) }
    const graph = inferShapes(
      new Graph({
        name: 'regions',
        inputs: [float('x', [1, 1, 4, 4]), float('boxes', [2, 4])],
        outputs: [float('y', null)],
        nodes: [step('RoiAlign', ['x', 'boxes', 'which'], 'y', size)],
        constants: new Map([['which', int64([2], [0, 0])]]),
        opsets: new Map([['', 17]]),
      }),
    )
    const session = createSession(graph, { fuse: false })
    const x = Float32Array.of(0, 1, 4, 2, 2, 4, 1, 0, 1, 4, 2, 2, 4, 1, 0, 1)
    const boxes = Float32Array.of(0.5, 0.5, 3.2, 2.8, -1, 1, 2, 5)
    const feed = new Map([
      ['x', { dims: [1, 1, 4, 4], data: x }],
      ['boxes', { dims: [2, 4], data: boxes }],
    ])
    const { of, gradients } = session.backward(feed, {
      of: 'y',
      taps: ['x'],
      seed: ({ tensor: { shape } }) => tensor([1, -2, 0.5, 3, 2, -1, 1, 0.5], shape),
    })
    const close = (got: ArrayLike<number> | undefined, wanted: number[]) =>
      wanted.forEach((value, i) => {
        expect(got?.[i]).toBeCloseTo(value, 4)
      })
    close(of.tensor.dataSync() as Float32Array, [2.20047, 2.08703, 3.07887, 2.01188, 0.75, 3.0625, 2.0, 1.875])
    close(
      gradients.get('x')?.tensor.dataSync() as Float32Array,
      [
        0.14078, 0.14875, -0.56047, -0.15406, 0.5808, 0.11375, -0.22967, -0.05551, 0.46176, 0.2575, 1.38707, 0.38742,
        0.65729, 0.3175, 0.04369, 0.0034,
      ],
    )
    session.dispose()
  })

  it('are cut out where a network has chosen them, in as many rows as were left', async () => {
    const picked = (output: string, input: string, at: string, axis: number) =>
      step('Gather', [input, at], output, { axis: int(axis) })
    const constants: [string, TensorData][] = [
      ['w', float32([6, 3, 3, 3], numbers(1, 162))],
      ['b', float32([4, 6, 1, 1], numbers(2, 24, [0, 1]))],
      ['s', float32([2, 6, 1, 1], numbers(3, 12))],
      ['z', float32([5, 6, 2, 2], numbers(4, 120))],
      ['as-boxes', int64([3], [0, 36, 4])],
      ['as-scores', int64([3], [0, 2, 36])],
      ['most', int64([1], [5])],
      ['overlap', float32([1], [0.4])],
      ['least', float32([1], [0])],
      ['picture', int64([], [0])],
      ['box', int64([], [2])],
      ['flat', int64([2], [-1, 4])],
      ['row', int64([1], [36])],
    ]
    const graph = inferShapes(
      new Graph({
        name: 'detector',
        inputs: [float('x', ['batch', 3, 8, 8])],
        outputs: [float('scores', null), float('regions', null)],
        nodes: [
          step('Conv', ['x', 'w'], 'c', { kernel_shape: ints([3, 3]) }),
          step('Relu', ['c'], 'f'),
          step('Conv', ['f', 'b'], 'bc', { kernel_shape: ints([1, 1]) }),
          step('Transpose', ['bc'], 'bt', { perm: ints([0, 2, 3, 1]) }),
          step('Reshape', ['bt', 'as-boxes'], 'boxes'),
          step('Conv', ['f', 's'], 'sc', { kernel_shape: ints([1, 1]) }),
          step('Reshape', ['sc', 'as-scores'], 'scores'),
          step('NonMaxSuppression', ['boxes', 'scores', 'most', 'overlap', 'least'], 'chosen'),
          picked('pictures', 'chosen', 'picture', 1),
          picked('at', 'chosen', 'box', 1),
          step('Mul', ['pictures', 'row'], 'start'),
          step('Add', ['start', 'at'], 'rows'),
          step('Reshape', ['boxes', 'flat'], 'all'),
          picked('rects', 'all', 'rows', 0),
          step('RoiAlign', ['f', 'rects', 'pictures'], 'cut', { output_height: int(2), output_width: int(2) }),
          step('Conv', ['cut', 'z'], 'regions', { kernel_shape: ints([2, 2]) }),
        ],
        constants: new Map(constants),
        opsets: new Map([['', 17]]),
      }),
    )
    expect(analyseCoupling(graph).groups.filter(({ prunable }) => prunable)).toHaveLength(1)
    const x = { dims: [3, 3, 8, 8], data: numbers(9, 576) }
    const elsewhere = await ort.InferenceSession.create(writeOnnx(graph), { logSeverityLevel: 3 })
    const wanted = await elsewhere.run({ x: new ort.Tensor('float32', x.data, x.dims) })
    const session = createSession(canonicalise(graph), { fuse: true })
    const got = await session.run(new Map([['x', x]]))
    session.dispose()
    for (const name of ['scores', 'regions']) {
      expect(got.get(name)?.dims).toEqual([...(wanted[name] as ort.Tensor).dims])
      got.get(name)?.data.forEach((value, i) => {
        expect(value).toBeCloseTo(Number(wanted[name]?.data[i]), 4)
      })
    }
    expect(got.get('regions')?.dims[0]).toBeGreaterThan(5)
  })
})
