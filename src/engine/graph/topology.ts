/** Order and structure: topological sort and the invariants every graph must keep. */
import { EspalierError } from '../../contract/errors'
import type { Graph, GraphNode } from './graph'
import { sizeOf } from './tensor'

/**
 * Sorts nodes so that producers come before readers; stable, linear in nodes and edges.
 * @throws GRAPH_INVALID for a cycle, naming a node on it.
 */
export function topologicalOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const producerOf = new Map<string, number>()
  nodes.forEach((node, i) => {
    for (const output of node.outputs) if (output !== '') producerOf.set(output, i)
  })
  const waiting = new Int32Array(nodes.length)
  const readers: number[][] = nodes.map(() => [])
  nodes.forEach((node, i) => {
    for (const input of node.inputs) {
      const from = producerOf.get(input)
      if (from === undefined) continue
      waiting[i] = (waiting[i] as number) + 1
      readers[from]?.push(i)
    }
  })
  const order: GraphNode[] = []
  const ready: number[] = []
  for (let i = nodes.length - 1; i >= 0; i--) if (waiting[i] === 0) ready.push(i)
  while (ready.length > 0) {
    const i = ready.pop() as number
    order.push(nodes[i] as GraphNode)
    const next = readers[i] as number[]
    for (let k = next.length - 1; k >= 0; k--) {
      const j = next[k] as number
      waiting[j] = (waiting[j] as number) - 1
      if (waiting[j] === 0) ready.push(j)
    }
  }
  if (order.length !== nodes.length) {
    const stuck = nodes.find((_, i) => (waiting[i] as number) > 0)
    throw new EspalierError(
      'GRAPH_INVALID',
      `The network has a cycle through node "${stuck?.name}", so it has no order of computation. Recurrent loops must use LSTM, GRU or RNN operators.`,
    )
  }
  return order
}

/**
 * Checks the invariants: unique names, one producer a value, no dangling edge, topological order, constants whose
 * data fits their dimensions, outputs that exist. Run after every import and every rewrite.
 * @throws GRAPH_INVALID with the first broken rule.
 */
export function verify(graph: Graph): Graph {
  const fail = (sentence: string): never => {
    throw new EspalierError('GRAPH_INVALID', `${sentence} The network "${graph.name}" cannot be used as it is.`)
  }
  const known = new Set<string>()
  const nodeNames = new Set<string>()
  const define = (value: string, by: string) => {
    if (known.has(value)) fail(`The value "${value}" is defined twice, the second time by ${by}.`)
    known.add(value)
  }
  for (const input of graph.inputs) define(input.name, 'the inputs')
  for (const [name, constant] of graph.constants) {
    define(name, 'a constant')
    if (constant.data.length !== sizeOf(constant.dims)) {
      fail(`The constant "${name}" has ${constant.data.length} elements for shape [${constant.dims.join(', ')}].`)
    }
  }
  for (const node of graph.nodes) {
    if (nodeNames.has(node.name)) fail(`Two nodes are named "${node.name}".`)
    nodeNames.add(node.name)
    for (const input of node.inputs) {
      if (input !== '' && !known.has(input)) {
        fail(`Node "${node.name}" (${node.op}) reads "${input}", which nothing before it computes.`)
      }
    }
    for (const output of node.outputs) if (output !== '') define(output, `node "${node.name}"`)
  }
  if (graph.outputs.length === 0) fail('The network has no output.')
  for (const output of graph.outputs) {
    if (!known.has(output.name)) fail(`The output "${output.name}" is computed by no node.`)
  }
  return graph
}

/** Drops nodes and constants that no output needs. */
export function dropUnused(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name))
  const nodes: GraphNode[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i] as GraphNode
    if (!node.outputs.some((output) => needed.has(output))) continue
    nodes.push(node)
    for (const input of node.inputs) if (input !== '') needed.add(input)
  }
  nodes.reverse()
  const constants = new Map([...graph.constants].filter(([name]) => needed.has(name)))
  return graph.with({ nodes, constants })
}
