/** Networks that hold networks (If, Loop, Scan): these stay as they are, the rest is pruned. ONNX Runtime is the judge. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../../src/engine/formats'
import { lookThrough } from '../../../../src/engine/formats/onnx/subgraph'
import { BYTES, WireWriter } from '../../../../src/engine/formats/onnx/wire'
import type { Graph } from '../../../../src/engine/graph/graph'
import { buildProgram } from '../../../../src/engine/runtime/build'
import {
  encodeModel,
  floats,
  integers,
  node,
  type Plain,
  type SmallModel,
  smallModel,
  value,
} from '../support/onnx-proto'
import { probe } from '../support/onnx-runtime'
import { answer, expectPrunedAsMasked, weight } from '../support/pruned'

const body = (nodes: Plain[], outputs: Plain[], inputs: Plain[] = [], weights: Plain[] = []): { g: Plain } => ({
  g: { name: 'body', node: nodes, input: inputs, output: outputs, initializer: weights },
})

const read = async (model: SmallModel): Promise<Graph> =>
  (await readModel({ name: 'flow.onnx', bytes: encodeModel(smallModel(model)) })).graph

/** Two dense layers, a branch by the sign of the input's mean, and a third layer; `c` goes by another name inside. */
const branching: SmallModel = {
  inputs: [value('x', [1, 6])],
  outputs: [value('out', [1, 4])],
  weights: [weight('w1', 6, 10), weight('w2', 10, 8), weight('w3', 8, 4), weight('zero', 1)],
  nodes: [
    node('MatMul', ['x', 'w1'], ['a']),
    node('Relu', ['a'], ['b']),
    node('MatMul', ['b', 'w2'], ['product']),
    node('Identity', ['product'], ['c']),
    node('ReduceMean', ['x'], ['mean'], { keepdims: { i: 0 } }),
    node('Greater', ['mean', 'mean'], ['never']),
    node('Not', ['never'], ['always']),
    node('If', ['always'], ['y'], {
      then_branch: body([node('Mul', ['c', 'two'], ['t'])], [value('t', [1, 8])], [], [floats('two', [1], [2])]),
      else_branch: body([node('Neg', ['c'], ['e'])], [value('e', [1, 8])]),
    }),
    node('MatMul', ['y', 'w3'], ['out']),
  ],
}

/** What ONNX Runtime answers for the file itself, and for what was read of it. */
async function expectUnrolled(model: SmallModel, dims: number[]): Promise<Graph> {
  const graph = await read(model)
  expect(graph.nodes.map(({ op }) => op)).not.toContain('Loop')
  expect(graph.nodes.map(({ op }) => op)).not.toContain('Scan')
  const data = probe(dims.reduce((a, b) => a * b, 1))
  const session = await InferenceSession.create(encodeModel(smallModel(model)), { logSeverityLevel: 4 })
  const { out } = await session.run({ x: new Tensor('float32', data, dims) })
  const got = await answer(graph, data, dims)
  expect(got).toHaveLength((out as Tensor).data.length)
  got.forEach((number, i) => {
    expect(number).toBeCloseTo((out as Tensor).data[i] as number, 4)
  })
  return graph
}

describe('steps that are few and known', () => {
  const flag = 9

  it('of a Loop are written out, with what each of them gives, and pruned', async () => {
    const loop = body(
      [
        node('Cast', ['i'], ['number'], { to: { i: 1 } }),
        node('Mul', ['step', 'number'], ['shift']),
        node('MatMul', ['state', 'own'], ['turned']),
        node('Add', ['turned', 'shift'], ['next']),
        node('Relu', ['next'], ['seen']),
        node('Identity', ['go'], ['on']),
      ],
      [value('on', [], flag), value('next', ['n', 8]), value('seen', ['n', 8])],
      [value('i', [], 7), value('go', [], flag), value('state', ['n', 8])],
      [weight('own', 8, 8)],
    )
    const graph = await expectUnrolled(
      {
        inputs: [value('x', ['n', 6])],
        outputs: [value('out', ['n', 4])],
        weights: [
          weight('w1', 6, 8),
          weight('w3', 8, 4),
          weight('step', 8),
          integers('three', [3], []),
          integers('first', [0]),
        ],
        nodes: [
          node('MatMul', ['x', 'w1'], ['c']),
          node('Loop', ['three', '', 'c'], ['looped', 'all'], { body: loop }),
          node('ReduceSum', ['all', 'first'], ['sum'], { keepdims: { i: 0 } }),
          node('Add', ['looped', 'sum'], ['y']),
          node('MatMul', ['y', 'w3'], ['out']),
        ],
      },
      [2, 6],
    )
    const { outcome } = await expectPrunedAsMasked(graph, [2, 6])
    expect(outcome.model.after.params).toBeLessThan(outcome.model.before.params)
    buildProgram(graph, { fuse: false })
  })

  it('of a Loop are counted where it asks whether to go on by numbers that are known', async () => {
    const loop = body(
      [
        node('MatMul', ['state', 'own'], ['turned']),
        node('Tanh', ['turned'], ['next']),
        node('Add', ['at', 'one'], ['after']),
        node('Less', ['after', 'limit'], ['on']),
      ],
      [value('on', [], flag), value('after', [], 7), value('next', ['n', 8])],
      [value('i', [], 7), value('go', [], flag), value('at', [], 7), value('state', ['n', 8])],
    )
    const graph = await expectUnrolled(
      {
        inputs: [value('x', ['n', 6])],
        outputs: [value('out', ['n', 4])],
        weights: [
          weight('w1', 6, 8),
          weight('w3', 8, 4),
          weight('own', 8, 8),
          integers('one', [1], []),
          integers('zero', [0], []),
          integers('limit', [3], []),
          integers('most', [1_000_000], []),
        ],
        nodes: [
          node('MatMul', ['x', 'w1'], ['c']),
          node('Less', ['zero', 'limit'], ['begins']),
          node('Loop', ['most', 'begins', 'zero', 'c'], ['count', 'looped'], { body: loop }),
          node('MatMul', ['looped', 'w3'], ['out']),
        ],
      },
      [2, 6],
    )
    expect(graph.nodes.filter(({ op }) => op === 'Tanh')).toHaveLength(3)
    expect(graph.constants.size).toBe(3)
  })

  it('of a Scan are written out, also from the end and along other axes', async () => {
    const scan = body(
      [node('Add', ['sum', 'row'], ['total']), node('Mul', ['total', 'step'], ['seen'])],
      [value('total', ['n', 8]), value('seen', ['n', 8])],
      [value('sum', ['n', 8]), value('row', ['n', 8])],
    )
    const graph = await expectUnrolled(
      {
        inputs: [value('x', ['n', 5, 6])],
        outputs: [value('out', ['n', 8, 5])],
        weights: [weight('w1', 6, 8), weight('step', 8), weight('w2', 6, 8), integers('middle', [1])],
        nodes: [
          node('MatMul', ['x', 'w1'], ['c']),
          node('ReduceMean', ['x'], ['mean'], { axes: { ints: [1] }, keepdims: { i: 0 } }),
          node('MatMul', ['mean', 'w2'], ['start']),
          node('Scan', ['start', 'c'], ['sum', 'out'], {
            body: scan,
            num_scan_inputs: { i: 1 },
            scan_input_axes: { ints: [1] },
            scan_input_directions: { ints: [1] },
            scan_output_axes: { ints: [-1] },
            scan_output_directions: { ints: [1] },
          }),
        ],
      },
      [2, 5, 6],
    )
    expect(graph.info('out')?.shape).toEqual(['n', 8, 5])
    buildProgram(graph, { fuse: false })
  })
})

describe('networks within networks', () => {
  it('keeps the branches of If, prunes what lies before and behind, and says what holds the rest', async () => {
    const graph = await read(branching)
    const { outcome, coupling } = await expectPrunedAsMasked(graph, [1, 6])
    expect(outcome.model.after.params).toBeLessThan(0.71 * outcome.model.before.params)
    const held = coupling.groups.find((group) => group.name === 'MatMul_product')
    expect(held).toMatchObject({
      prunable: false,
      reason: { code: 'held.unfollowed', values: { op: 'If', node: 'If_y' } },
    })
  })

  it('writes the same network that it read', async () => {
    const graph = await read(branching)
    const data = probe(6)
    const session = await InferenceSession.create(encodeModel(smallModel(branching)), { logSeverityLevel: 4 })
    const { out } = await session.run({ x: new Tensor('float32', data, [1, 6]) })
    const got = await answer(graph, data, [1, 6])
    got.forEach((number, i) => {
      expect(number).toBeCloseTo((out as Tensor).data[i] as number, 5)
    })
  })

  it('carries values through a Loop whose steps the data decides', async () => {
    const flag = 9
    const loop = body(
      [
        node('Add', ['state', 'step'], ['next']),
        node('ReduceSum', ['next'], ['sum'], { keepdims: { i: 0 } }),
        node('Less', ['sum', 'bound'], ['on']),
      ],
      [value('on', [], flag), value('next', [1, 8])],
      [value('i', [], 7), value('go', [], flag), value('state', [1, 8])],
    )
    const graph = await read({
      ...branching,
      weights: [...(branching.weights ?? []), weight('step', 8), floats('bound', [], [1]), integers('three', [3], [])],
      nodes: [
        node('MatMul', ['x', 'w1'], ['a']),
        node('MatMul', ['a', 'w2'], ['c']),
        node('Equal', ['three', 'three'], ['first']),
        node('Loop', ['three', 'first', 'c'], ['looped'], { body: loop }),
        node('MatMul', ['looped', 'w3'], ['out']),
      ],
    })
    expect(graph.nodes.map(({ op }) => op)).toContain('Loop')
    expect(graph.info('looped')?.shape).toEqual([1, 8])
    await expectPrunedAsMasked(graph, [1, 6])
  })

  it('leaves a weight whole that a branch reads beside a layer', async () => {
    const graph = await read({
      ...branching,
      nodes: [
        node('MatMul', ['x', 'w1'], ['a']),
        node('Relu', ['a'], ['b']),
        node('MatMul', ['b', 'w2'], ['c']),
        node('ReduceMean', ['x'], ['mean'], { keepdims: { i: 0 } }),
        node('Greater', ['mean', 'zero'], ['positive']),
        node('If', ['positive'], ['y'], {
          then_branch: body([node('ReduceSum', ['w1'], ['s'], { keepdims: { i: 0 } })], [value('s', [])]),
          else_branch: body([node('ReduceMax', ['w1'], ['m'], { keepdims: { i: 0 } })], [value('m', [])]),
        }),
        node('Add', ['c', 'y'], ['d']),
        node('MatMul', ['d', 'w3'], ['out']),
      ],
    })
    const { outcome } = await expectPrunedAsMasked(graph, [1, 6])
    expect(outcome.kept.MatMul_a).toHaveLength(10)
    expect(outcome.kept.MatMul_c?.length).toBeLessThan(8)
  })

  it('is not run here, and says by which operator', async () => {
    const graph = await read(branching)
    expect(() => buildProgram(graph, { fuse: false })).toThrowError(/If/)
  })

  it.each<[string, SmallModel, string]>([
    ['old opsets', { ...branching, opset: 11 }, 'MODEL_UNSUPPORTED_FEATURE'],
    [
      'weights in other files',
      {
        ...branching,
        nodes: [
          ...branching.nodes.slice(0, 7),
          node('If', ['always'], ['y'], {
            then_branch: body(
              [node('Mul', ['c', 'two'], ['t'])],
              [value('t', [1, 8])],
              [],
              [{ name: 'two', dims: [1], data_type: 1, data_location: 1 }],
            ),
            else_branch: body([node('Neg', ['c'], ['e'])], [value('e', [1, 8])]),
          }),
          ...branching.nodes.slice(8),
        ],
      },
      'MODEL_UNSUPPORTED_FEATURE',
    ],
  ])('refuses %s', async (_, model, code) => {
    await expect(read(model)).rejects.toMatchObject({ code })
  })

  it('refuses nesting without end', () => {
    const wrapped = (field: number, inner: Uint8Array): Uint8Array => {
      const writer = new WireWriter()
      writer.tag(field, BYTES)
      writer.bytes(inner)
      return writer.finish()
    }
    let graph: Uint8Array = new Uint8Array()
    // An attribute's graph (6) in a node's attributes (5) in a graph's nodes (1).
    for (let i = 0; i < 40; i++) graph = wrapped(1, wrapped(5, wrapped(6, graph)))
    expect(() => lookThrough(graph, 'If "x"')).toThrowError(/networks within networks without end/)
  })
})
