import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { int } from '../../../../src/engine/graph/graph'
import { initBackend } from '../../../../src/engine/runtime'
import { noStatistics, observe, readWeights, type Statistics } from '../../../../src/engine/statistics'
import { findCriterion, scoreGroups } from '../../../../src/engine/strategies/criteria'
import { contributionsOf } from '../../../../src/engine/strategies/criteria/contributions'
import { infiniteSelection, responseImportance } from '../../../../src/engine/strategies/criteria/response'
import { TestNetwork } from '../../support/network'
import { chainNetwork, chainTable, range } from '../result-oriented/chain-network'

const graph = chainNetwork()
const coupling = analyseCoupling(graph)
const calibration = { table: chainTable(), indices: range(64) }
let statistics: Statistics

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
  const options = { batch: 16, seed: 1, positions: 64, result: 'softmax' } as const
  statistics = await observe(graph, coupling, calibration, { ...noStatistics, moments: true, keepMaps: 64 }, options)
})

describe('final responses', () => {
  it('reach every unit through the absolute weights of its readers', () => {
    const scores = responseImportance(graph, coupling, statistics) as Float64Array
    const layer = coupling.layers.find(({ node }) => node.name === 'conv2')
    if (!layer) throw new Error('The chain has a second convolution.')
    const [weights] = readWeights(graph, layer) as [Float64Array]
    const columns = weights.length / layer.outputUnits.length
    const taps = (columns - 1) / layer.inputUnits.length
    layer.inputUnits.forEach((unit, c) => {
      let sum = 0
      layer.outputUnits.forEach((output, o) => {
        for (let t = 0; t < taps; t++) {
          sum += Math.abs(weights[o * columns + c * taps + t] as number) * (scores[output] as number)
        }
      })
      expect(scores[unit]).toBeCloseTo(sum, 8)
    })
  })
})

it('final responses are those of channels where samples are too few for all columns', async () => {
  const network = new TestNetwork('flattened')
  const maps = network.one('Relu', [network.conv('x', 3, 6)])
  const flattened = network.one('Flatten', [maps], { axis: int(1) })
  const flat = network.graph([network.dense(flattened, 6 * 64, 4)])
  const units = analyseCoupling(flat)
  const last = units.layers.at(-1)
  const few = { table: chainTable(), indices: range(32) }
  const options = { batch: 16, seed: 1, positions: 64, result: 'softmax' } as const
  const seen = await observe(flat, units, few, { ...noStatistics, moments: true }, options)
  const observed = seen.layers.get(last?.node.name ?? '')
  expect(observed?.blocks[0]?.mode).toBe('channel')
  const scores = responseImportance(flat, units, seen) as Float64Array
  const wanted = infiniteSelection(observed?.blocks[0]?.moments as Float64Array, 6)
  wanted.forEach((score, channel) => {
    expect(scores[last?.inputUnits[64 * channel] as number]).toBe(score)
  })
})

it('contributions are the second moments of what each unit adds to the classifier', () => {
  const layer = coupling.layers.at(-1)
  const maps = statistics.maps.find(({ value }) => value === layer?.input)
  if (!layer || !maps) throw new Error('The chain ends in a classifier whose input is kept.')
  const [weights] = readWeights(graph, layer) as [Float64Array]
  const width = layer.inputUnits.length
  const g = coupling.groupOf[layer.inputUnits[0] as number] as number
  const gram = contributionsOf(graph, coupling, g, statistics) as Float64Array
  for (const [c, d] of [
    [0, 0],
    [0, 3],
    [5, 2],
  ] as const) {
    let sum = 0
    for (let s = 0; s < maps.samples; s++) {
      for (let o = 0; o < layer.outputUnits.length; o++) {
        const part = (i: number) => (weights[o * (width + 1) + i] as number) * (maps.data[s * width + i] as number)
        sum += (part(c) * part(d)) / maps.samples
      }
    }
    expect(gram[c * width + d]).toBeCloseTo(sum, 6)
  }
})

it('every criterion that looks at data scores every group of a network', () => {
  for (const name of ['entropy', 'hrank', 'chip', 'thinet', 'nisp']) {
    const criterion = findCriterion(name)
    if (!criterion) throw new Error(name)
    const { scores } = scoreGroups(graph, coupling, criterion, statistics, () => () => 0.5)
    scores.forEach((score, i) => {
      expect(score?.length ?? 0).toBe(coupling.groups[i]?.prunable ? coupling.groups[i]?.units.length : 0)
    })
  }
})
