import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling/index'
import { canonicalise, shufflesToGathers, untieVectors } from '../../../src/engine/formats/canonical'
import { ints } from '../../../src/engine/graph/graph'
import { TestNetwork } from '../support/network'

describe('canonical rewrites', () => {
  it('gives layers that share a stored bias one of their own, and leaves shared matrices shared', () => {
    const net = new TestNetwork(1)
    const at = { kernel_shape: ints([1, 1]) }
    const bias = net.weight([6])
    const a = net.one('Conv', ['x', net.weight([6, 3, 1, 1]), bias], at)
    const b = net.one('Conv', [a, net.weight([6, 6, 1, 1]), bias], at)
    const w = net.weight([4, 6, 1, 1])
    const sum = net.one('Mul', [net.one('Conv', [b, w], at), net.one('Conv', [a, w], at)])
    const graph = net.graph([net.dense(net.one('Flatten', [sum]), 4 * 64, 3)])
    const result = untieVectors(graph)
    const biases = result.nodes
      .filter((node) => node.inputs.length === 3 && node.op === 'Conv')
      .map((node) => node.inputs[2])
    expect(new Set(biases).size).toBe(2)
    expect(result.constants.get(biases[1] as string)?.data).toBe(result.constants.get(biases[0] as string)?.data)
    expect(result.nodes.filter((node) => node.inputs.includes(w)).length).toBe(2)
    expect(analyseCoupling(canonicalise(graph)).groups[0]?.units.length).toBe(6)
  })

  it('leaves a reshape that is no shuffle alone', () => {
    const net = new TestNetwork(1)
    const split = net.one('Reshape', [net.conv('x', 3, 4), net.sizes([0, 2, 2, 8, 8])])
    const turned = net.one('Transpose', [split], { perm: ints([0, 1, 2, 4, 3]) })
    const graph = net.graph([net.one('Reshape', [turned, net.sizes([0, 4, 4, 16])])])
    expect(shufflesToGathers(graph)).toBe(graph)
  })

  it('returns the very graph when there is nothing to rewrite', () => {
    const net = new TestNetwork(1)
    const graph = net.graph([net.conv('x', 3, 4)])
    expect(canonicalise(graph)).toBe(graph)
  })
})
