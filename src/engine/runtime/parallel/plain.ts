/** A network as plain data that can be cloned to a worker, which makes a `Graph` of it again. */
import type { Graph, GraphParts } from '../../graph/graph'

export function plainGraph(graph: Graph): GraphParts {
  const { name, inputs, outputs, nodes, constants, values, opsets, metadata } = graph
  return { name, inputs, outputs, nodes, constants, values, opsets, metadata }
}
