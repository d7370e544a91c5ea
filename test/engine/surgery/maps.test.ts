/** Maps that are stored, read at computed places, or computed by operators nobody knows. */
import { expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
import { prune } from '../../../src/engine/pipeline/prune'
import { encodeModel, integers, node, smallModel, value } from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'

it('loses the channels of the maps that it is added to, though its sizes name them', async () => {
  const bytes = encodeModel(
    smallModel({
      inputs: [value('x', [1, 2, 4, 4])],
      outputs: [value('y', [1, 3, 4, 4])],
      weights: [
        weight('w1', 8, 2, 1, 1),
        weight('w2', 3, 8, 1, 1),
        weight('table', 1, 8, 3, 3),
        integers('sizes', [1, 8, 4, 4]),
      ],
      nodes: [
        node('Conv', ['x', 'w1'], ['a']),
        node('Resize', ['table', '', '', 'sizes'], ['t'], { mode: { s: 'linear' } }),
        node('Add', ['a', 't'], ['b']),
        node('Relu', ['b'], ['c']),
        node('Conv', ['c', 'w2'], ['y']),
      ],
    }),
  )
  const { graph } = await readModel({ name: 'stored.onnx', bytes })
  const { outcome } = await expectPrunedAsMasked(graph, [1, 2, 4, 4])
  expect(outcome.graph.constants.get('table')?.dims[1]).toBe(outcome.kept.Conv_a?.length)
  expect(outcome.kept.Conv_a?.length).toBeLessThan(8)
})

it('passes channels through GridSample, whose places are computed', async () => {
  const bytes = encodeModel(
    smallModel({
      inputs: [value('x', [1, 2, 4, 4])],
      outputs: [value('y', [1, 3, 4, 4])],
      weights: [weight('w1', 8, 2, 1, 1), weight('w2', 3, 8, 1, 1), weight('w3', 2, 2, 1, 1)],
      nodes: [
        node('Conv', ['x', 'w1'], ['a']),
        node('Conv', ['x', 'w3'], ['flow']),
        node('Transpose', ['flow'], ['grid'], { perm: { ints: [0, 2, 3, 1] } }),
        node('GridSample', ['a', 'grid'], ['b'], { align_corners: { i: 1 } }),
        node('Conv', ['b', 'w2'], ['y']),
      ],
    }),
  )
  const { graph } = await readModel({ name: 'grid.onnx', bytes })
  const { outcome } = await expectPrunedAsMasked(graph, [1, 2, 4, 4])
  expect(outcome.kept.Conv_a?.length).toBeLessThan(8)
  expect(outcome.kept.Conv_flow).toHaveLength(2)
})

it('prunes what lies before an operator that nobody knows, and counts what it knows', async () => {
  const bytes = encodeModel(
    smallModel({
      inputs: [value('x', [1, 2, 4, 4])],
      outputs: [value('y', [1, 3, 4, 4])],
      weights: [weight('w1', 8, 2, 1, 1), weight('w2', 8, 8, 1, 1), weight('w3', 3, 8, 1, 1)],
      nodes: [
        node('Conv', ['x', 'w1'], ['a']),
        node('Conv', ['a', 'w2'], ['b']),
        { ...node('Mystery', ['b'], ['c']), domain: 'com.example' },
        node('Conv', ['c', 'w3'], ['y']),
      ],
      more: {
        opset_import: [
          { domain: '', version: 17 },
          { domain: 'com.example', version: 1 },
        ],
      },
    }),
  )
  const { graph } = await readModel({ name: 'mystery.onnx', bytes })
  const outcome = prune(graph, {
    strategy: 'l2',
    allocation: 'uniform',
    goal: { kind: 'keep-macs', value: 0.6 },
    roundTo: 1,
    protect: [],
    seed: 0,
  })
  expect(outcome.model.before.macs).toBe(16 * (2 * 8 + 8 * 8))
  expect(outcome.kept.Conv_a?.length).toBeLessThan(8)
  expect(outcome.kept.Conv_b).toHaveLength(8)
})

it('passes units along an axis that a pooling window leaves alone', async () => {
  const bytes = encodeModel(
    smallModel({
      inputs: [value('x', [1, 2, 4, 4])],
      outputs: [value('y', [1, 3, 4, 2])],
      weights: [weight('w1', 8, 2, 1, 1), weight('w2', 3, 8, 1, 1)],
      nodes: [
        node('Conv', ['x', 'w1'], ['a']),
        node('Transpose', ['a'], ['turned'], { perm: { ints: [0, 2, 3, 1] } }),
        node('AveragePool', ['turned'], ['pooled'], { kernel_shape: { ints: [2, 1] }, strides: { ints: [2, 1] } }),
        node('Transpose', ['pooled'], ['b'], { perm: { ints: [0, 3, 1, 2] } }),
        node('Conv', ['b', 'w2'], ['y']),
      ],
    }),
  )
  const { graph } = await readModel({ name: 'pooled.onnx', bytes })
  const { outcome } = await expectPrunedAsMasked(graph, [1, 2, 4, 4])
  expect(outcome.kept.Conv_a?.length).toBeLessThan(8)
})
