import { describe, expect, it } from 'vitest'
import { recurrentTurns } from '../../../src/engine/evaluation'
import { int, ints, text } from '../../../src/engine/graph/graph'
import { TestNetwork } from '../support/network'

describe('turns of recurrent operators', () => {
  const hidden = 3
  const gru = (net: TestNetwork, x: string, inputs: number, directions: number) =>
    net.one('GRU', [x, net.weight([directions, 3 * hidden, inputs]), net.weight([directions, 3 * hidden, hidden])], {
      hidden_size: int(hidden),
      direction: text(directions === 2 ? 'bidirectional' : 'forward'),
    })

  it('count every time step of every layer and direction', () => {
    const net = new TestNetwork(1, [7, 'batch', 5])
    const both = net.one('Transpose', [gru(net, 'x', 5, 2)], { perm: ints([0, 2, 1, 3]) })
    const joined = net.one('Reshape', [both, net.sizes([0, 0, 2 * hidden])])
    expect(recurrentTurns(net.graph([gru(net, joined, 2 * hidden, 1)]))).toBe(7 * 2 + 7)
  })

  it('are none of a network without them', () => {
    const net = new TestNetwork(2)
    expect(recurrentTurns(net.graph([net.conv('x', 3, 4)]))).toBe(0)
  })
})
