/**
 * Every criterion against the published code of its paper (or Torch-Pruning) on one small network with two readers of one
 * feature map. The numbers are made by scripts/measure/criteria_fixtures.py, which names repositories and commits.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import type { SampleTable } from '../../../../src/engine/data/types'
import { float, Graph, type GraphNode, int, ints } from '../../../../src/engine/graph/graph'
import { float32, type TensorData } from '../../../../src/engine/graph/tensor'
import { inferShapes } from '../../../../src/engine/ops/infer'
import { createNetwork, initBackend } from '../../../../src/engine/runtime'
import { observe } from '../../../../src/engine/statistics'
import { findCriterion, rankAscending, scoreGroups, statisticsFor } from '../../../../src/engine/strategies/criteria'
import { infiniteSelection } from '../../../../src/engine/strategies/criteria/response'
import published from './published.json'

const { samples, side } = published
const weights: Record<string, number[]> = published.weights

function network(): Graph {
  const constants = new Map<string, TensorData>()
  const weight = (name: string, dims: number[]) => {
    constants.set(name, float32(dims, Float32Array.from(weights[name] as number[])))
    return name
  }
  const node = (name: string, op: string, inputs: string[], attributes: [string, unknown][] = []): GraphNode =>
    ({ name, op, domain: '', inputs, outputs: [name], attributes: new Map(attributes) }) as GraphNode
  const pads: [string, unknown][] = [['pads', ints([1, 1, 1, 1])]]
  const shift = ['bias', 'running_mean', 'running_var'].map((name) => weight(`bn1.${name}`, [5]))
  const normal: [string, unknown][] = [['epsilon', float(1e-5)]]
  const dense: [string, unknown][] = [['transB', int(1)]]
  const nodes = [
    node('conv1', 'Conv', ['input', weight('conv1.weight', [5, 2, 3, 3])], pads),
    node('bn1', 'BatchNormalization', ['conv1', weight('bn1.weight', [5]), ...shift], normal),
    node('a', 'Relu', ['bn1']),
    node('conv2', 'Conv', ['a', weight('conv2.weight', [4, 5, 3, 3])], pads),
    node('conv3', 'Conv', ['a', weight('conv3.weight', [4, 5, 1, 1])]),
    node('sum', 'Add', ['conv2', 'conv3']),
    node('d', 'Relu', ['sum']),
    node('conv4', 'Conv', ['d', weight('conv4.weight', [3, 4, 3, 3])], pads),
    node('e', 'Relu', ['conv4']),
    node('pool', 'GlobalAveragePool', ['e']),
    node('flat', 'Flatten', ['pool'], [['axis', int(1)]]),
    node('fc', 'Gemm', ['flat', weight('fc.weight', [3, 3]), weight('fc.bias', [3])], dense),
  ]
  return inferShapes(
    new Graph({
      name: 'published',
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 2, side, side] }],
      outputs: [{ name: 'fc', dtype: 'float32', shape: ['batch', 3] }],
      nodes,
      constants,
    }),
  )
}

const stride = 2 * side * side
const table: SampleTable = {
  count: samples,
  labels: Int32Array.from(published.labels),
  read: (indices) => ({
    count: indices.length,
    inputs: new Map([
      [
        'input',
        {
          dims: [indices.length, 2, side, side],
          data: Float32Array.from([...indices].flatMap((i) => published.x.slice(i * stride, (i + 1) * stride))),
        },
      ],
    ]),
    labels: Int32Array.from(indices, (i) => published.labels[i] as number),
  }),
}

const graph = network()
const coupling = analyseCoupling(graph)
const calibration = { table, indices: Int32Array.from({ length: samples }, (_, i) => i) }

/** Scores of the group that this node makes. */
async function scoresOf(name: string): Promise<Record<'a' | 'd' | 'e', Float64Array>> {
  const criterion = findCriterion(name)
  if (!criterion) throw new Error(name)
  const options = { batch: samples, seed: 0, positions: side * side, result: 'softmax' } as const
  const statistics = criterion.needsData
    ? await observe(graph, coupling, calibration, statisticsFor(criterion, true), options)
    : null
  const { scores } = scoreGroups(graph, coupling, criterion, statistics, () => () => 0.5)
  const of = (maker: string) => {
    const layer = coupling.layers.find(({ node }) => node.name === maker)
    return scores[coupling.groupOf[layer?.outputUnits[0] as number] as number] as Float64Array
  }
  return {
    a: of('conv1'),
    d: of('conv2'),
    e: scores.length > 2 && name !== 'bn-scale' ? of('conv4') : new Float64Array(),
  }
}

function near(scores: Float64Array, expected: readonly number[], relative: number): void {
  expect(scores).toHaveLength(expected.length)
  const largest = Math.max(...expected.map(Math.abs))
  scores.forEach((score, i) => {
    expect(Math.abs(score - (expected[i] as number))).toBeLessThan(relative * largest)
  })
}

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

it('the network answers as in PyTorch', async () => {
  const net = createNetwork(graph)
  const outputs = await net.run(table.read(calibration.indices).inputs)
  near(Float64Array.from(outputs.get('fc')?.data ?? []), published.logits, 1e-5)
  net.dispose()
})

describe('published code scores as we do', () => {
  it('HRank: get_feature_hook', async () => {
    const { a, d } = await scoresOf('hrank')
    near(a, published.hrank.a, 1e-6)
    near(d, published.hrank.d, 1e-6)
  })

  it('CHIP: ci_score, which rounds feature maps to four digits', async () => {
    const { a, d } = await scoresOf('chip')
    near(a, published.chip.a, 2e-4)
    near(d, published.chip.d, 2e-4)
  })

  it('FPGM: get_filter_similar, the order of removal', async () => {
    const { a, e } = await scoresOf('fpgm')
    expect(Array.from(rankAscending(a))).toEqual(published.fpgm.a)
    // Of equal sums the last two go in any order.
    expect(rankAscending(e)[0]).toBe(published.fpgm.e[0])
  })

  it('ThiNet: value_sum, the order of removal', async () => {
    const { d } = await scoresOf('thinet')
    expect(Array.from(rankAscending(d).subarray(0, 3))).toEqual(published.thinet.d)
  })

  it('group Fisher: hooks and groups, over both readers of a coupled map', async () => {
    const { a, d } = await scoresOf('fisher')
    near(a, published.fisher.a, 1e-4)
    near(d, published.fisher.d, 1e-4)
  })

  it('Taylor: the paper of 2017, and the squared gates of 2019 are twice the Fisher scores', async () => {
    const first = await scoresOf('taylor')
    const second = await scoresOf('fisher')
    for (const map of ['a', 'd'] as const) {
      near(first[map], published.taylor[map].paper2017, 1e-4)
      near(
        second[map].map((score) => 2 * score),
        published.taylor[map].gate2019,
        1e-4,
      )
    }
  })

  it('Torch-Pruning: group norm and BatchNorm scale', async () => {
    const norms = await scoresOf('group-norm')
    for (const map of ['a', 'd', 'e'] as const) near(norms[map], published['torch-pruning'][map]['group-norm'], 1e-6)
    near((await scoresOf('bn-scale')).a, published['torch-pruning'].a['bn-scale'], 1e-6)
  })

  it('LAMP: _normalize_scores, on group norms', async () => {
    const scores = await scoresOf('lamp')
    for (const map of ['a', 'd', 'e'] as const) near(scores[map], published.lamp[map], 1e-6)
  })

  it('infinite feature selection, with which NISP begins', () => {
    const { samples: count, width, data, energy } = published.infinite
    const moments = new Float64Array((width + 1) ** 2)
    for (let s = 0; s < count; s++) {
      const row = [...data.slice(s * width, (s + 1) * width), 1]
      row.forEach((p, i) => {
        row.forEach((q, j) => {
          moments[i * (width + 1) + j] = (moments[i * (width + 1) + j] as number) + (p * q) / count
        })
      })
    }
    near(infiniteSelection(moments, width), energy, 1e-6)
  })
})
