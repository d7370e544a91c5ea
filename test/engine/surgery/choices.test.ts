/** Where two ways to cut are right, the one that leaves more units in the whole network is taken. */
import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling'
import { readModel } from '../../../src/engine/formats'
import { type Graph, type GraphNode, int, ints } from '../../../src/engine/graph/graph'
import { encodeModel, floats, integers, node, type SmallModel, smallModel, value } from '../formats/support/onnx-proto'
import { expectPrunedAsMasked, weight } from '../formats/support/pruned'
import { TestNetwork } from '../support/network'

const read = async (model: SmallModel): Promise<Graph> =>
  (await readModel({ name: 'small.onnx', bytes: encodeModel(smallModel(model)) })).graph

/** A convolution, a norm over `groups` groups of its 16 channels, and a convolution that reads it. */
const spelledOut = (groups: number) =>
  read({
    inputs: [value('x', [1, 3, 4, 4])],
    outputs: [value('y', [1, 2, 4, 4])],
    weights: [
      weight('a', 16, 3, 1, 1),
      weight('b', 2, 16, 1, 1),
      integers('folded', [0, groups, -1]),
      integers('back', [1, 16, 4, 4]),
      floats('ones', [groups], Array(groups).fill(1)),
      floats('zeros', [groups], Array(groups).fill(0)),
    ],
    nodes: [
      node('Conv', ['x', 'a'], ['h']),
      node('Reshape', ['h', 'folded'], ['wide']),
      node('InstanceNormalization', ['wide', 'ones', 'zeros'], ['normal']),
      node('Reshape', ['normal', 'back'], ['again']),
      node('Conv', ['again', 'b'], ['y']),
    ],
  })

describe('norms over groups of channels', () => {
  it.each([
    [8, 8],
    [2, 8],
    [16, 16],
  ])('%i groups of 16 channels spelled out give %i units', async (groups, units) => {
    const graph = await spelledOut(groups)
    const { outcome, coupling } = await expectPrunedAsMasked(graph, [1, 3, 4, 4])
    expect(coupling.units).toBe(units)
    expect(outcome.kept.Conv_h?.length).toBeLessThan(16)
  })

  it('as one operator, with fewer groups afterwards', async () => {
    const net = new TestNetwork(1, [1, 3, 4, 4])
    const h = net.conv('x', 3, 16, 1)
    const normal = net.one('GroupNormalization', [h, net.weight([16]), net.weight([16])], { num_groups: int(8) })
    const graph = net.graph([net.conv(normal, 16, 2, 1)])
    const coupling = analyseCoupling(graph)
    expect(coupling.units).toBe(8)
    const { outcome } = await expectPrunedAsMasked(graph, [1, 3, 4, 4])
    const normalising = outcome.graph.nodes.find(({ op }) => op === 'GroupNormalization') as GraphNode
    const left = normalising.attributes.get('num_groups')?.value
    const [kept] = Object.values(outcome.kept) as [number[]]
    expect(left).toBe(kept.length)
  })
})

describe('heads that share keys and values', () => {
  it('lose features, the same of every head', async () => {
    const net = new TestNetwork(2, [1, 5, 6])
    const project = (width: number) => net.one('MatMul', ['x', net.weight([6, width])])
    const q = net.one('Transpose', [net.one('Reshape', [project(32), net.sizes([1, 5, 4, 8])])], {
      perm: ints([0, 2, 1, 3]),
    })
    const [k, v] = [project(8), project(8)].map((x) => net.one('Unsqueeze', [x, net.sizes([1])])) as [string, string]
    const scores = net.one('MatMul', [q, net.one('Transpose', [k], { perm: ints([0, 1, 3, 2]) })])
    const mixed = net.one('MatMul', [net.one('Softmax', [scores], { axis: int(-1) }), v])
    const turned = net.one('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) })
    const flat = net.one('Reshape', [turned, net.sizes([1, 5, 32])])
    const graph = net.graph([net.one('MatMul', [flat, net.weight([32, 3])])])
    const { coupling } = await expectPrunedAsMasked(graph, [1, 5, 6])
    expect(coupling.groups.map(({ units, prunable }) => (prunable ? units.length : 0))).toEqual([8, 8, 0])
  })
})

describe('depthwise transposed convolutions with a multiplier', () => {
  it('pass every channel through', async () => {
    const net = new TestNetwork(3, [1, 3, 4, 4])
    const h = net.conv('x', 3, 6, 1)
    const up = net.one('ConvTranspose', [h, net.weight([6, 2, 2, 2])], { group: int(6), strides: ints([2, 2]) })
    const graph = net.graph([net.conv(up, 12, 2, 1)])
    const { coupling, outcome } = await expectPrunedAsMasked(graph, [1, 3, 4, 4])
    expect(coupling.units).toBe(6)
    expect(outcome.kept[coupling.groups[0]?.name as string]?.length).toBeLessThan(6)
  })
})
