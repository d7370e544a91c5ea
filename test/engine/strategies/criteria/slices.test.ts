import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { groupSlices } from '../../../../src/engine/strategies/criteria'
import { TestNetwork } from '../../support/network'

const values = (net: TestNetwork, name: string) => Array.from(net.constants.get(name)?.data as Float32Array)

describe('slices', () => {
  it('are filters of producers, columns of consumers and BatchNorm scales', () => {
    const net = new TestNetwork('slices')
    const conv = net.conv('x', 3, 4)
    const bn = net.batchNorm(conv, 4)
    const graph = net.graph([net.one('GlobalAveragePool', [net.conv(bn, 4, 2, 1)])])
    const coupling = analyseCoupling(graph)
    const g = coupling.groups.findIndex((group) => group.prunable)
    const [producer, consumer, scale] = groupSlices(graph, coupling, g)
    expect(producer).toMatchObject({ role: 'producer', width: 27, units: Int32Array.of(0, 1, 2, 3) })
    expect(Array.from(producer?.rows ?? [])).toEqual(values(net, 'w0'))
    // w6 is [2, 4, 1, 1]: unit u is read by w[0, u] and w[1, u].
    const columns = values(net, 'w6')
    expect(Array.from(consumer?.rows ?? [])).toEqual([0, 1, 2, 3].flatMap((u) => [columns[u], columns[4 + u]]))
    expect(scale).toMatchObject({ role: 'scale', width: 1 })
    expect(Array.from(scale?.rows ?? [])).toEqual(values(net, 'w2'))
  })

  it('give a unit behind a flatten all its columns', () => {
    const net = new TestNetwork('flatten', ['batch', 3, 2, 2])
    const flat = net.one('Flatten', [net.conv('x', 3, 4)])
    const graph = net.graph([net.dense(flat, 16, 5)])
    const coupling = analyseCoupling(graph)
    const g = coupling.groups.findIndex((group) => group.prunable)
    const consumer = groupSlices(graph, coupling, g).find((slices) => slices.role === 'consumer')
    expect(Array.from(consumer?.units ?? [])).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    expect(consumer?.width).toBe(5)
    const w = values(net, 'w2')
    // Column 6 of [5, 16] belongs to unit 1.
    expect(Array.from(consumer?.rows.subarray(6 * 5, 7 * 5) ?? [])).toEqual([0, 1, 2, 3, 4].map((o) => w[o * 16 + 6]))
  })

  it('see only their own block of a grouped convolution', () => {
    const net = new TestNetwork('grouped')
    const a = net.conv('x', 3, 4)
    const b = net.conv(a, 4, 6, 1, { groups: 2 })
    const graph = net.graph([net.one('GlobalAveragePool', [net.conv(b, 6, 2, 1)])])
    const coupling = analyseCoupling(graph)
    const g = coupling.groupOf[coupling.layers[0]?.outputUnits[0] as number] as number
    const consumer = groupSlices(graph, coupling, g).find((slices) => slices.role === 'consumer')
    const w = values(net, 'w2')
    // Channel 3 is column 1 of the second block: outputs 3, 4, 5 of [6, 2, 1, 1].
    expect(consumer?.width).toBe(3)
    expect(Array.from(consumer?.rows.subarray(9) ?? [])).toEqual([3, 4, 5].map((o) => w[o * 2 + 1]))
  })
})
