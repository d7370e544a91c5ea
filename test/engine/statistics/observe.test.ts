import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling/index'
import { createSession, initBackend, memoryUse } from '../../../src/engine/runtime/index'
import { mergeRequests, noStatistics, observe, type StatisticsRequest } from '../../../src/engine/statistics/index'
import { chain } from '../strategies/result-oriented/chain'
import { chainNetwork, chainTable, range } from '../strategies/result-oriented/chain-network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

const graph = chainNetwork()
const coupling = analyseCoupling(graph)
const table = chainTable()
const options = { batch: 16, seed: 1, positions: 64, result: 'softmax' } as const

/** Frobenius distance, relative. */
function distance(a: Float64Array, b: Float64Array): number {
  let difference = 0
  let norm = 0
  for (let i = 0; i < b.length; i++) {
    difference += ((a[i] as number) - (b[i] as number)) ** 2
    norm += (b[i] as number) ** 2
  }
  return Math.sqrt(difference / norm)
}

const ask = (request: Partial<StatisticsRequest>, indices = range(64), more = {}) =>
  observe(graph, coupling, { table, indices }, { ...noStatistics, ...request }, { ...options, ...more })

describe('observe', () => {
  it('finds the prototype’s second moments when it looks at all positions', async () => {
    const { layers } = await ask({ moments: true })
    expect([...layers.keys()]).toEqual(['conv1', 'conv2', 'fc'])
    ;[...layers.values()].forEach((layer, i) => {
      expect(layer.blocks[0]?.mode).toBe('patch')
      expect(distance(layer.blocks[0]?.moments as Float64Array, chain.moments[i] as Float64Array)).toBeLessThan(1e-6)
    })
  })

  it('finds the exact Gauss-Newton matrix in the mean over v, and knows that of the last operator', async () => {
    // Every sample with 40 different v.
    const indices = Int32Array.from({ length: 64 * 40 }, (_, i) => i % 64)
    const { layers } = await ask({ sensitivity: true }, indices)
    const found = [...layers.values()].map((layer, i) =>
      distance(layer.sensitivity[0] as Float64Array, chain.sensitivity[i] as Float64Array),
    )
    expect(found[0]).toBeLessThan(0.1)
    expect(found[1]).toBeLessThan(0.1)
    expect(found[2]).toBeLessThan(1e-6)
    expect([...layers.values()].every((layer) => layer.blocks.length === 0)).toBe(true)
  })

  it('estimates the moments from a sample of positions', async () => {
    const { layers } = await ask({ moments: true }, range(64), { positions: 8, batch: 4 })
    const found = distance(layers.get('conv1')?.blocks[0]?.moments as Float64Array, chain.moments[0] as Float64Array)
    expect(found).toBeGreaterThan(1e-4)
    expect(found).toBeLessThan(0.2)
  })

  it('goes over to channel moments where A would be too large', async () => {
    const { layers } = await ask({ moments: true }, range(64), { maxRows: 60 })
    const [small, large] = [layers.get('conv1'), layers.get('conv2')]
    expect(small?.blocks[0]?.mode).toBe('patch')
    expect(large?.blocks[0]?.mode).toBe('channel')
    expect(large?.blocks[0]?.rows).toBe(9)
    // The centre tap of the patches sees every position, as channel moments do.
    const patches = chain.moments[1] as Float64Array
    for (let c = 0; c < 8; c++) {
      for (let d = 0; d < 8; d++) {
        const expected = patches[(c * 9 + 4) * 73 + d * 9 + 4] as number
        expect(large?.blocks[0]?.moments[c * 9 + d]).toBeCloseTo(expected, 4)
      }
    }
  })

  it('sums activations by unit as they are read', async () => {
    const { units } = await ask({ activations: true })
    const session = createSession(graph, { fuse: false })
    const live = session.forward(table.read(range(64)).inputs, ['pool_out']).get('pool_out')
    const values = (await live?.tensor.data()) as Float32Array
    const group = coupling.groups.find(({ name }) => name === 'conv0')
    for (let c = 0; c < 6; c++) {
      const unit = group?.units[c] as number
      let sum = 0
      let squares = 0
      let zeros = 0
      for (let i = c; i < values.length; i += 6) {
        sum += values[i] as number
        squares += (values[i] as number) ** 2
        if (values[i] === 0) zeros++
      }
      expect(units.count[unit]).toBe(64 * 16)
      expect(units.activations?.sum[unit]).toBeCloseTo(sum, 2)
      expect(units.activations?.sumOfAbsolutes[unit]).toBeCloseTo(sum, 2)
      expect(units.activations?.sumOfSquares[unit]).toBeCloseTo(squares, 2)
      expect(units.activations?.zeros[unit]).toBe(zeros)
    }
    expect(units.gate).toBeNull()
    live?.tensor.dispose()
    session.dispose()
  })

  it('differentiates the loss in a gate on each unit', async () => {
    const { units } = await ask({ gradients: true, gradientOf: 'labels' })
    const session = createSession(graph, { fuse: false })
    const batch = table.read(range(64))
    const values = session.forward(batch.inputs, ['flat_out', 'fc_out'])
    const features = (await values.get('flat_out')?.tensor.data()) as Float32Array
    const logits = (await values.get('fc_out')?.tensor.data()) as Float32Array
    const group = coupling.groups.find(({ name }) => name === 'conv2')
    const sums = new Float64Array(7)
    const squares = new Float64Array(7)
    for (let n = 0; n < 64; n++) {
      const row = [...logits.subarray(n * 5, n * 5 + 5)]
      const total = row.reduce((sum, v) => sum + Math.exp(v), 0)
      for (let c = 0; c < 7; c++) {
        let d = 0
        row.forEach((v, k) => {
          const gradient = Math.exp(v) / total - (batch.labels?.[n] === k ? 1 : 0)
          d += gradient * (chain.dense.data[k * 7 + c] as number) * (features[n * 7 + c] as number)
        })
        sums[c] = (sums[c] as number) + d
        squares[c] = (squares[c] as number) + d * d
      }
    }
    for (let c = 0; c < 7; c++) {
      const unit = group?.units[c] as number
      expect(units.gate?.sum[unit]).toBeCloseTo(sums[c] as number, 3)
      expect(units.gate?.sumOfSquares[unit]).toBeCloseTo(squares[c] as number, 3)
    }
    for (const { tensor } of values.values()) tensor.dispose()
    session.dispose()
  })

  it('tells how changes couple over positions and correlate between groups', async () => {
    const { layers, correlation, nats } = await ask({ moments: true, sensitivity: true, propagation: true })
    // A dense operator at one position has nothing to couple.
    expect(layers.get('fc')?.kappa).toBeCloseTo(1, 6)
    expect(layers.get('conv1')?.kappa).toBeGreaterThan(0)
    expect(correlation.groups).toEqual(['conv0', 'conv1', 'conv2'])
    correlation.values.forEach((row, i) => {
      expect(row[i]).toBeCloseTo(1, 9)
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(correlation.values[j]?.[i] as number, 9)
        expect(value).toBeLessThanOrEqual(1 + 1e-9)
        expect(value).toBeGreaterThanOrEqual(0)
      })
    })
    // KL changes by at most half the squared change of the logits, and prices carry the half already.
    expect(nats).toBeGreaterThan(0)
    expect(nats).toBeLessThan(0.5)
  })

  it('keeps the first samples’ maps', async () => {
    const { maps } = await ask({ keepMaps: 20 })
    const first = maps.find(({ value }) => value === 'pool_out')
    expect(first?.samples).toBe(20)
    expect(first?.extents).toEqual([4, 4])
    expect(first?.data.length).toBe(20 * 6 * 16)
    const session = createSession(graph, { fuse: false })
    const live = session.forward(table.read(Int32Array.of(17)).inputs, ['pool_out']).get('pool_out')
    const values = (await live?.tensor.data()) as Float32Array
    // Held as [position, channel] there, as [channel, position] here.
    expect(first?.data[(17 * 6 + 2) * 16 + 5]).toBeCloseTo(values[5 * 6 + 2] as number, 6)
    live?.tensor.dispose()
    session.dispose()
  })

  it('gives the same numbers for the same seed, leaves nothing behind, and ends when cancelled', async () => {
    const request = { moments: true, sensitivity: true, propagation: true, activations: true, gradients: true }
    const before = memoryUse().tensors
    const [a, b] = [await ask(request), await ask(request)]
    expect(memoryUse().tensors).toBe(before)
    expect(a.layers.get('conv1')?.sensitivity[0]).toEqual(b.layers.get('conv1')?.sensitivity[0])
    expect(a.correlation).toEqual(b.correlation)
    const stop = new AbortController()
    const cancelled = observe(
      graph,
      coupling,
      { table, indices: range(64) },
      { ...noStatistics, moments: true },
      options,
      {
        signal: stop.signal,
        progress: (fraction) => {
          if (fraction >= 0.5) stop.abort()
        },
      },
    )
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(memoryUse().tensors).toBe(before)
  })

  it('refuses to go without samples or without the labels it was told to use', async () => {
    await expect(ask({ moments: true }, range(0))).rejects.toMatchObject({ code: 'DATA_TOO_FEW_SAMPLES' })
    const unlabelled = {
      ...table,
      labels: null,
      read: (indices: Int32Array) => ({ ...table.read(indices), labels: null }),
    }
    const observed = observe(
      graph,
      coupling,
      { table: unlabelled, indices: range(16) },
      { ...noStatistics, gradients: true, gradientOf: 'labels' },
      options,
    )
    await expect(observed).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })
})

describe('mergeRequests', () => {
  it('asks for what either asks for', () => {
    const a = { ...noStatistics, moments: true, keepMaps: 3 }
    const b: StatisticsRequest = { ...noStatistics, gradients: true, gradientOf: 'sampled' }
    expect(mergeRequests(a, b)).toEqual({
      ...noStatistics,
      moments: true,
      gradients: true,
      gradientOf: 'sampled',
      keepMaps: 3,
    })
  })
})
