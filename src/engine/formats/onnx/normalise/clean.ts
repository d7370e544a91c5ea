/** Identity nodes that only give an output its name: the producer takes the name itself. */
import type { Graph } from '../../../graph/graph'

export function absorbOutputNames(graph: Graph): Graph {
  const renamed = new Map<string, string>()
  const dropped = new Set<string>()
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs
    const [input = ''] = node.inputs
    if (node.op !== 'Identity' || node.domain !== '' || !graph.isOutput(output)) continue
    if (!graph.producer(input) || graph.isOutput(input) || renamed.has(input)) continue
    renamed.set(input, output)
    dropped.add(node.name)
  }
  if (renamed.size === 0) return graph
  const rename = (value: string) => renamed.get(value) ?? value
  const nodes = graph.nodes
    .filter((node) => !dropped.has(node.name))
    .map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }))
  return graph.with({ nodes, values: new Map() })
}
