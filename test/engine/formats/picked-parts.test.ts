/** What is picked of joined values comes from one of them: the others may be of any width. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import { encodeModel, integers, node, type Plain, smallModel, value } from './support/onnx-proto'
import { probe } from './support/onnx-runtime'
import { answer, expectPrunedAsMasked, weight } from './support/pruned'

/** Two layers one behind the other, their results joined as states of stacked recurrent layers are, one of them read. */
const stacked = (pick: readonly Plain[], weights: readonly Plain[], rows = 1) =>
  encodeModel(
    smallModel({
      inputs: [value('x', ['n', 5, 6])],
      outputs: [value('y', rows === 1 ? ['n', 5, 3] : [rows, 'n', 5, 3])],
      weights: [
        weight('first', 6, 10),
        weight('second', 10, 10),
        weight('out', 10, 3),
        integers('axes', [0]),
        ...weights,
      ],
      nodes: [
        node('MatMul', ['x', 'first'], ['a']),
        node('Relu', ['a'], ['b']),
        node('MatMul', ['b', 'second'], ['c']),
        node('Unsqueeze', ['b', 'axes'], ['lower']),
        node('Unsqueeze', ['c', 'axes'], ['upper']),
        node('Concat', ['lower', 'upper'], ['states'], { axis: { i: 0 } }),
        ...pick,
        node('MatMul', ['state', 'out'], ['y']),
      ],
    }),
  )

const gathered = (index: number) => ({
  pick: [node('Gather', ['states', 'index'], ['state'], { axis: { i: 0 } })],
  weights: [integers('index', [index], [])],
})
const sliced = (start: number, end: number) => ({
  pick: [node('Slice', ['states', 'start', 'end', 'axes'], ['part']), node('Squeeze', ['part', 'axes'], ['state'])],
  weights: [integers('start', [start]), integers('end', [end])],
})

describe('parts of joined values', () => {
  it.each([
    ['the last', gathered(-1), 1],
    ['the second', gathered(1), 1],
    ['the last, by a slice', sliced(-1, 2 ** 40), 1],
    ['the first', gathered(0), 0],
    ['the first, by a slice', sliced(0, 1), 0],
  ])('that are picked leave the others alone: %s', async (_, { pick, weights }, part) => {
    const { graph } = await readModel({ name: 'small.onnx', bytes: stacked(pick, weights) })
    expect(graph.nodes.map(({ op }) => op)).not.toContain('Concat')
    // Nobody reads the upper layer where the lower one is picked.
    expect(graph.nodes.filter(({ op }) => op === 'MatMul').length).toBe(2 + part)
    const { outcome } = await expectPrunedAsMasked(graph, [1, 5, 6])
    expect(Object.keys(outcome.kept).length).toBe(2 + part)
    expect((await answer(graph, probe(30), [1, 5, 6])).some((number) => number !== 0)).toBe(true)
  })

  it('stay joined where what is picked lies in several', async () => {
    const both = [node('Slice', ['states', 'start', 'end', 'axes'], ['state'])]
    const bytes = stacked(both, [integers('start', [0]), integers('end', [2])], 2)
    const { graph } = await readModel({ name: 'small.onnx', bytes })
    expect(graph.nodes.map(({ op }) => op)).toContain('Concat')
  })
})
