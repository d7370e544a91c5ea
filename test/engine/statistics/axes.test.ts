/** Rows of values: which axes run over samples and steps, and what is padding. */
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling/index'
import type { SampleTable } from '../../../src/engine/data/types'
import { ints } from '../../../src/engine/graph/graph'
import { findArchitecture } from '../../../src/engine/reference-networks'
import { createSession, initBackend } from '../../../src/engine/runtime/index'
import { regroup, SAMPLES, traceAxes } from '../../../src/engine/statistics/axes'
import { noStatistics, observe } from '../../../src/engine/statistics/index'
import { Places } from '../../../src/engine/statistics/places'
import { TestNetwork } from '../support/network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

const sample = { role: 'sample', size: 7 } as const
const step = { role: 'step', size: 5 } as const
const other = (size: number) => ({ role: 'other', size }) as const

describe('regroup', () => {
  it('folds and unfolds what runs over samples and steps', () => {
    expect(regroup([[sample], [step], [other(8)]], [35, 8])).toEqual([[sample, step], [other(8)]])
    expect(regroup([[sample, step], [other(8)]], [7, 5, 2, 4])).toEqual([[sample], [step], [other(2)], [other(4)]])
  })

  it('gives up where steps are cut', () => {
    expect(regroup([[step], [other(4)]], [2, 10])).toEqual([[other(2)], [other(10)]])
  })
})

it('follows steps through transposes and flattened rows', () => {
  const net = new TestNetwork('axes', [SAMPLES, 6, 4])
  const turned = net.one('Transpose', ['x'], { perm: ints([1, 0, 2]) })
  const flat = net.one('Reshape', [turned, net.sizes([-1, 4])])
  const y = net.dense(flat, 4, 3)
  const axes = traceAxes(net.graph([y]), 6)
  expect(axes.get(y)?.[0]?.map(({ role }) => role)).toEqual(['step', 'sample'])
})

/** Texts of 2 to 6 tokens, filled up with zeros. */
function texts(length: number, fill: number): SampleTable {
  const count = 24
  const ids = new Int32Array(count * length)
  for (let n = 0; n < count; n++) {
    for (let t = 0; t < 2 + (n % 5); t++) ids[n * length + t] = 2 + ((7 * n + 3 * t) % 18)
  }
  if (fill > 0)
    ids.forEach((id, i) => {
      if (id === 0) ids[i] = fill
    })
  return {
    count,
    labels: null,
    read(indices) {
      const data = new Int32Array(indices.length * length)
      indices.forEach((row, i) => {
        data.set(ids.subarray(row * length, (row + 1) * length), i * length)
      })
      return { count: indices.length, inputs: new Map([['', { dims: [indices.length, length], data }]]), labels: null }
    },
  }
}

describe('padding', () => {
  const indices = Int32Array.from({ length: 24 }, (_, i) => i)
  const build = (name: string, length: number) =>
    findArchitecture(name).build({ sampleShape: [length], classes: 2, seed: 3, vocabulary: 20 })

  it('is told where token ids of 0 only fill up', () => {
    const graph = build('transformer', 8)
    const batch = texts(8, 0).read(indices)
    expect(new Places(graph, batch).presence(batch)?.present.slice(0, 8)).toEqual(Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0))
    const full = texts(8, 1).read(indices)
    expect(new Places(graph, full).presence(full)).toBeNull()
  })

  it('does not count where the network masks it, however much there is', async () => {
    const moments = async (length: number) => {
      const graph = build('transformer', length)
      const coupling = analyseCoupling(graph)
      const selection = { table: texts(length, 0), indices }
      const options = { batch: 24, seed: 1, result: 'softmax', positions: 64 } as const
      const { layers } = await observe(graph, coupling, selection, { ...noStatistics, moments: true }, options)
      const block = layers.get('attention1.value.product')?.blocks[0]
      return block?.moments as Float64Array
    }
    const [short, long] = [await moments(8), await moments(16)]
    // Positions have vectors of their own, so the networks only agree in how rows are counted: E[1 * 1] is 1 in both.
    expect(short.at(-1)).toBeCloseTo(1, 6)
    expect(long.length).toBe(short.length)
    const trace = (m: Float64Array) => Array.from({ length: 65 }, (_, i) => m[i * 66] as number).reduce((a, b) => a + b)
    expect(trace(long) / trace(short)).toBeGreaterThan(0.8)
    expect(trace(long) / trace(short)).toBeLessThan(1.25)
  })

  it('counts where the network reads it', () => {
    const known = ['transformer', 'text-cnn'].map((name) => {
      const graph = build(name, 8)
      const table = texts(8, 0)
      const places = new Places(graph, table.read(indices))
      const session = createSession(graph, { fuse: false })
      const taps = analyseCoupling(graph).layers.map((layer) => layer.output)
      let seed = 1
      places.learn(session, taps, { table, indices }, { kind: 'softmax' }, () => {
        seed = (seed * 16807) % 2147483647
        return seed / 2147483647
      })
      session.dispose()
      return taps.filter((tap) => places.ignores(tap))
    })
    expect(known[0]?.length).toBeGreaterThan(10)
    expect(known[1]).toEqual([])
  })
})

it('keeps the last rows of a network that reads one value a sample', () => {
  const net = new TestNetwork('plain', ['batch', 4])
  const graph = net.graph([net.dense('x', 4, 2)])
  const places = new Places(graph, {
    count: 3,
    inputs: new Map([['', { dims: [3, 4], data: new Float32Array(12) }]]),
    labels: null,
  })
  expect(places.rows(graph.outputs[0]?.name as string, -1, 3)).toBeNull()
  expect(places.presence({ count: 0, inputs: new Map(), labels: null })).toBeNull()
})
