/** Recurrent operators as linear ones: rows, weights and gates belong together; hidden units are priced and refitted. */
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling/index'
import type { SampleTable } from '../../../src/engine/data/types'
import { type Graph, int, ints, text } from '../../../src/engine/graph/graph'
import { float32, toFloat32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { sequentialRefit } from '../../../src/engine/recovery/refit'
import { createSession, disposeValues, initBackend } from '../../../src/engine/runtime/index'
import { noStatistics, observe } from '../../../src/engine/statistics/index'
import {
  insideOf,
  type RecurrentLayer,
  readRecurrent,
  recurrentLayers,
  writeRecurrent,
} from '../../../src/engine/statistics/recurrent-layer'
import { recurrentRows, recurrentSources } from '../../../src/engine/statistics/recurrent-observer'
import { consumersOf } from '../../../src/engine/strategies/result-oriented'
import { applyPlan } from '../../../src/engine/surgery'
import { TestNetwork } from '../support/network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

const [steps, features, hidden, samples] = [5, 3, 4, 32]
const gates: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 }

/** x [batch, steps, features] -> both directions' states, the mean over time, three classes. */
function network(op: string, resetLast = 1, gate = 'Sigmoid'): Graph {
  const net = new TestNetwork(`${op}${resetLast}`, ['batch', steps, features])
  const rows = (gates[op] as number) * hidden
  const x = net.one('Transpose', ['x'], { perm: ints([1, 0, 2]) })
  const weights = [
    net.weight([2, rows, features], 0.8),
    net.weight([2, rows, hidden], 0.8),
    net.weight([2, 2 * rows], 0.5),
  ]
  const y = net.one(op, [x, ...weights], {
    direction: text('bidirectional'),
    hidden_size: int(hidden),
    ...(op === 'GRU' ? { linear_before_reset: int(resetLast) } : {}),
    ...(gate === 'Sigmoid' ? {} : { activations: { kind: 'strings', value: [gate, 'Tanh', gate, 'Tanh'] } as const }),
  })
  const turned = net.one('Transpose', [y], { perm: ints([2, 0, 1, 3]) })
  const states = net.one('Reshape', [turned, net.sizes([0, steps, 2 * hidden])])
  const mean = net.one('ReduceMean', [states], { axes: ints([1]), keepdims: int(0) })
  return net.graph([net.dense(mean, 2 * hidden, 3)])
}

function table(graph: Graph): SampleTable {
  const random = new TestNetwork(`samples of ${graph.name}`).random
  const data = Float32Array.from({ length: samples * steps * features }, () => 2 * random() - 1)
  return {
    count: samples,
    labels: null,
    read(indices) {
      const size = steps * features
      const rows = new Float32Array(indices.length * size)
      indices.forEach((row, i) => {
        rows.set(data.subarray(row * size, (row + 1) * size), i * size)
      })
      return {
        count: indices.length,
        inputs: new Map([['', { dims: [indices.length, steps, features], data: rows }]]),
        labels: null,
      }
    },
  }
}

const everything = Int32Array.from({ length: samples }, (_, i) => i)
const layerOf = (graph: Graph) => recurrentLayers(graph, analyseCoupling(graph))[0] as RecurrentLayer

async function resultOf(graph: Graph): Promise<Float32Array> {
  const session = createSession(graph, { fuse: false })
  const outputs = await session.run(table(graph).read(everything).inputs)
  session.dispose()
  return outputs.get(graph.outputs[0]?.name as string)?.data as Float32Array
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, i) => Math.abs(value - (b[i] as number))).reduce((most, each) => Math.max(most, each), 0)

const kinds = [
  ['LSTM', 1, 'Sigmoid'],
  ['GRU', 1, 'Sigmoid'],
  ['GRU', 0, 'Sigmoid'],
  ['GRU', 1, 'HardSigmoid'],
  ['RNN', 1, 'Sigmoid'],
] as const

describe.each(kinds)('%s (linear_before_reset %i, gates of %s)', (op, resetLast, gate) => {
  const graph = network(op, resetLast, gate)

  it('gives its gates as weights times rows', () => {
    const layer = layerOf(graph)
    const weights = readRecurrent(graph, layer)
    const session = createSession(graph, { fuse: false })
    const wanted = [...recurrentSources(layer), ...[0, 1].map((d) => insideOf(layer, 'gates', d))]
    const values = session.forward(table(graph).read(everything).inputs, wanted)
    layer.blocks.forEach((block, b) => {
      const rows = recurrentRows(layer, block, (name) => values.get(name) as never)
      const [n, columns] = rows.shape as [number, number]
      const z = rows.dataSync()
      const got = values.get(insideOf(layer, 'gates', block.direction))?.tensor
      const all = got?.dataSync() as Float32Array
      const width = got?.shape[2] as number
      let worst = 0
      for (let i = 0; i < n; i++) {
        for (let o = 0; o < block.count * hidden; o++) {
          const w = (j: number) => weights[b]?.[o * (columns + 1) + j] as number
          let sum = w(columns)
          for (let j = 0; j < columns; j++) sum += w(j) * (z[i * columns + j] as number)
          worst = Math.max(worst, Math.abs(sum - (all[i * width + block.first * hidden + o] as number)))
        }
      }
      expect(worst).toBeLessThan(1e-5)
    })
    disposeValues(values)
    session.dispose()
  })

  it('computes the same after its weights were read and written', async () => {
    const layer = layerOf(graph)
    const again = writeRecurrent(graph, layer, readRecurrent(graph, layer))
    expect(farthest(await resultOf(again), await resultOf(graph))).toBeLessThan(1e-5)
  })

  it('prices a unit that nobody listens to at nothing', async () => {
    const layer = layerOf(graph)
    const classifier = graph.nodes.find((node) => node.op === 'Gemm')
    const constants = new Map(graph.constants)
    const r = graph.constants.get(layer.node.inputs[2] as string)
    const w = graph.constants.get(classifier?.inputs[1] as string)
    if (!r || !w) throw new Error('The test network has no such weights.')
    const silent = 2
    const state = toFloat32(r).map((value, i) => (i % hidden === silent ? 0 : value))
    const dense = toFloat32(w).map((value, i) => (i % hidden === silent ? 0 : value))
    constants.set(layer.node.inputs[2] as string, float32(r.dims, state))
    constants.set(classifier?.inputs[1] as string, float32(w.dims, dense))
    const deaf = graph.with({ constants })
    const coupling = analyseCoupling(deaf)
    const statistics = await observe(
      deaf,
      coupling,
      { table: table(deaf), indices: everything },
      { ...noStatistics, moments: true, sensitivity: true },
      { batch: 16, seed: 1, result: 'softmax' },
    )
    const consumers = consumersOf(deaf, coupling, statistics).flatMap(({ blocks }) => blocks)
    const units = coupling.groups.find((group) => group.prunable && group.units.length === hidden)?.units as Int32Array
    const prices = Array.from(units, (unit) => consumers.reduce((sum, consumer) => sum + consumer.price(unit), 0))
    expect(prices[silent]).toBeLessThan(1e-9)
    expect(prices.filter((price) => price > 1e-6)).toHaveLength(hidden - 1)
  })

  it('brings the pruned network nearer to the original by the refit', async () => {
    const coupling = analyseCoupling(graph)
    const units = coupling.groups.find((group) => group.prunable && group.units.length === hidden)?.units as Int32Array
    const removed = new Uint8Array(coupling.units + 1)
    removed[units[1] as number] = 1
    const pruned = inferShapes(applyPlan(graph, coupling, { removed }))
    const calibration = { table: table(graph), indices: everything }
    const refitted = await sequentialRefit(graph, pruned, coupling, { removed }, calibration, { batch: 16, seed: 1 })
    const original = await resultOf(graph)
    expect(farthest(await resultOf(refitted), original)).toBeLessThan(0.7 * farthest(await resultOf(pruned), original))
  })
})
