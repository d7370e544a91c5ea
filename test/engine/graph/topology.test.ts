import { describe, expect, it } from 'vitest'
import { Graph, type GraphNode } from '../../../src/engine/graph/graph'
import { float32 } from '../../../src/engine/graph/tensor'
import { dropUnused, topologicalOrder, verify } from '../../../src/engine/graph/topology'

const node = (name: string, inputs: string[], outputs = [`${name}_out`]): GraphNode => ({
  name,
  op: 'Relu',
  domain: '',
  inputs,
  outputs,
  attributes: new Map(),
})

const graph = (nodes: GraphNode[], output: string, constants = new Map()) =>
  new Graph({
    name: 'g',
    inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
    outputs: [{ name: output, dtype: 'float32', shape: null }],
    nodes,
    constants,
  })

describe('topologicalOrder', () => {
  it('puts producers first and keeps the given order otherwise', () => {
    const nodes = [node('c', ['b_out']), node('a', ['x']), node('b', ['a_out']), node('d', ['a_out'])]
    expect(topologicalOrder(nodes).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('names a node on a cycle', () => {
    expect(() => topologicalOrder([node('a', ['b_out']), node('b', ['a_out'])])).toThrow(/cycle through node "a"/)
  })

  it('sorts 20,000 nodes in a chain without recursion', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => node(`n${i}`, [i === 0 ? 'x' : `n${i - 1}_out`])).reverse()
    expect(topologicalOrder(nodes)[0]?.name).toBe('n0')
  })
})

describe('verify', () => {
  it('accepts a sound graph', () => {
    expect(() => verify(graph([node('a', ['x'])], 'a_out'))).not.toThrow()
  })

  it.each([
    ['a dangling edge', [node('a', ['nowhere'])], 'a_out', /reads "nowhere", which nothing before it computes/],
    ['a wrong order', [node('b', ['a_out']), node('a', ['x'])], 'b_out', /reads "a_out"/],
    ['two nodes of one name', [node('a', ['x']), node('a', ['x'], ['other'])], 'a_out', /Two nodes are named "a"/],
    ['a value with two producers', [node('a', ['x'], ['y']), node('b', ['x'], ['y'])], 'y', /"y" is defined twice/],
    ['an output nobody computes', [node('a', ['x'])], 'z', /output "z" is computed by no node/],
  ])('refuses %s', (_, nodes, output, message) => {
    expect(() => verify(graph(nodes, output))).toThrow(message)
  })

  it('refuses a constant whose data does not fit its shape', () => {
    const broken = { ...float32([2], [1, 2]), dims: [3] }
    expect(() => verify(graph([node('a', ['x'])], 'a_out', new Map([['w', broken]])))).toThrow(/"w" has 2 elements/)
  })
})

describe('dropUnused', () => {
  it('drops nodes and constants that no output needs', () => {
    const constants = new Map([
      ['w', float32([1], [1])],
      ['v', float32([1], [1])],
    ])
    const result = dropUnused(graph([node('a', ['x', 'w']), node('b', ['a_out', 'v'])], 'a_out', constants))
    expect(result.nodes.map(({ name }) => name)).toEqual(['a'])
    expect([...result.constants.keys()]).toEqual(['w'])
  })
})
