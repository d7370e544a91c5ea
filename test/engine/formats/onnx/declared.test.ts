/** Operators that are not known: shapes that the file declares behind them let the rest of the network be pruned. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, integers, node, smallModel, value } from '../support/onnx-proto'
import { probe } from '../support/onnx-runtime'
import { expectPrunedAsMasked, weight } from '../support/pruned'

/** Distances to stored rows (CDist is not known), and layers on both sides. */
const distant = (declared: boolean) =>
  encodeModel(
    smallModel({
      inputs: [value('x', [1, 16])],
      outputs: [value('y', [1, 3, 4])],
      weights: [
        weight('first', 16, 12),
        weight('wide', 12, 24),
        integers('rows', [3, 8]),
        weight('stored', 10, 8),
        integers('frames', [1, 3, 10]),
        weight('second', 10, 12),
        weight('out', 12, 4),
      ],
      declared: declared ? [value('distances', [3, 10])] : [],
      more: {
        opset_import: [
          { domain: '', version: 17 },
          { domain: 'com.microsoft', version: 1 },
        ],
      },
      nodes: [
        node('MatMul', ['x', 'first'], ['a']),
        node('Relu', ['a'], ['b']),
        node('MatMul', ['b', 'wide'], ['c']),
        node('Reshape', ['c', 'rows'], ['cut']),
        {
          ...node('CDist', ['cut', 'stored'], ['distances'], { metric: { s: 'euclidean' } }),
          domain: 'com.microsoft',
        },
        node('Reshape', ['distances', 'frames'], ['d']),
        node('MatMul', ['d', 'second'], ['e']),
        node('Relu', ['e'], ['f']),
        node('MatMul', ['f', 'out'], ['y']),
      ],
    }),
  )

describe('a pipeline of scikit-learn', () => {
  it('is pruned behind its scaler, in front of its labels', async () => {
    const bytes = encodeModel(
      smallModel({
        inputs: [value('x', ['n', 6])],
        outputs: [value('y', ['n', 3]), value('label', null, 7)],
        weights: [weight('w', 6, 12), weight('out', 12, 3), integers('classes', [4, 5, 6])],
        nodes: [
          {
            ...node('Scaler', ['x'], ['scaled'], {
              offset: { floats: [0, 1, 2, 3, 4, 5] },
              scale: { floats: [0.5, 1, 2, 0.5, 1, 2] },
            }),
            domain: 'ai.onnx.ml',
          },
          node('MatMul', ['scaled', 'w'], ['a']),
          node('Relu', ['a'], ['b']),
          node('MatMul', ['b', 'out'], ['c']),
          node('Softmax', ['c'], ['y'], { axis: { i: -1 } }),
          node('ArgMax', ['y'], ['best'], { axis: { i: 1 }, keepdims: { i: 0 } }),
          { ...node('ArrayFeatureExtractor', ['classes', 'best'], ['label']), domain: 'ai.onnx.ml' },
        ],
        more: {
          opset_import: [
            { domain: '', version: 17 },
            { domain: 'ai.onnx.ml', version: 1 },
          ],
        },
      }),
    )
    const { graph } = await readModel({ name: 'small.onnx', bytes })
    expect(graph.nodes.map(({ op }) => op)).toEqual(
      'Sub Mul MatMul Relu MatMul Softmax ArgMax Reshape Gather Reshape'.split(' '),
    )
    const [written] = await writeModel(graph, 'onnx', 'small')
    const feeds = { x: new Tensor('float32', probe(12), [2, 6]) }
    const answers = []
    for (const file of [bytes, written?.bytes as Uint8Array]) {
      const session = await InferenceSession.create(file, { logSeverityLevel: 4 })
      const { y, label } = await session.run(feeds)
      answers.push([Array.from(y?.data as Float32Array, (p) => p.toFixed(5)), label?.dims, label?.data])
    }
    expect(answers[1]).toEqual(answers[0])
    const { outcome } = await expectPrunedAsMasked(graph, [2, 6])
    expect(outcome.kept.MatMul_a?.length).toBeLessThan(12)
  })
})

describe('an operator that is not known', () => {
  it('stays whole while layers in front of it and behind it are pruned', async () => {
    const { graph, notes } = await readModel({ name: 'small.onnx', bytes: distant(true) })
    expect(graph.info('distances')?.shape).toEqual([3, 10])
    expect(notes.map(({ code }) => code)).toContain('model.operator-unknown')
    const { outcome } = await expectPrunedAsMasked(graph, [1, 16])
    expect(outcome.kept.MatMul_a?.length).toBeLessThan(12)
    expect(outcome.kept.MatMul_c?.length).toBe(24)
    expect(outcome.kept.MatMul_e?.length).toBeLessThan(12)
  })

  it('hides the shapes behind it where the file does not declare them', async () => {
    const { graph } = await readModel({ name: 'small.onnx', bytes: distant(false) })
    expect(graph.info('distances')?.shape ?? null).toBeNull()
    const behind = analyseCoupling(graph).groups.find(({ name }) => name === 'MatMul_e')
    expect(behind?.prunable ?? false).toBe(false)
  })
})
