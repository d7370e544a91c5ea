import { describe, expect, it } from 'vitest'
import { say } from '../../../src/contract/sentences'
import { analyseCoupling, type Layer } from '../../../src/engine/coupling/index'
import { int, ints } from '../../../src/engine/graph/graph'
import { TestNetwork } from '../support/network'
import { randomNetwork } from '../support/random-network'

const head = (net: TestNetwork, x: string, channels: number) =>
  net.graph([net.dense(net.one('Flatten', [net.one('GlobalAveragePool', [x])], { axis: int(1) }), channels, 4)])

describe('coupling groups', () => {
  it('joins the producers of a residual sum and everything that carries their channels', () => {
    const net = new TestNetwork(1)
    const a = net.one('Relu', [net.batchNorm(net.conv('x', 3, 6), 6)])
    const b = net.conv(a, 6, 5)
    const c = net.conv(b, 5, 6)
    const graph = head(net, net.one('Add', [a, c]), 6)
    const { groups } = analyseCoupling(graph)
    const stream = groups[0]
    expect(stream?.units.length).toBe(6)
    expect(stream?.producers.map((layer) => layer.node.op)).toEqual(['Conv', 'Conv'])
    expect(stream?.consumers.map((layer) => layer.node.op)).toEqual(['Conv', 'Gemm'])
    expect(groups.map((group) => group.units.length)).toEqual([6, 5, 4])
  })

  it('never touches the result of the network and says so', () => {
    const net = new TestNetwork(1)
    const { groups } = analyseCoupling(head(net, net.conv('x', 3, 6), 6))
    expect(groups.at(-1)).toMatchObject({ prunable: false, reason: say('group.result') })
  })

  it('gives a dense layer behind a flatten one column a position, all of one unit', () => {
    const net = new TestNetwork(1)
    const graph = net.graph([net.dense(net.one('Flatten', [net.conv('x', 3, 3)], { axis: int(1) }), 3 * 64, 4)])
    const { groups, layers } = analyseCoupling(graph)
    const columns = (layers.at(-1) as Layer).inputUnits
    expect(columns.length).toBe(192)
    expect(new Set(columns.slice(0, 64))).toEqual(new Set([groups[0]?.units[0]]))
  })

  it('lets a grouped convolution lose matching ranks of every group', () => {
    const net = new TestNetwork(1)
    const a = net.conv('x', 3, 8, 1)
    const { groups } = analyseCoupling(head(net, net.conv(a, 8, 12, 3, { groups: 4 }), 12))
    expect(groups.map((group) => group.units.length)).toEqual([2, 3, 4])
  })

  it('passes a depthwise convolution with a multiplier', () => {
    const net = new TestNetwork(1)
    const a = net.conv('x', 3, 4, 1)
    const { groups, layers } = analyseCoupling(head(net, net.conv(a, 4, 8, 3, { groups: 4 }), 8))
    expect(groups[0]?.units.length).toBe(4)
    expect([...(layers[1] as Layer).outputUnits]).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
  })

  it('follows a channel shuffle by its index map', () => {
    const net = new TestNetwork(1)
    const a = net.conv('x', 3, 6, 1)
    const folded = net.one('Reshape', [a, net.sizes([0, 2, 3, 8, 8])])
    const turned = net.one('Transpose', [folded], { perm: ints([0, 2, 1, 3, 4]) })
    const graph = head(net, net.one('Reshape', [turned, net.sizes([0, 6, 8, 8])]), 6)
    const { groups, layers } = analyseCoupling(graph)
    expect(groups[0]?.units.length).toBe(3)
    expect([...(layers.at(-1) as Layer).inputUnits]).toEqual([1, 1, 2, 2, 3, 3])
  })

  it('keeps what is added to an input of the network, and names the node that binds it', () => {
    const net = new TestNetwork(1)
    const graph = head(net, net.conv(net.one('Add', ['x', net.conv('x', 3, 3)]), 3, 6), 6)
    const [first] = analyseCoupling(graph).groups
    expect(first?.prunable).toBe(false)
    expect(first?.reason).toEqual({
      code: 'held.combined-with-fixed',
      values: { node: expect.stringMatching(/^add\d+$/), op: 'Add' },
    })
  })

  it('keeps channels in front of an operator that it does not know, and names it', () => {
    const net = new TestNetwork(1)
    const a = net.conv('x', 3, 6)
    net.nodes.push({
      name: 'odd',
      op: 'Mystery',
      domain: 'com.example',
      inputs: [a],
      outputs: ['odd'],
      attributes: new Map(),
    })
    const graph = net.graph(['odd'])
    expect(analyseCoupling(graph).groups[0]?.reason).toEqual(say('held.unfollowed', { node: 'odd', op: 'Mystery' }))
  })

  it('protects the layers the user names, and refuses names that are not there', () => {
    const net = new TestNetwork(1)
    const a = net.conv('x', 3, 6)
    const graph = head(net, net.conv(a, 6, 6), 6)
    expect(analyseCoupling(graph, [a]).groups[0]).toMatchObject({
      prunable: false,
      reason: { code: 'held.protected', values: { node: a } },
    })
    expect(() => analyseCoupling(graph, ['nowhere'])).toThrow(/no layer named "nowhere"/)
  })

  it('ties units through a weight that two nodes share', () => {
    const net = new TestNetwork(1)
    const w = net.weight([5, 4, 1, 1])
    const at = { kernel_shape: ints([1, 1]) }
    const [a, b] = [net.conv('x', 3, 4), net.conv('x', 3, 4)]
    const [c, d] = [net.one('Conv', [a, w], at), net.one('Conv', [b, w], at)]
    const { groups } = analyseCoupling(head(net, net.one('Concat', [c, d], { axis: int(1) }), 10))
    expect(groups.map((group) => group.units.length)).toEqual([4, 5, 4])
  })

  it('numbers units from 1 without holes, each at its place in its group', () => {
    for (let seed = 0; seed < 20; seed++) {
      const coupling = analyseCoupling(randomNetwork(seed))
      const seen = coupling.groups.flatMap((group) => [...group.units].filter((unit) => unit > 0))
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: coupling.units }, (_, i) => i + 1))
      coupling.groups.forEach((group, g) => {
        group.units.forEach((unit, i) => {
          if (unit > 0) expect([coupling.groupOf[unit], coupling.indexOf[unit]]).toEqual([g, i])
        })
      })
    }
  })

  it('holds heads of attention together', () => {
    const net = new TestNetwork(1, ['batch', 6, 8])
    const [heads, width] = [2, 4]
    const project = () => {
      const y = net.one('MatMul', ['x', net.weight([8, 8])])
      const folded = net.one('Reshape', [y, net.sizes([0, 6, heads, width])])
      return net.one('Transpose', [folded], { perm: ints([0, 2, 1, 3]) })
    }
    const [q, k, v] = [project(), project(), project()]
    const scores = net.one('MatMul', [q, net.one('Transpose', [k], { perm: ints([0, 1, 3, 2]) })])
    const mixed = net.one('MatMul', [net.one('Softmax', [scores], { axis: int(-1) }), v])
    const back = net.one('Reshape', [net.one('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }), net.sizes([0, 6, 8])])
    const { groups } = analyseCoupling(net.graph([net.one('MatMul', [back, net.weight([8, 5])])]))
    expect(groups[0]?.units.length).toBe(heads)
    expect(groups[0]?.producers.length).toBe(3)
    expect(groups[0]?.consumers.length).toBe(1)
  })
})
