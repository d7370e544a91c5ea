/** Finds the GELU that exporters and importers spell with Erf: x / 2 * (1 + erf(x / sqrt 2)). */
import type { Graph, GraphNode } from '../../../graph/graph'
import { toFloat32 } from '../../../graph/tensor'

export interface Spelled {
  readonly input: string
  readonly output: string
  /** Every node that is part of it. */
  readonly nodes: readonly GraphNode[]
}

const close = (a: number | undefined, b: number) => a !== undefined && Math.abs(a - b) < 1e-3 * b

/** The operand beside a single number, if the node is `op` with that number. */
function besideNumber(graph: Graph, node: GraphNode | undefined, op: string, number: number): string | undefined {
  if (node?.op !== op) return undefined
  for (const [i, input] of node.inputs.entries()) {
    const constant = graph.constants.get(input)
    const beside = node.inputs[1 - i]
    if (constant?.data.length === 1 && close(toFloat32(constant)[0], number) && (op !== 'Div' || i === 1)) return beside
  }
  return undefined
}

const onlyReader = (graph: Graph, node: GraphNode): GraphNode | undefined => {
  const readers = graph.consumers(node.outputs[0] as string)
  return readers.length === 1 && !graph.isOutput(node.outputs[0] as string) ? readers[0] : undefined
}

export function geluAround(graph: Graph, erf: GraphNode): Spelled | undefined {
  const scaled = graph.producer(erf.inputs[0] ?? '')
  const input = besideNumber(graph, scaled, 'Mul', Math.SQRT1_2) ?? besideNumber(graph, scaled, 'Div', Math.SQRT2)
  const plusOne = onlyReader(graph, erf)
  if (!scaled || input === undefined || besideNumber(graph, plusOne, 'Add', 1) === undefined) return undefined
  const product = plusOne && onlyReader(graph, plusOne)
  if (!plusOne || product?.op !== 'Mul') return undefined
  const other = product.inputs.find((each) => each !== plusOne.outputs[0])
  const nodes = [scaled, erf, plusOne, product]
  const half = graph.producer(other ?? '')
  if (half && besideNumber(graph, half, 'Mul', 0.5) === input) {
    return { input, output: product.outputs[0] as string, nodes: [...nodes, half] }
  }
  const halved = other === input ? onlyReader(graph, product) : undefined
  if (!halved || besideNumber(graph, halved, 'Mul', 0.5) === undefined) return undefined
  return { input, output: halved.outputs[0] as string, nodes: [...nodes, halved] }
}

/** All of them, by the node that gives the result. */
export function gelus(graph: Graph): { byResult: ReadonlyMap<string, Spelled>; parts: ReadonlySet<string> } {
  const found = graph.nodes.flatMap((node) => (node.op === 'Erf' ? (geluAround(graph, node) ?? []) : []))
  const parts = new Set(found.flatMap(({ nodes }) => nodes.map(({ name }) => name)))
  return { byResult: new Map(found.map((each) => [each.output, each])), parts }
}
