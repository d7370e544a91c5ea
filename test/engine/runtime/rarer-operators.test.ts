/** Operators on places and truth values against ONNX Runtime, and GridSample's gradients against torch 2.14. */
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalise } from '../../../src/engine/formats/canonical'
import { writeOnnx } from '../../../src/engine/formats/onnx'
import { attributes, Graph, type GraphNode, int } from '../../../src/engine/graph/graph'
import { float32, int64, type TensorData } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { createSession, initBackend } from '../../../src/engine/runtime'
import { tensor } from '../../../src/engine/runtime/tensors'
import { numbers } from './support/op-cases'

type Feed = Record<string, { dims: number[]; data: Float32Array }>

const step = (
  op: string,
  inputs: string[],
  outputs: string[],
  more: GraphNode['attributes'] = new Map(),
): GraphNode => ({
  name: outputs[0] as string,
  op,
  domain: '',
  inputs,
  outputs,
  attributes: more,
})

const graphOf = (
  nodes: GraphNode[],
  inputs: Record<string, (number | string)[]>,
  constants: [string, TensorData][] = [],
) =>
  inferShapes(
    new Graph({
      name: 'rarer',
      inputs: Object.entries(inputs).map(([name, shape]) => ({ name, dtype: 'float32', shape })),
      outputs: [{ name: 'y', dtype: 'float32', shape: null }],
      nodes,
      constants: new Map(constants),
      opsets: new Map([['', 17]]),
    }),
  )

async function expectAlike(graph: Graph, feed: Feed): Promise<void> {
  const file = writeOnnx(graph)
  const elsewhere = await ort.InferenceSession.create(file, { logSeverityLevel: 3 })
  const feeds = Object.entries(feed).map(([name, { dims, data }]) => [name, new ort.Tensor('float32', data, dims)])
  const wanted = (await elsewhere.run(Object.fromEntries(feeds))).y as ort.Tensor
  const session = createSession(canonicalise(graph), { fuse: true })
  const got = (await session.run(new Map(Object.entries(feed)))).get('y')
  session.dispose()
  expect(got?.dims).toEqual([...wanted.dims])
  got?.data.forEach((value, i) => {
    expect(value).toBeCloseTo(Number(wanted.data[i]), 4)
  })
}

const sample = (...dims: number[]) => ({
  dims,
  data: numbers(
    3,
    dims.reduce((a, b) => a * b, 1),
  ),
})
const text = (value: string): GraphNode['attributes'] => new Map([['equation', { kind: 'string', value }]])

describe('rarer operators', () => {
  beforeAll(() => initBackend({ backend: 'auto' }))

  it('mark the place of the largest', async () => {
    const constants: [string, TensorData][] = [
      ['depth', int64([], [5])],
      ['values', float32([2], Float32Array.of(-1, 3))],
    ]
    const nodes = [
      step('ArgMax', ['x'], ['at'], attributes({ axis: int(1), keepdims: int(0) })),
      step('OneHot', ['at', 'depth', 'values'], ['y'], attributes({ axis: int(1) })),
    ]
    await expectAlike(graphOf(nodes, { x: ['batch', 5, 3] }, constants), { x: sample(4, 5, 3) })
  })

  it('replace infinities', async () => {
    const constants: [string, TensorData][] = [['zero', float32([], Float32Array.of(0))]]
    const nodes = [
      step('Div', ['x', 'z'], ['d']),
      step('IsInf', ['d'], ['far'], attributes({ detect_negative: int(0) })),
      step('Where', ['far', 'zero', 'd'], ['y']),
    ]
    const z = { dims: [1, 4], data: Float32Array.of(0, 1, 2, 0) }
    const x = { dims: [1, 4], data: Float32Array.of(1, 2, 3, 4) }
    await expectAlike(graphOf(nodes, { x: ['batch', 4], z: ['batch', 4] }, constants), { x, z })
  })

  it.each([
    ['three operands', 'bi,bj,bk->bijk', { a: [2, 3], b: [2, 4], c: [2, 2] }],
    ['three operands, summed', 'bnd,de,bme->bnm', { a: [2, 3, 4], b: [4, 5], c: [2, 2, 5] }],
    ['an index that one operand alone has', 'bnd,bmd->bn', { a: [2, 3, 4], b: [2, 5, 4] }],
    ['one operand, summed', 'bij->bj', { a: [2, 3, 4] }],
    ['an ellipsis and three operands', '...d,...d,...d->...', { a: [2, 3, 4], b: [2, 3, 4], c: [2, 3, 4] }],
  ])('take apart an Einsum of %s', async (_what, equation, shapes) => {
    const graph = graphOf([step('Einsum', Object.keys(shapes), ['y'], text(equation))], shapes)
    expect(canonicalise(graph).nodes.map(({ op }) => op)).not.toContain('Einsum')
    await expectAlike(graph, Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, sample(...dims)])))
  })
})

describe('gradients of GridSample', () => {
  const image = Float32Array.of(1, 2, 3, 4, 6, 5, 9, 7, 8)
  const grid = Float32Array.of(-0.3, 0.2, 0.55, -0.7, 1.2, 0.1, 0.05, 0.9)
  const seed = [1, -2, 0.5, 3]

  it.each([
    [
      'zeros beyond the border',
      new Map(),
      [5.94, 2.68375, 1.09, 4.598751],
      [0, -0.3325, -1.5675, 0.315, 0.385, 0.085, 0.135, 1.96875, 0.16125],
      [1.2, 4.2, -2.85, -8.475, -4.0875, 0.45, 2.925, -31.8375],
    ],
    [
      'corners that meet',
      attributes({ align_corners: int(1) }),
      [5.84, 3.42, 4.24, 6.94],
      [0, -0.63, -0.77, 0.24, 0.575, 0.045, 0.06, 2.705, 0.175],
      [1.2, 2.2, -0.8, -5.8, -2.65, 1.2, 2.4, 3.3],
    ],
    [
      'a border that goes on',
      new Map([['padding_mode', { kind: 'string', value: 'border' }]]) as GraphNode['attributes'],
      [5.94, 2.825, 5.45, 7.075],
      [0, -0.35, -1.65, 0.315, 0.385, 0.425, 0.135, 2.94, 0.3],
      [1.2, 4.2, -3, 0, 0, 2.25, 4.5, 0],
    ],
  ])('are those of torch with %s', async (_what, more, values, byImage, byGrid) => {
    await initBackend({ backend: 'auto' })
    const graph = graphOf([step('GridSample', ['x', 'g'], ['y'], more)], { x: [1, 1, 3, 3], g: [1, 2, 2, 2] })
    const session = createSession(graph, { fuse: false })
    const feed = new Map([
      ['x', { dims: [1, 1, 3, 3], data: image }],
      ['g', { dims: [1, 2, 2, 2], data: grid }],
    ])
    // One channel lies the same in either layout.
    const { of, gradients } = session.backward(feed, {
      of: 'y',
      taps: ['x', 'g'],
      seed: ({ tensor: { shape } }) => tensor(seed, shape),
    })
    const close = (got: ArrayLike<number> | undefined, wanted: number[]) =>
      wanted.forEach((value, i) => {
        expect(got?.[i]).toBeCloseTo(value, 3)
      })
    close(of.tensor.dataSync() as Float32Array, values)
    close(gradients.get('x')?.tensor.dataSync() as Float32Array, byImage)
    close(gradients.get('g')?.tensor.dataSync() as Float32Array, byGrid)
    session.dispose()
  })
})
