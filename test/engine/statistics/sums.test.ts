/** Sums over units that nothing else reads: their moments against all terms one by one, and what is decided by them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling/index'
import { createCostModel } from '../../../src/engine/evaluation/index'
import { type Graph, int, ints } from '../../../src/engine/graph/graph'
import { createSession, disposeValues, initBackend, toPlain } from '../../../src/engine/runtime/index'
import { noStatistics, observe } from '../../../src/engine/statistics/index'
import { priceNetwork } from '../../../src/engine/strategies/result-oriented/index'
import { range, tableOf } from '../strategies/result-oriented/chain-network'
import { TestNetwork } from '../support/network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

const [samples, steps, width, features] = [12, 5, 6, 4]
const random = new TestNetwork('data').random
const table = tableOf(
  Float32Array.from({ length: samples * steps * width }, () => 2 * random() - 1),
  [steps, width],
)

/** Four heads of queries for two of keys and values, which are broadcast over each, as grouped queries are written. */
function groupedQueries(): { graph: Graph; queries: string; keys: string } {
  const net = new TestNetwork('grouped', ['batch', steps, width])
  const heads = (count: readonly number[]) => {
    const made = net.one('MatMul', ['x', net.weight([width, count.reduce((a, b) => a * b, 1) * features])])
    const shape = count.length === 2 ? [...count, features] : [...count, 1, features]
    return net.one('Reshape', [made, net.sizes([0, steps, ...shape])])
  }
  const queries = net.one('Transpose', [heads([2, 2])], { perm: ints([0, 2, 3, 1, 4]) })
  const keys = net.one('Transpose', [heads([2])], { perm: ints([0, 2, 3, 4, 1]) })
  const values = net.one('Transpose', [heads([2])], { perm: ints([0, 2, 3, 1, 4]) })
  const shares = net.one('Softmax', [net.one('MatMul', [queries, keys])], { axis: int(-1) })
  const mixed = net.one('Transpose', [net.one('MatMul', [shares, values])], { perm: ints([0, 3, 1, 2, 4]) })
  const flat = net.one('Reshape', [mixed, net.sizes([0, steps, 4 * features])])
  const read = net.one('MatMul', [flat, net.weight([4 * features, 3])])
  return { graph: net.graph([net.one('ReduceMean', [read], { axes: ints([1]), keepdims: int(0) })]), queries, keys }
}

/** Two towers whose answers are multiplied and added up: what pairs are scored by. */
function towers(): { graph: Graph; terms: string } {
  const net = new TestNetwork('towers', ['batch', steps, width])
  const flat = net.one('Flatten', ['x'], { axis: int(1) })
  const [a, b] = [0, 1].map(() => net.one('MatMul', [flat, net.weight([steps * width, 7])])) as [string, string]
  const terms = net.one('Mul', [a, b])
  return { graph: net.graph([net.one('ReduceSum', [terms, net.sizes([1])], { keepdims: int(1) })]), terms }
}

interface Found {
  readonly data: Float32Array
}

function valuesOf(graph: Graph, names: readonly string[]): Found[] {
  const session = createSession(graph, { fuse: false })
  const live = session.forward(table.read(range(samples)).inputs, [...names])
  const found = names.map((name) => {
    const plain = toPlain(live.get(name) as never)
    return { data: plain.dataSync<'float32'>().slice() }
  })
  disposeValues(live)
  session.dispose()
  return found
}

const statisticsOf = (graph: Graph, result: 'softmax' | 'gaussian') =>
  observe(
    graph,
    analyseCoupling(graph),
    { table, indices: range(samples) },
    { ...noStatistics, moments: true, sensitivity: true },
    { batch: 5, seed: 1, result },
  )

function expectMoments(found: Float64Array, terms: readonly (readonly number[])[]): void {
  const rows = terms.map((row) => [...row, 1])
  const size = (rows[0] as number[]).length
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const mean = rows.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0) / rows.length
      expect(found[i * size + j]).toBeCloseTo(mean, 5)
    }
  }
}

describe('sums over units', () => {
  it('are products of queries and keys, heads in groups: moments of all terms q_ic k_cj', async () => {
    const { graph, queries, keys } = groupedQueries()
    const { sums } = await statisticsOf(graph, 'softmax')
    expect(sums).toHaveLength(1)
    const [q, k] = valuesOf(graph, [queries, keys]) as [Found, Found]
    const terms: number[][] = []
    for (let n = 0; n < samples; n++)
      for (let g = 0; g < 2; g++)
        for (let h = 0; h < 2; h++)
          for (let i = 0; i < steps; i++)
            for (let j = 0; j < steps; j++)
              terms.push(
                Array.from({ length: features }, (_, c) => {
                  const query = q.data[(((n * 2 + g) * 2 + h) * steps + i) * features + c] as number
                  return query * (k.data[((n * 2 + g) * features + c) * steps + j] as number)
                }),
              )
    expectMoments(sums[0]?.moments as Float64Array, terms)
    expect(sums[0]?.sensitivity).toBeGreaterThan(0)
  })

  it('are sums over an axis', async () => {
    const { graph, terms } = towers()
    const { sums } = await statisticsOf(graph, 'gaussian')
    expect(sums).toHaveLength(1)
    const [{ data }] = valuesOf(graph, [terms]) as [Found]
    expectMoments(
      sums[0]?.moments as Float64Array,
      Array.from({ length: samples }, (_, n) => [...data.slice(n * 7, n * 7 + 7)]),
    )
  })

  it('let features of grouped queries and of towers be decided, the least important first', async () => {
    for (const [{ graph }, result] of [
      [groupedQueries(), 'softmax'],
      [towers(), 'gaussian'],
    ] as const) {
      // The first feature of every head, or the first term, hardly counts.
      const constants = new Map(graph.constants)
      const weight = graph.constants.get('w0') as { dims: number[]; data: Float32Array; dtype: 'float32' }
      const columns = weight.dims[1] as number
      const step = result === 'softmax' ? features : columns
      constants.set('w0', { ...weight, data: weight.data.map((w, i) => ((i % columns) % step === 0 ? w * 1e-3 : w)) })
      const weak = graph.with({ constants })
      const coupling = analyseCoupling(weak)
      const cost = createCostModel(weak, coupling)
      const priced = await priceNetwork({
        graph: weak,
        coupling,
        cost,
        calibration: { table, indices: range(samples) },
        options: { batch: 5, seed: 1, result, measure: 'macs', roundTo: 1, protect: [] },
      })
      const { trajectory, notes } = await priced.decideTo(0)
      const read = new Set(coupling.bindings.flatMap(({ role, units }) => (role === 'consumer' ? [...units] : [])))
      const alone = trajectory.filter(({ unit }) => !read.has(unit))
      expect(alone.length).toBeGreaterThan(1)
      expect(alone[0]?.index).toBe(0)
      expect(notes).toEqual([])
    }
  })
})
