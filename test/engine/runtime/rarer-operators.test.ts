/** Operators on places and truth values against ONNX Runtime, and GridSample's gradients against torch 2.14. */
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalise } from '../../../src/engine/formats/canonical'
import { readModel } from '../../../src/engine/formats/index'
import { writeOnnx } from '../../../src/engine/formats/onnx'
import { attributes, Graph, type GraphNode, int, ints } from '../../../src/engine/graph/graph'
import { float32, int64, type TensorData } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { createSession, initBackend } from '../../../src/engine/runtime'
import { tensor } from '../../../src/engine/runtime/tensors'
import { backendTargets } from '../../support/native'
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

  it('take a stored vector and one of the samples apart, which have no index in common', async () => {
    const stored: [string, TensorData] = ['b', float32([3], Float32Array.of(1, -2, 0.5))]
    const graph = graphOf([step('Einsum', ['a', 'b'], ['y'], text('i,j->ij'))], { a: ['batch'] }, [stored])
    await expectAlike(graph, { a: sample(4) })
  })

  it.each([
    ['written into', step('ScatterElements', ['held', 'order', 'ones'], ['w'], attributes({ axis: int(0) }))],
    ['written into by rows', step('ScatterND', ['held', 'rows', 'ones'], ['w'])],
    ['added up', step('CumSum', ['held', 'axis'], ['w'])],
  ])('forget whole numbers that are %s', (_what, node) => {
    const constants: [string, TensorData][] = [
      ['all', int64([1], [3])],
      ['held', int64([3], [2, 2, 2])],
      ['ones', int64([3], [1, 1, 1])],
      ['axis', int64([], [0])],
      ['column', int64([1], [1])],
      ['deep', int64([1], [-1])],
    ]
    const nodes = [
      step('TopK', ['x', 'all'], ['best', 'order']),
      step('Unsqueeze', ['order', 'column'], ['rows']),
      node,
      step('Expand', ['x', 'w'], ['y']),
    ]
    // Nobody knows them before they are fed: to take what was there for what comes of it would make [2, 2, 2] of them.
    expect(inferShapes(graphOf(nodes, { x: [3] }, constants)).info('y')?.shape).not.toEqual([2, 2, 2])
  })

  it('write the scores of the best few among infinities', async () => {
    const constants: [string, TensorData][] = [
      ['two', int64([1], [2])],
      ['shape', int64([2], [2, 5])],
      ['none', float32([], Float32Array.of(Number.NEGATIVE_INFINITY))],
    ]
    const nodes = [
      step('TopK', ['x', 'two'], ['best', 'at']),
      step('Expand', ['none', 'shape'], ['nothing']),
      step('ScatterElements', ['nothing', 'at', 'best'], ['scores'], attributes({ axis: int(1) })),
      step('Softmax', ['scores'], ['y'], attributes({ axis: int(1) })),
    ]
    const graph = graphOf(nodes, { x: [2, 5] }, constants)
    const { graph: read } = await readModel({ name: 'router.onnx', bytes: writeOnnx(graph) })
    await expectAlike(read, { x: sample(2, 5) })
  })

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

  it('pick among their own, sample by sample, at places that the network computes', async () => {
    const axes: [string, TensorData] = ['axes', int64([1], [2])]
    const nodes = [
      step('ArgMax', ['x'], ['most'], attributes({ axis: int(1), keepdims: int(0) })),
      step('Unsqueeze', ['most', 'axes'], ['at']),
      step('GatherND', ['x', 'at'], ['y'], attributes({ batch_dims: int(1) })),
    ]
    await expectAlike(graphOf(nodes, { x: ['batch', 5, 3] }, [axes]), { x: sample(4, 5, 3) })
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
    ['vectors without an index in common', 'i,j->ij', { a: [3], b: [4] }],
    ['one operand, summed', 'bij->bj', { a: [2, 3, 4] }],
    ['an ellipsis and three operands', '...d,...d,...d->...', { a: [2, 3, 4], b: [2, 3, 4], c: [2, 3, 4] }],
  ])('take apart an Einsum of %s', async (_what, equation, shapes) => {
    const graph = graphOf([step('Einsum', Object.keys(shapes), ['y'], text(equation))], shapes)
    expect(canonicalise(graph).nodes.map(({ op }) => op)).not.toContain('Einsum')
    await expectAlike(graph, Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, sample(...dims)])))
  })
})

describe.each(backendTargets)('on $backend', ({ backend, there, offers }) => {
  it.runIf(there)('whole numbers are written among whole numbers: the order that sorted texts go back to', async () => {
    await initBackend({ backend, ...offers })
    const constants: [string, TensorData][] = [
      ['all', int64([1], [4])],
      ['zeros', int64([4], [0, 0, 0, 0])],
      ['places', int64([4], [0, 1, 2, 3])],
    ]
    const nodes = [
      step('TopK', ['x', 'all'], ['sorted', 'order']),
      step('ScatterElements', ['zeros', 'order', 'places'], ['back'], attributes({ axis: int(0) })),
      step('Gather', ['sorted', 'back'], ['y'], attributes({ axis: int(0) })),
    ]
    await expectAlike(graphOf(nodes, { x: [4] }, constants), { x: sample(4) })
  })

  it.runIf(there)('what each sample picks among its own sends its gradient back there', async () => {
    await initBackend({ backend, ...offers })
    const nodes = [
      step('ArgMax', ['x'], ['most'], attributes({ axis: int(1), keepdims: int(0) })),
      step('Unsqueeze', ['most', 'axes'], ['at']),
      step('GatherND', ['x', 'at'], ['y'], attributes({ batch_dims: int(1) })),
    ]
    const graph = graphOf(nodes, { x: ['batch', 3, 2] }, [['axes', int64([1], [2])]])
    const session = createSession(graph, { fuse: true })
    // The greatest of each column: rows 2 and 0 of the first sample, row 1 twice of the second.
    const data = Float32Array.of(1, 9, 2, 3, 7, 4, 0, 1, 5, 6, 2, 3)
    const { of, gradients } = session.backward(new Map([['x', { dims: [2, 3, 2], data }]]), {
      of: 'y',
      taps: ['x'],
      seed: ({ tensor: { shape } }) => tensor([1, 2, 3, 4, 5, 6, 7, 8], shape),
    })
    expect([...of.tensor.dataSync()]).toEqual([7, 4, 1, 9, 5, 6, 5, 6])
    expect([...(gradients.get('x')?.tensor.dataSync() ?? [])]).toEqual([3, 4, 0, 0, 1, 2, 0, 0, 12, 14, 0, 0])
    session.dispose()
  })
})

it('stretches a volume by cubics as the reference evaluator of ONNX does, which ONNX Runtime cannot', async () => {
  await initBackend({ backend: 'auto' })
  const more: GraphNode['attributes'] = new Map([['mode', { kind: 'string', value: 'cubic' }]])
  const sizes: [string, TensorData] = ['sizes', int64([5], [1, 1, 3, 4, 3])]
  const graph = graphOf([step('Resize', ['x', '', '', 'sizes'], ['y'], more)], { x: [1, 1, 2, 3, 2] }, [sizes])
  const session = createSession(graph, { fuse: true })
  const data = Float32Array.of(0, 1, 4, 2, 2, 4, 1, 0, 1, 4, 2, 2)
  const got = (await session.run(new Map([['x', { dims: [1, 1, 2, 3, 2], data }]]))).get('y')?.data
  session.dispose()
  const wanted = [
    -0.52319, 0.31744, 1.15808, 3.08461, 2.12212, 1.15963, 4.02504, 3.33847, 2.65191, 1.62036, 3.08992, 4.55948,
    0.35956, 0.3385, 0.31744, 1.81124, 1.96667, 2.12212, 2.47574, 2.9071, 3.33847, 1.87419, 2.48206, 3.08992, 1.24231,
    0.35956, -0.52319, 0.53786, 1.81124, 3.08461, 0.92644, 2.47574, 4.02504, 2.12802, 1.87419, 1.62036,
  ]
  wanted.forEach((value, i) => {
    expect(got?.[i]).toBeCloseTo(value, 4)
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

describe('GridSample in its other ways', () => {
  const image = Float32Array.of(1, 2, 3, 4, 6, 5, 9, 7, 8)
  const grid = Float32Array.of(-0.42, 0.28, 0.77, -0.98, 1.68, 0.14, 0.07, 1.26)
  const seed = [1, -2, 0.5, 3]

  it.each([
    [
      'bilinear',
      'reflection',
      0,
      [6.2184, 3, 5.9316, 7.105],
      [0, 0, -2, 0.3654, 0.42, 0.1896, 0.2646, 2.895, 0.3654],
      [0.48, 5.28, 0, 0, 0.435, 1.47, 4.5, 0],
    ],
    [
      'bilinear',
      'reflection',
      1,
      [5.9104, 2.8192, 5.9096, 6.7736],
      [0, -0.4508, -1.5092, 0.3024, 1.4262, 0.1614, 0.1176, 2.2746, 0.1778],
      [0.88, 2.68, -1.92, -4.92, 0.36, 0.82, 1.44, -3.42],
    ],
    [
      'bicubic',
      'zeros',
      0,
      [7.96823, 1.27813, -0.53585, 0.64575],
      [-0.08004, 0.06059, -1.19172, 0.52699, 0.25177, 0.09999, 0.34909, 0.49433, -0.01316],
      [0.07995, 9.27117, 3.23982, -8.28644, 0.90167, -0.34782, 0.43494, -28.91389],
    ],
    [
      'bicubic',
      'border',
      1,
      [6.3256, 2.86109, 5.46233, 7.06453],
      [0.0155, -0.53975, -1.59285, 0.36464, 0.2427, 0.37184, -0.04501, 3.46158, 0.22135],
      [1.28132, 2.88484, -1.50856, -3.66422, 0.11465, 1.79906, -0.9262, 0.34079],
    ],
    [
      'bicubic',
      'reflection',
      0,
      [6.55948, 2.76128, 6.31718, 7.02787],
      [-0.06358, 0.15825, -2.62343, 0.41833, 0.3228, 0.56414, 0.05249, 3.3748, 0.29622],
      [0.91192, 5.18317, -2.13259, -0.24348, 0.86979, 1.68954, -0.14784, -2.42336],
    ],
  ] as const)(
    '%s over images, %s, corners %i: values and gradients are those of torch',
    async (mode, padding, corners, values, byMap, byGrid) => {
      const more: GraphNode['attributes'] = new Map([
        ['mode', { kind: 'string', value: mode }],
        ['padding_mode', { kind: 'string', value: padding }],
        ['align_corners', int(corners)],
      ])
      await expectGradients(more, { dims: [1, 1, 3, 3], data: image }, { dims: [1, 2, 2, 2], data: grid }, seed, [
        values,
        byMap,
        byGrid,
      ])
    },
  )

  it.each([
    [
      'zeros',
      [2.99243, 0.57178],
      [0, 0, -0.192, 0, 0.228, 0.057, 0.244, 0.133],
      [0.699, 1.34756, -3.14992, -1.42946, 3.81189, -1.24933],
    ],
    ['border', [3.14992, 2.38243], [0, 0, -0.8, 0, 0.24, 0.06, -0.64, 0.14], [0.73579, 1.41848, 0, 0, 0, -5.20555]],
  ] as const)('over volumes, %s', async (padding, values, byMap, byGrid) => {
    const more: GraphNode['attributes'] = new Map([
      ['mode', { kind: 'string', value: 'linear' }],
      ['padding_mode', { kind: 'string', value: padding }],
    ])
    const volume = {
      dims: [1, 1, 2, 2, 2],
      data: Float32Array.from([0, 0.33333, 0.82076, 1.39039, 2.02096, 2.70109, 3.42354, 4.18318]),
    }
    const places = { dims: [1, 1, 1, 2, 3], data: Float32Array.of(-0.3, 0.2, 0.55, -0.7, 1.2, 0.1) }
    await expectGradients(more, volume, places, [1, -2], [values, byMap, byGrid])
  })
})

/** @param wanted the answer, and what it is by the map and by the grid */
async function expectGradients(
  more: GraphNode['attributes'],
  map: { dims: number[]; data: Float32Array },
  grid: { dims: number[]; data: Float32Array },
  seed: number[],
  wanted: readonly (readonly number[])[],
): Promise<void> {
  await initBackend({ backend: 'auto' })
  const graph = graphOf([step('GridSample', ['x', 'g'], ['y'], more)], { x: map.dims, g: grid.dims })
  const session = createSession(graph, { fuse: false })
  const feed = new Map([
    ['x', map],
    ['g', grid],
  ])
  // One channel lies the same in either layout.
  const { of, gradients } = session.backward(feed, {
    of: 'y',
    taps: ['x', 'g'],
    seed: ({ tensor: { shape } }) => tensor(seed, shape),
  })
  const found = [of.tensor, gradients.get('x')?.tensor, gradients.get('g')?.tensor]
  found.forEach((got, k) => {
    const data = got?.dataSync()
    wanted[k]?.forEach((value, i) => {
      expect(data?.[i]).toBeCloseTo(value, 3)
    })
  })
  session.dispose()
}

describe('Resize and pooling of later opsets', () => {
  const sizes = (values: number[]): [string, TensorData] => ['s', float32([values.length], values)]
  const named = (value: string) => ({ kind: 'string', value }) as const

  it.each([
    ['smaller without aliases', 'linear', [1, 1, 0.5, 0.4], { antialias: int(1) }, 18],
    ['smaller by cubics without aliases', 'cubic', [1, 1, 0.5, 2], { antialias: int(1) }, 18],
    [
      'as far from the middle on both sides',
      'cubic',
      [1, 1, 0.6, 1.7],
      { coordinate_transformation_mode: named('half_pixel_symmetric') },
      19,
    ],
  ] as const)('Resize: %s', async (_what, mode, scales, more, opset) => {
    await initBackend({ backend: 'auto' })
    const node = step('Resize', ['x', '', 's'], ['y'], attributes({ mode: named(mode), ...more }))
    const graph = graphOf([node], { x: [2, 2, 8, 9] }, [sizes([...scales])])
    await expectAlike(graph.with({ metadata: new Map([['onnx.opset', String(opset)]]) }), { x: sample(2, 2, 8, 9) })
  })

  it.each([0, 1])('AveragePool with gaps, padding counted %i', async (counted) => {
    await initBackend({ backend: 'auto' })
    const at = { kernel_shape: ints([3, 2]), dilations: ints([2, 2]), pads: ints([1, 0, 1, 1]), strides: ints([2, 1]) }
    const node = step(
      'AveragePool',
      ['x'],
      ['y'],
      attributes({ ...at, count_include_pad: int(counted), ceil_mode: int(counted) }),
    )
    const graph = graphOf([node], { x: [2, 2, 9, 8] })
    await expectAlike(graph.with({ metadata: new Map([['onnx.opset', '19']]) }), { x: sample(2, 2, 9, 8) })
  })
})
