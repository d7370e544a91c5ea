/** The maps of a small network: those of the network itself, and of a twin what its twin says. */
import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling'
import type { Graph } from '../../../src/engine/graph/graph'
import { featureMaps } from '../../../src/engine/pipeline'
import { createSession, disposeValues, memoryUse, toPlain } from '../../../src/engine/runtime'
import { TestNetwork } from '../support/network'
import { toyData } from '../support/toy'

const data = toyData()
const [channels, size] = [data.sampleShape[0] as number, data.sampleShape[1] as number]

/** Unit 5 of the first convolution is unit 2 again. */
function twins(): Graph {
  const net = new TestNetwork('twins', ['batch', channels, size, size])
  const a = net.one('Relu', [net.conv('x', channels, 8)])
  const weight = net.constants.get(net.nodes[0]?.inputs[1] as string)
  const values = weight?.data as Float32Array
  const each = values.length / 8
  values.copyWithin(5 * each, 2 * each, 3 * each)
  const bias = net.nodes[0]?.inputs[2] ? (net.constants.get(net.nodes[0].inputs[2])?.data as Float32Array) : null
  if (bias) bias[5] = bias[2] as number
  const b = net.one('Relu', [net.conv(a, 8, 6)])
  const flat = net.one('Flatten', [b])
  return net.graph([net.dense(flat, 6 * size * size, data.classes.length)])
}

const request = (graph: Graph, change: object = {}) => {
  const [first, second] = analyseCoupling(graph).groups.filter((group) => group.prunable)
  return {
    first: first?.name as string,
    second: second?.name as string,
    ask: (more: object = {}) => ({
      group: first?.name as string,
      kept: { [first?.name as string]: [0, 1, 2, 3, 4, 6] },
      sample: { split: 'test' as const, index: 3 },
      config: { calibration: 256, seed: 1, backend: 'wasm' as const },
      ...change,
      ...more,
    }),
  }
}

describe('feature maps', () => {
  it('are those that the network computes, and leave no tensor behind', async () => {
    const graph = twins()
    const { ask } = request(graph)
    await featureMaps(graph, data, ask())
    const before = memoryUse().tensors
    const result = await featureMaps(graph, data, ask())
    expect(memoryUse().tensors).toBe(before)
    expect(result).toMatchObject({ units: 8, height: size, width: size, kept: [0, 1, 2, 3, 4, 6] })
    const session = createSession(graph, { fuse: false })
    const batch = (data.test as NonNullable<typeof data.test>).read(Int32Array.of(3))
    const live = session.forward(batch.inputs, [result.value])
    const plain = toPlain(live.values().next().value as never)
    const expected = plain.dataSync() as Float32Array
    expect(result.maps.length).toBe(expected.length)
    for (let i = 0; i < expected.length; i++) expect(result.maps[i]).toBeCloseTo(expected[i] as number, 4)
    plain.dispose()
    disposeValues(live)
    session.dispose()
  })

  it('let a unit be predicted by its twin, which is named', async () => {
    const graph = twins()
    const { ask, first } = request(graph)
    const result = await featureMaps(graph, data, ask())
    const [twin, other] = [5, 7].map((unit) => result.removed.find((one) => one.unit === unit))
    expect(result.removed).toHaveLength(2)
    expect(twin?.explained).toBeGreaterThan(0.99)
    expect(twin?.explainedHere).toBeGreaterThan(0.98)
    expect(twin?.from[0]).toMatchObject({ group: first, unit: 2 })
    expect(other?.explained as number).toBeLessThan(twin?.explained as number)
    const plane = size * size
    const at = result.removed.findIndex((one) => one.unit === 5) * plane
    const largest = Math.max(...result.maps.subarray(5 * plane, 6 * plane))
    for (let i = 0; i < plane; i++) {
      expect(Math.abs((result.predicted[at + i] as number) - (result.maps[5 * plane + i] as number))).toBeLessThan(
        0.1 * largest,
      )
    }
  })

  it('are taken before a flatten spreads a unit over many columns', async () => {
    const graph = twins()
    const { ask, second } = request(graph)
    const result = await featureMaps(graph, data, ask({ group: second, kept: { [second]: [0, 1, 2] } }))
    expect(result).toMatchObject({ units: 6, height: size, width: size })
    expect(result.removed.map(({ unit }) => unit)).toEqual([3, 4, 5])
  })

  it('refuse what is not there', async () => {
    const graph = twins()
    const { ask } = request(graph)
    await expect(featureMaps(graph, data, ask({ group: 'nobody' }))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(featureMaps(graph, data, ask({ sample: { split: 'test', index: 1e6 } }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})
