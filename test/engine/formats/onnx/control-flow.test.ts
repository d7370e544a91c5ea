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

  it('carries values through Loop and Scan', async () => {
    const flag = 9
    const loop = body(
      [node('Add', ['state', 'step'], ['next']), node('Identity', ['go'], ['on'])],
      [value('on', [], flag), value('next', [1, 8])],
      [value('i', [], 7), value('go', [], flag), value('state', [1, 8])],
    )
    const scan = body(
      [node('Add', ['sum', 'row'], ['total']), node('Mul', ['total', 'step'], ['seen'])],
      [value('total', [8]), value('seen', [8])],
      [value('sum', [8]), value('row', [8])],
    )
    const graph = await read({
      ...branching,
      weights: [
        ...(branching.weights ?? []),
        weight('step', 8),
        floats('start', [8], Array(8).fill(0)),
        integers('three', [3], []),
      ],
      nodes: [
        node('MatMul', ['x', 'w1'], ['a']),
        node('MatMul', ['a', 'w2'], ['c']),
        node('Loop', ['three', '', 'c'], ['looped'], { body: loop }),
        node('Scan', ['start', 'looped'], ['sum', 'seen'], { body: scan, num_scan_inputs: { i: 1 } }),
        node('MatMul', ['seen', 'w3'], ['out']),
      ],
    })
    expect(graph.info('seen')?.shape).toEqual([1, 8])
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
