/** Exact MACs, parameters and bytes of a network, and of every network a plan could leave, without building it. */
import type { Coupling } from '../coupling/index'
import type { Graph, GraphNode } from '../graph/graph'
import { bytesPerElement } from '../graph/tensor'
import { type CostContext, findOp, type OpDefinition } from '../ops/index'
import { shapeOf } from '../ops/infer'
import { gatesOf } from '../ops/recurrent'
import { oneSample } from '../ops/shapes'
import { type Cost, type CostModel, type Extent, extentIndex, type Term, tally, term } from './tally'

export type { Cost, CostModel } from './tally'

/** Names of the constants that are running statistics, not parameters (as PyTorch and Torch-Pruning count them). */
export function bufferConstants(graph: Graph): ReadonlySet<string> {
  const result = new Set<string>()
  for (const node of graph.nodes) {
    if (node.op === 'BatchNormalization') for (const name of node.inputs.slice(3, 5)) result.add(name)
  }
  return result
}

/** Whether the extents are known that a node's cost depends on: behind operators that nobody knows they are not. */
const hasShapes = (graph: Graph, node: GraphNode): boolean =>
  [...node.inputs, ...node.outputs].every((name) => name === '' || graph.info(name)?.shape)

/**
 * MACs of one node for one sample at the declared input shape; 0 for operators that multiply nothing, and where no shape
 * is known (the reader has said why).
 */
export function nodeMacs(graph: Graph, node: GraphNode): number {
  const op = findOp(node.op, node.domain)
  return op && hasShapes(graph, node) ? macTerms(op, costContext(graph, node, new Map())).reduce((a, b) => a + b, 0) : 0
}

/**
 * Time steps that the recurrent operators of a network go through for one sample, those of each direction and layer
 * counted: what they multiply at each is little, but each waits for the one before. 0 where no shape is known.
 */
export function recurrentTurns(graph: Graph): number {
  let turns = 0
  for (const node of graph.nodes) {
    if (gatesOf[node.op] === undefined) continue
    const weights = [1, 2].map((i) => graph.info(node.inputs[i] as string)?.shape as readonly number[] | undefined)
    const size = weights.reduce((sum, dims) => sum + (dims?.reduce((a, b) => a * b, 1) ?? 0), 0)
    // Every weight multiplies once a time step.
    if (size > 0) turns += Math.round((nodeMacs(graph, node) / size) * (weights[0]?.[0] as number))
  }
  return turns
}

const macTerms = (op: OpDefinition, context: CostContext): readonly number[] => {
  const macs = op.macs?.(context) ?? 0
  return typeof macs === 'number' ? [macs] : macs
}

/** Parameters and bytes of one constant: bytes count everything that is stored, parameters only trainable floats. */
export function constantCost(
  graph: Graph,
  name: string,
  buffers: ReadonlySet<string>,
): { params: number; bytes: number } {
  const constant = graph.constants.get(name)
  if (!constant) return { params: 0, bytes: 0 }
  // A scalar is a setting (a clip's limit), not a parameter.
  const float = constant.dtype.includes('float') && constant.dims.length > 0
  return {
    params: float && !buffers.has(name) ? constant.data.length : 0,
    bytes: constant.data.length * bytesPerElement(constant.dtype),
  }
}

const costContext = (graph: Graph, node: GraphNode, doubled: ReadonlyMap<string, readonly number[]>): CostContext => {
  const shape = (name: string): readonly number[] => {
    const dims = oneSample(shapeOf(graph, name))
    const axes = doubled.get(name)
    return axes ? dims.map((dim, axis) => (axes.includes(axis) ? dim * 2 : dim)) : dims
  }
  return {
    node,
    has: (i) => (node.inputs[i] ?? '') !== '',
    inputShape: (i) => shape(node.inputs[i] as string),
    outputShape: (o) => shape(node.outputs[o] as string),
  }
}

/** @param graph with inferred shapes; `coupling` was analysed on this very graph. */
export function createCostModel(graph: Graph, coupling: Coupling): CostModel {
  const extents: Extent[] = []
  const extentOf = extentIndex(extents)
  // Which axes of which tensors follow which extent.
  const axes = new Map<string, Map<number, number>>()
  const follow = (name: string, axis: number, units: Int32Array) => {
    const extent = extentOf(units)
    if (extent < 0) return
    const map = axes.get(name)
    if (map) map.set(axis, extent)
    else axes.set(name, new Map([[axis, extent]]))
  }
  for (const [name, entries] of coupling.values) {
    for (const entry of entries) if (entry.axes.length === 1) follow(name, entry.axes[0] as number, entry.ids)
  }
  for (const binding of coupling.bindings) follow(binding.constant, binding.axis, binding.units)

  const buffers = bufferConstants(graph)
  const terms: Term[] = []
  for (const node of graph.nodes) {
    const op = findOp(node.op, node.domain)
    if (!op?.macs || !hasShapes(graph, node)) continue
    const base = macTerms(op, costContext(graph, node, new Map()))
    // The rules are products of extents; doubling one shows how often it is a factor.
    const names = [...new Set([...node.inputs, ...node.outputs])].filter((name) => axes.has(name))
    const factors: number[][] = base.map(() => [])
    for (const extent of new Set(names.flatMap((name) => [...(axes.get(name) as Map<number, number>).values()]))) {
      const doubled = new Map(
        names.map(
          (name) =>
            [
              name,
              [...(axes.get(name) as Map<number, number>)].filter(([, e]) => e === extent).map(([axis]) => axis),
            ] as const,
        ),
      )
      macTerms(op, costContext(graph, node, doubled)).forEach((macs, t) => {
        const power = Math.round(Math.log2(macs / (base[t] as number)))
        for (let k = 0; k < power; k++) factors[t]?.push(extent)
      })
    }
    base.forEach((macs, t) => {
      terms.push(term(factors[t] as number[], { macs, params: 0, bytes: 0 }, extents))
    })
  }
  for (const name of graph.constants.keys()) {
    const factors = [...(axes.get(name)?.values() ?? [])]
    terms.push(term(factors, { macs: 0, ...constantCost(graph, name, buffers) }, extents))
  }
  return tally(extents, terms, coupling.units)
}

/** MACs, parameters and bytes of a graph as it is. */
export function costOf(graph: Graph): Cost {
  const buffers = bufferConstants(graph)
  let macs = 0
  for (const node of graph.nodes) macs += nodeMacs(graph, node)
  let params = 0
  let bytes = 0
  for (const name of graph.constants.keys()) {
    const cost = constantCost(graph, name, buffers)
    params += cost.params
    bytes += cost.bytes
  }
  return { macs, params, bytes }
}
