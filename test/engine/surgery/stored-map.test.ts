/** A stored map (a table of positions, as detectors have it) that is scaled to the image and added to feature maps. */
import { expect, it } from 'vitest'
import { readModel } from '../../../src/engine/formats'
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
