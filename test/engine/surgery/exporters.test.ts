/** What exporters write that no rule met before: states of zeros, stored stacks of Einsum, averages over neighbours, kernels of one. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import type { Graph } from '../../../src/engine/graph/graph'
import type { TensorData } from '../../../src/engine/graph/tensor'
import {
  type Attributes,
  encodeModel,
  floats,
  integers,
  node,
  type Plain,
  type SmallModel,
  smallModel,
  value,
} from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

const read = async (model: SmallModel): Promise<Graph> =>
  (await readModel({ name: 'small.onnx', bytes: encodeModel(smallModel(model)) })).graph

const text = (s: string): Attributes[string] => ({ s: Buffer.from(s) })

describe('what exporters write', () => {
  it('a cell called step by step from a state of zeros', async () => {
    const step = (t: number, state: string): Plain[] => [
      node('Gather', ['x', `t${t}`], [`x${t}`], { axis: { i: 1 } }),
      node('Gemm', [`x${t}`, 'wi', 'bi'], [`i${t}`], { transB: { i: 1 } }),
      node('Gemm', [state, 'wh', 'bh'], [`h${t}`], { transB: { i: 1 } }),
      node('Add', [`i${t}`, `h${t}`], [`s${t}`]),
      node('Tanh', [`s${t}`], [`state${t}`]),
    ]
    const graph = await read({
      inputs: [value('x', [1, 3, 4])],
      outputs: [value('y', [1, 2])],
      weights: [
        ...[0, 1, 2].map((t) => integers(`t${t}`, [t], [])),
        floats('zeros', [1, 8], Array(8).fill(0)),
        weight('wi', 8, 4),
        weight('bi', 8),
        weight('wh', 8, 8),
        weight('bh', 8),
        weight('out', 8, 2),
      ],
      nodes: [
        ...step(0, 'zeros'),
        ...step(1, 'state0'),
        ...step(2, 'state1'),
        node('MatMul', ['state2', 'out'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 3, 4])
    const [rows, columns] = (outcome.graph.constants.get('wh') as TensorData).dims
    expect(rows).toBeLessThan(8)
    expect(columns).toBe(rows)
  })

  it('a cell whose state of zeros is made for an open batch', async () => {
    const step = (t: number, state: string): Plain[] => [
      node('Gather', ['x', `t${t}`], [`x${t}`], { axis: { i: 1 } }),
      node('Concat', [`x${t}`, state], [`all${t}`], { axis: { i: 1 } }),
      node('Conv', [`all${t}`, 'w', 'b'], [`s${t}`], { pads: { ints: [1, 1, 1, 1] } }),
      node('Tanh', [`s${t}`], [`state${t}`]),
    ]
    const graph = await read({
      inputs: [value('x', ['n', 2, 1, 4, 4])],
      outputs: [value('y', ['n', 1, 4, 4])],
      weights: [
        ...[0, 1].map((t) => integers(`t${t}`, [t], [])),
        integers('first', [0]),
        integers('width', [8]),
        integers('pixels', [4]),
        weight('w', 8, 9, 3, 3),
        weight('b', 8),
        weight('out', 1, 8, 1, 1),
      ],
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('Gather', ['shape', 'first'], ['n']),
        node('Concat', ['n', 'width', 'pixels', 'pixels'], ['size'], { axis: { i: 0 } }),
        node('ConstantOfShape', ['size'], ['zeros']),
        ...step(0, 'zeros'),
        ...step(1, 'state0'),
        node('Conv', ['state1', 'out'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [2, 2, 1, 4, 4])
    const [rows, columns] = (outcome.graph.constants.get('w') as TensorData).dims as [number, number]
    expect(rows).toBeLessThan(8)
    expect(columns).toBe(rows + 1)
  })

  it('a stack of stored matrices in Einsum', async () => {
    const graph = await read({
      inputs: [value('x', [2, 5, 6])],
      outputs: [value('y', [2, 3, 5, 4])],
      weights: [
        weight('w', 6, 10),
        weight('a', 3, 10, 12),
        weight('b', 3, 12, 4),
        integers('parts', [2, 1, 5, 10]),
        integers('experts', [2, 3, 5, 10]),
      ],
      nodes: [
        node('MatMul', ['x', 'w'], ['h']),
        node('Reshape', ['h', 'parts'], ['one']),
        node('Expand', ['one', 'experts'], ['tokens']),
        node('Einsum', ['tokens', 'a'], ['wide'], { equation: text('belc,ecf->belf') }),
        node('Relu', ['wide'], ['active']),
        node('Einsum', ['active', 'b'], ['y'], { equation: text('belf,efc->belc') }),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [2, 5, 6])
    expect(outcome.graph.nodes.filter(({ op }) => op === 'Transpose')).toHaveLength(0)
    const stacks = [...outcome.graph.constants.values()].filter(({ dims }) => dims.length === 4)
    expect(stacks.map(({ dims }) => dims[2] as number).every((rows, i) => rows < ([10, 12][i] as number))).toBe(true)
  })

  it.each([
    ['stretched', [node('Expand', ['nought', 'shape'], ['start'])]],
    ['filled', [node('ConstantOfShape', ['shape'], ['start'])]],
  ])('zeros as wide as one value that another is added to, %s', async (_what, zeros) => {
    const graph = await read({
      inputs: [value('x', ['batch', 6])],
      outputs: [value('y', ['batch', 4])],
      weights: [
        weight('w', 6, 10),
        weight('v', 6, 10),
        weight('o', 10, 4),
        weight('p', 10, 4),
        floats('nought', [], [0]),
      ],
      nodes: [
        node('MatMul', ['x', 'w'], ['h']),
        node('Shape', ['h'], ['shape']),
        ...zeros,
        node('MatMul', ['x', 'v'], ['g']),
        node('Add', ['start', 'g'], ['sum']),
        node('MatMul', ['h', 'o'], ['first']),
        node('MatMul', ['sum', 'p'], ['second']),
        node('Add', ['first', 'second'], ['y']),
      ],
    })
    await expectPrunedAsMasked(graph, [2, 6])
  })

  it('an average over neighbouring channels, as local response normalisation is spelled out', async () => {
    const graph = await read({
      inputs: [value('x', [1, 3, 4, 4])],
      outputs: [value('y', [1, 2, 4, 4])],
      weights: [
        weight('a', 12, 3, 1, 1),
        weight('b', 2, 12, 1, 1),
        integers('first', [1]),
        integers('pads', [0, 0, 1, 0, 0, 0, 0, 1, 0, 0]),
        floats('one', [], [1]),
      ],
      nodes: [
        node('Conv', ['x', 'a'], ['h']),
        node('Mul', ['h', 'h'], ['square']),
        node('Unsqueeze', ['square', 'first'], ['volume']),
        node('Pad', ['volume', 'pads'], ['bordered']),
        node('AveragePool', ['bordered'], ['mean'], { kernel_shape: { ints: [3, 1, 1] } }),
        node('Squeeze', ['mean', 'first'], ['flat']),
        node('Add', ['flat', 'one'], ['scale']),
        node('Div', ['h', 'scale'], ['normal']),
        node('Conv', ['normal', 'b'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 3, 4, 4])
    expect(outcome.kept.Conv_h?.length).toBeLessThan(12)
  })

  it('a convolution with a kernel of one that mixes tokens beside features', async () => {
    const graph = await read({
      inputs: [value('x', [1, 6, 5])],
      outputs: [value('y', [1, 6, 2])],
      weights: [weight('w', 5, 10), weight('up', 9, 6, 1), weight('down', 6, 9, 1), weight('out', 10, 2)],
      nodes: [
        node('MatMul', ['x', 'w'], ['h']),
        node('Conv', ['h', 'up'], ['wide']),
        node('Relu', ['wide'], ['active']),
        node('Conv', ['active', 'down'], ['mixed']),
        node('Add', ['h', 'mixed'], ['sum']),
        node('MatMul', ['sum', 'out'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6, 5])
    expect(outcome.kept.MatMul_h?.length).toBeLessThan(10)
    expect(outcome.kept.Conv_wide?.length).toBeLessThan(9)
  })

  it('features beside the channels of a transposed convolution stay where its windows widen them', async () => {
    const graph = await read({
      inputs: [value('x', [1, 6, 5])],
      outputs: [value('y', [1, 4, 20])],
      weights: [weight('w', 5, 10), weight('up', 6, 4, 2)],
      nodes: [node('MatMul', ['x', 'w'], ['h']), node('ConvTranspose', ['h', 'up'], ['y'], { strides: { ints: [2] } })],
    })
    await expect(expectPrunedAsMasked(graph, [1, 6, 5])).rejects.toMatchObject({ code: 'NOTHING_PRUNABLE' })
  })

  it('a division by what removed heads would make zero', async () => {
    const graph = await read({
      inputs: [value('x', [1, 5, 6])],
      outputs: [value('y', [1, 5, 3])],
      weights: [
        weight('w', 6, 16),
        weight('v', 6, 16),
        integers('folded', [1, 5, 4, 4]),
        integers('whole', [1, 5, 16]),
        integers('last', [-1]),
        weight('out', 16, 3),
      ],
      nodes: [
        node('MatMul', ['x', 'w'], ['a']),
        node('Sigmoid', ['a'], ['positive']),
        node('Reshape', ['positive', 'folded'], ['q']),
        node('ReduceSum', ['q', 'last'], ['norm']),
        node('MatMul', ['x', 'v'], ['b']),
        node('Reshape', ['b', 'folded'], ['values']),
        node('Div', ['values', 'norm'], ['shared']),
        node('Reshape', ['shared', 'whole'], ['flat']),
        node('MatMul', ['flat', 'out'], ['y']),
      ],
    })
    await expectPrunedAsMasked(graph, [1, 5, 6])
  })

  it('a mask that Tile repeats for every head', async () => {
    const graph = await read({
      inputs: [value('x', [1, 5, 6])],
      outputs: [value('y', [1, 5, 3])],
      weights: [
        weight('w', 6, 16),
        integers('folded', [1, 5, 4, 4]),
        integers('whole', [1, 5, 16]),
        integers('last', [-1]),
        integers('times', [1, 1, 4, 2]),
        integers('place', [2]),
        weight('out', 16, 3),
      ],
      nodes: [
        node('MatMul', ['x', 'w'], ['a']),
        node('Reshape', ['a', 'folded'], ['heads']),
        node('ReduceMean', ['x'], ['mean'], { axes: { ints: [-1] } }),
        node('Unsqueeze', ['mean', 'place'], ['one']),
        node('Tile', ['one', 'times'], ['mask']),
        node('ReduceSum', ['mask', 'last'], ['summed']),
        node('Mul', ['heads', 'summed'], ['masked']),
        node('Reshape', ['masked', 'whole'], ['flat']),
        node('MatMul', ['flat', 'out'], ['y']),
      ],
    })
    const { coupling } = await expectPrunedAsMasked(graph, [1, 5, 6])
    expect(coupling.units).toBeGreaterThan(0)
  })

  it('every copy that Tile makes of the channels', async () => {
    const graph = await read({
      inputs: [value('x', [1, 3, 4, 4])],
      outputs: [value('y', [1, 2, 4, 4])],
      weights: [weight('a', 6, 3, 1, 1), weight('b', 2, 12, 1, 1), integers('times', [1, 2, 1, 1])],
      nodes: [
        node('Conv', ['x', 'a'], ['h']),
        node('Tile', ['h', 'times'], ['twice']),
        node('Conv', ['twice', 'b'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 3, 4, 4])
    expect(outcome.kept.Conv_h?.length).toBeLessThan(6)
  })

  it('positions for every head that a Softmax shares out, mixed with scores', async () => {
    const flip = { perm: { ints: [0, 2, 1, 3] } }
    const graph = await read({
      inputs: [value('x', [1, 5, 6])],
      outputs: [value('y', [1, 5, 3])],
      weights: [
        weight('q', 6, 16),
        weight('v', 6, 16),
        weight('places', 1, 4, 5, 5),
        integers('folded', [1, 5, 4, 4]),
        integers('whole', [1, 5, 16]),
        weight('out', 16, 3),
      ],
      nodes: [
        node('MatMul', ['x', 'q'], ['a']),
        node('Reshape', ['a', 'folded'], ['b']),
        node('Transpose', ['b'], ['queries'], flip),
        node('Transpose', ['b'], ['keys'], { perm: { ints: [0, 2, 3, 1] } }),
        node('MatMul', ['queries', 'keys'], ['scores']),
        node('Softmax', ['scores'], ['shares'], { axis: { i: -1 } }),
        node('Softmax', ['places'], ['stored'], { axis: { i: -1 } }),
        node('Add', ['shares', 'stored'], ['both']),
        node('MatMul', ['x', 'v'], ['c']),
        node('Reshape', ['c', 'folded'], ['d']),
        node('Transpose', ['d'], ['values'], flip),
        node('MatMul', ['both', 'values'], ['mixed']),
        node('Transpose', ['mixed'], ['back'], flip),
        node('Reshape', ['back', 'whole'], ['flat']),
        node('MatMul', ['flat', 'out'], ['y']),
      ],
    })
    const { outcome, coupling } = await expectPrunedAsMasked(graph, [1, 5, 6])
    expect(coupling.units).toBe(4)
    expect(outcome.graph.constants.get('places')?.dims[1]).toBeLessThan(4)
  })

  it('stored coordinates of one axis in GatherND', async () => {
    const graph = await read({
      inputs: [value('x', [1, 3, 4, 4])],
      outputs: [value('y', [1, 2, 4, 4])],
      weights: [
        weight('a', 6, 3, 1, 1),
        weight('b', 2, 6, 1, 1),
        { ...integers('order', [3, 1, 5, 0, 2, 4]), dims: [6, 1] },
      ],
      nodes: [
        node('Conv', ['x', 'a'], ['h']),
        node('Transpose', ['h'], ['turned'], { perm: { ints: [1, 0, 2, 3] } }),
        node('GatherND', ['turned', 'order'], ['picked']),
        node('Transpose', ['picked'], ['back'], { perm: { ints: [1, 0, 2, 3] } }),
        node('Conv', ['back', 'b'], ['y']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 3, 4, 4])
    expect(outcome.kept.Conv_h?.length).toBeLessThan(6)
  })
})

describe('constants that the reader computes', () => {
  it('a weight divided by its largest singular value, from stored vectors', async () => {
    const graph = await read({
      inputs: [value('x', [1, 4])],
      outputs: [value('y', [1, 3])],
      weights: [weight('w', 4, 3), weight('u', 4), weight('v', 3)],
      nodes: [
        node('MatMul', ['w', 'v'], ['wv']),
        node('MatMul', ['u', 'wv'], ['sigma']),
        node('Div', ['w', 'sigma'], ['normal']),
        node('MatMul', ['x', 'normal'], ['y']),
      ],
    })
    expect(graph.nodes.map(({ op }) => op)).toEqual(['MatMul'])
    const numbers = (plain: Plain) => plain.float_data as number[]
    const [w, u, v] = [weight('w', 4, 3), weight('u', 4), weight('v', 3)].map(numbers) as [number[], number[], number[]]
    let sigma = 0
    for (const [i, ui] of u.entries()) for (const [j, vj] of v.entries()) sigma += ui * vj * (w[3 * i + j] as number)
    const [normal] = [...graph.constants.values()]
    Array.from(normal?.data as Float32Array).forEach((got, i) => {
      expect(got).toBeCloseTo((w[i] as number) / sigma, 4)
    })
  })

  it('a stored mask of minus infinity is no broken weight, a bias of it is one', async () => {
    const masked = (name: string, op: string) =>
      read({
        inputs: [value('x', [1, 2, 2])],
        outputs: [value('y', [1, 2, 2])],
        weights: [
          floats(
            'mask',
            name === 'mask' ? [2, 2] : [2],
            name === 'mask' ? [0, Number.NEGATIVE_INFINITY, 0, 0] : [0, Number.NEGATIVE_INFINITY],
          ),
        ],
        nodes: [node(op, ['x', 'mask'], ['s']), node('Softmax', ['s'], ['y'], { axis: { i: -1 } })],
      })
    expect((await masked('mask', 'Add')).nodes).toHaveLength(2)
    await expect(masked('bias', 'Add')).rejects.toMatchObject({ code: 'MODEL_NON_FINITE' })
    await expect(masked('mask', 'Mul')).rejects.toMatchObject({ code: 'MODEL_NON_FINITE' })
  })
})
