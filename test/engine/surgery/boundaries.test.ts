/** Layers with computed weights, tables that layers share, halves of a product, extents that data decides. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import type { Graph } from '../../../src/engine/graph/graph'
import {
  encodeModel,
  floats,
  integers,
  node,
  type Plain,
  type SmallModel,
  smallModel,
  value,
} from '../formats/support/onnx-proto'
import { probe } from '../formats/support/onnx-runtime'
import { answer, expectPrunedAsMasked, weight } from '../formats/support/pruned'

const read = async (model: SmallModel): Promise<Graph> =>
  (await readModel({ name: 'small.onnx', bytes: encodeModel(smallModel(model)) })).graph

/** The file itself in ONNX Runtime answers as the graph that was read from it. */
async function expectReadAsWritten(model: SmallModel, dims: number[]): Promise<Graph> {
  const graph = await read(model)
  const data = probe(dims.reduce((a, b) => a * b, 1))
  const session = await InferenceSession.create(encodeModel(smallModel(model)), { logSeverityLevel: 4 })
  const wanted = (await session.run({ x: new Tensor('float32', data, dims) }))[graph.outputs[0]?.name as string]
  const got = await answer(graph, data, dims)
  got.forEach((number, i) => {
    expect(number).toBeCloseTo(wanted?.data[i] as number, 4)
  })
  return graph
}

const body = (nodes: Plain[], outputs: Plain[], weights: Plain[] = []): { g: Plain } => ({
  g: { name: 'body', node: nodes, output: outputs, initializer: weights },
})

const IMAGE = [1, 4, 4, 4]

describe('layers with computed weights', () => {
  /** Experts mixed by a router, as in CondConv; `group` 8: one weight a channel. */
  const mixed = (group: number): SmallModel => ({
    inputs: [value('x', IMAGE)],
    outputs: [value('y', [1, 3, 4, 4])],
    weights: [
      weight('w1', 8, 4, 1, 1),
      weight('router', 8, 2),
      weight('experts', 2, 8 * (8 / group) * 9),
      weight('w2', 3, 8, 1, 1),
      integers('shape', [8, 8 / group, 3, 3]),
    ],
    nodes: [
      node('Conv', ['x', 'w1'], ['a']),
      node('ReduceMean', ['a'], ['mean'], { axes: { ints: [2, 3] }, keepdims: { i: 0 } }),
      node('MatMul', ['mean', 'router'], ['routed']),
      node('Sigmoid', ['routed'], ['share']),
      node('MatMul', ['share', 'experts'], ['flat']),
      node('Reshape', ['flat', 'shape'], ['kernel']),
      node('Conv', ['a', 'kernel'], ['b'], { group: { i: group }, pads: { ints: [1, 1, 1, 1] } }),
      node('Relu', ['b'], ['c']),
      node('Conv', ['c', 'w2'], ['y']),
    ],
  })

  it('lose whole output channels of a convolution, while its inputs stay', async () => {
    const { outcome } = await expectPrunedAsMasked(await read(mixed(1)), IMAGE)
    expect(outcome.graph.info('kernel')?.shape?.[0]).toBeLessThan(8)
    expect(outcome.kept.Conv_a).toHaveLength(8)
  })

  it('go with the channels of a depthwise convolution', async () => {
    const { outcome } = await expectPrunedAsMasked(await read(mixed(8)), IMAGE)
    const channels = outcome.kept.Conv_a?.length as number
    expect(channels).toBeLessThan(8)
    expect(outcome.graph.info('kernel')?.shape).toEqual([channels, 1, 3, 3])
  })
})

describe('tables that layers share', () => {
  /** Two products share a table; the second meets a value of which nothing can go. */
  const shared = (extent: number): SmallModel => ({
    inputs: [value('x', [1, 8, 2, extent])],
    outputs: [value('y', [1, 8, 2, 8])],
    weights: [weight('w1', extent, 8), weight('table', 1, 8, 1, 8), weight('w2', 8, 8)],
    nodes: [
      node('MatMul', ['x', 'w1'], ['a']),
      node('Add', ['a', 'table'], ['b']),
      node('Relu', ['b'], ['c']),
      node('MatMul', ['c', 'w2'], ['d']),
      node('Add', ['d', 'table'], ['y']),
    ],
  })

  it('are stored for each, so that one can lose what the other keeps', async () => {
    const { outcome } = await expectPrunedAsMasked(await read(shared(6)), [1, 8, 2, 6])
    expect(outcome.kept.MatMul_a?.length).toBeLessThan(8)
  })

  it('hold what one of their readers does not follow', async () => {
    const model = shared(6)
    const graph = await read({
      ...model,
      nodes: [
        ...model.nodes.slice(0, 4),
        node('ReduceMean', ['table'], ['level'], { keepdims: { i: 1 } }),
        node('Identity', ['table'], ['copy']),
        node('Sub', ['copy', 'level'], ['centred']),
        node('Add', ['d', 'centred'], ['y']),
      ],
    })
    await expectPrunedAsMasked(graph, [1, 8, 2, 6])
  })
})

it('keeps something of every part of a product, however much of the product is fixed', async () => {
  // Queries and keys in four heads, values that must stay: only queries and keys can go, and not altogether.
  const graph = await read({
    inputs: [value('x', IMAGE)],
    outputs: [value('y', [1, 32, 4, 4])],
    weights: [
      weight('qkv', 64, 4, 1, 1),
      weight('places', 4, 16),
      integers('parts', [16, 16, 32]),
      integers('folded', [4, 4, 16]),
      integers('values', [4, 8, 16]),
      integers('whole', [1, 32, 4, 4]),
    ],
    nodes: [
      node('Conv', ['x', 'qkv'], ['all']),
      node('Split', ['all', 'parts'], ['q', 'k', 'v'], { axis: { i: 1 } }),
      node('Reshape', ['q', 'folded'], ['qs']),
      node('Reshape', ['k', 'folded'], ['ks']),
      node('Reshape', ['v', 'values'], ['vs']),
      node('Transpose', ['qs'], ['qt'], { perm: { ints: [0, 2, 1] } }),
      node('MatMul', ['qt', 'ks'], ['scores']),
      node('MatMul', ['qt', 'places'], ['bias']),
      node('Add', ['scores', 'bias'], ['biased']),
      node('Softmax', ['biased'], ['shares'], { axis: { i: -1 } }),
      node('MatMul', ['vs', 'shares'], ['mixed']),
      node('Reshape', ['mixed', 'whole'], ['y']),
    ],
  })
  const { outcome } = await expectPrunedAsMasked(graph, IMAGE)
  expect(outcome.graph.info('q')?.shape?.[1]).toBeGreaterThan(0)
  expect(outcome.graph.info('v')?.shape?.[1]).toBe(32)
})

describe('a branch whose condition is constant', () => {
  /** The condition compares an extent; the branches compute different shapes and carry a weight of their own. */
  const padded: SmallModel = {
    inputs: [value('x', [1, 6])],
    outputs: [value('y', [1, 4])],
    weights: [weight('w1', 6, 10), weight('w2', 10, 4), integers('last', [1], []), integers('ten', [10], [])],
    nodes: [
      node('MatMul', ['x', 'w1'], ['product']),
      node('Identity', ['product'], ['a']),
      node('Shape', ['a'], ['shape']),
      node('Gather', ['shape', 'last'], ['width']),
      node('Equal', ['width', 'ten'], ['fits']),
      node('If', ['fits'], ['b'], {
        then_branch: body(
          [node('Add', ['a', 'own'], ['s']), node('Relu', ['s'], ['t'])],
          [value('t', [1, 10])],
          [weight('own', 10)],
        ),
        else_branch: body([node('Concat', ['a', 'a'], ['e'], { axis: { i: 1 } })], [value('e', [1, 20])]),
      }),
      node('MatMul', ['b', 'w2'], ['y']),
    ],
  }

  it('is written out, and pruned', async () => {
    const graph = await expectReadAsWritten(padded, [1, 6])
    expect(graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Add', 'Relu', 'MatMul'])
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6])
    expect(outcome.kept.MatMul_product?.length).toBeLessThan(10)
  })
})

describe('extents that data decides', () => {
  it('are no reason to refuse what lies before', async () => {
    const graph = await read({
      inputs: [value('x', [1, 6])],
      outputs: [value('y', ['found', 'length'])],
      weights: [
        weight('w1', 6, 10),
        weight('w2', 10, 8),
        integers('pads', [0, 0, 0, 2]),
        weight('zero', 1),
        integers('from', [0]),
        integers('most', [100]),
        integers('along', [1]),
      ],
      nodes: [
        node('MatMul', ['x', 'w1'], ['a']),
        node('Relu', ['a'], ['b']),
        node('MatMul', ['b', 'w2'], ['c']),
        node('Greater', ['c', 'zero'], ['positive']),
        node('NonZero', ['positive'], ['places']),
        node('Cast', ['places'], ['numbers'], { to: { i: 1 } }),
        node('Slice', ['numbers', 'from', 'most', 'along'], ['first']),
        node('Pad', ['first', 'pads'], ['y']),
      ],
    })
    expect(graph.info('y')?.shape?.[0]).toBe(2)
    expect(String(graph.info('first')?.shape?.[1])).toMatch(/^\?/)
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6])
    expect(outcome.kept.MatMul_a?.length).toBeLessThan(10)
  })

  it('pass the channels of maps that are read in regions', async () => {
    const graph = await read({
      inputs: [value('x', IMAGE)],
      outputs: [value('y', ['rois', 3, 2, 2])],
      weights: [
        weight('w1', 8, 4, 1, 1),
        weight('w2', 3, 8, 1, 1),
        floats('boxes', [2, 4], [0, 0, 3, 3, 1, 0, 4, 2]),
        integers('which', [0, 0]),
      ],
      nodes: [
        node('Conv', ['x', 'w1'], ['a']),
        node('RoiAlign', ['a', 'boxes', 'which'], ['b'], { output_height: { i: 2 }, output_width: { i: 2 } }),
        node('Conv', ['b', 'w2'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, IMAGE)
    expect(outcome.kept.Conv_a?.length).toBeLessThan(8)
  })
})

it('computes weights ahead that are made of constants', async () => {
  const graph = await expectReadAsWritten(
    {
      inputs: [value('x', IMAGE)],
      outputs: [value('y', [1, 6, 4, 4])],
      weights: [
        weight('v', 1, 6, 4),
        weight('scale', 6),
        weight('shift', 6),
        weight('mean', 6),
        { ...weight('ones', 6), float_data: [1, 2, 3, 4, 5, 6] },
        weight('left', 6, 2),
        weight('right', 2, 6),
        integers('kernel', [6, 4, 1, 1]),
        integers('square', [6, 6, 1, 1]),
      ],
      nodes: [
        node('BatchNormalization', ['v', 'scale', 'shift', 'mean', 'ones'], ['standardised']),
        node('ReduceL2', ['standardised'], ['norm'], { axes: { ints: [2] }, keepdims: { i: 1 } }),
        node('Div', ['standardised', 'norm'], ['unit']),
        node('Reshape', ['unit', 'kernel'], ['w1']),
        node('Conv', ['x', 'w1'], ['a']),
        node('MatMul', ['left', 'right'], ['low']),
        node('EyeLike', ['low'], ['eye'], { dtype: { i: 1 }, k: { i: 1 } }),
        node('Add', ['low', 'eye'], ['merged']),
        node('Reshape', ['merged', 'square'], ['w2']),
        node('Conv', ['a', 'w2'], ['y']),
      ],
    },
    IMAGE,
  )
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Conv', 'Conv'])
})

it('takes a window that hangs over the end of a small map for one, where extents are rounded up', async () => {
  await expectReadAsWritten(
    {
      inputs: [value('x', IMAGE)],
      outputs: [value('y', [1, 4, 1, 1])],
      nodes: [
        node('AveragePool', ['x'], ['y'], {
          kernel_shape: { ints: [9, 9] },
          strides: { ints: [9, 9] },
          ceil_mode: { i: 1 },
        }),
      ],
    },
    IMAGE,
  )
})
