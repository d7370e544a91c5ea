/** Rewrites every importer ends with, so that nothing is coupled that only the file's way of writing ties together. */
import type { Graph, GraphNode } from '../graph/graph'
import { attributes, int } from '../graph/graph'
import { int64, type TensorData } from '../graph/tensor'
import { dropUnused, verify } from '../graph/topology'
import { inferShapes } from '../ops/infer'
import { onAxis, reshapeLabels, transposeLabels } from '../ops/labels'
import { oneSample } from '../ops/shapes'
import { einsumsToMatMuls } from './einsum'
import { unflattenRows } from './flattened'
import { picksToParts } from './picked-parts'

/** @param graph with inferred shapes */
export function canonicalise(graph: Graph): Graph {
  const parted = withShapes(picksToParts(graph), graph)
  const plain = withShapes(einsumsToMatMuls(parted), parted)
  const rewritten = shufflesToGathers(untieVectors(withShapes(unflattenRows(plain), plain)))
  return rewritten === graph ? graph : inferShapes(verify(rewritten))
}

const withShapes = (rewritten: Graph, before: Graph): Graph =>
  rewritten === before ? before : inferShapes(dropUnused(rewritten))

const isVector = (constant: TensorData): boolean =>
  constant.dtype.includes('float') && constant.dims.filter((dim) => dim > 1).length === 1

/** Tables up to this many numbers are stored once for each layer that adds or multiplies with one. */
const mostTableElements = 2 ** 16
const tableReaders = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Where'])

const isTable = (constant: TensorData, { op }: GraphNode): boolean =>
  tableReaders.has(op) && constant.dtype.includes('float') && constant.data.length <= mostTableElements

/**
 * Exporters store equal vectors once: two biases that happen to be all zeros become one constant, which would tie the
 * channels of the layers that read it. Every reader gets its own (of the same data in memory), also of small tables
 * that are added or multiplied (biases of positions a head). Matrices that layers share are tied on purpose and stay so.
 */
export function untieVectors(graph: Graph): Graph {
  const seen = new Set<string>()
  const constants = new Map(graph.constants)
  let changed = false
  const nodes = graph.nodes.map((node) => {
    const inputs = node.inputs.map((name, i) => {
      const constant = graph.constants.get(name)
      if (!constant || constant.data.length < 2 || !(isVector(constant) || isTable(constant, node))) return name
      if (!seen.has(name)) {
        seen.add(name)
        return name
      }
      let own = `${name}/${node.name}/${i}`
      while (constants.has(own)) own += "'"
      constants.set(own, constant)
      changed = true
      return own
    })
    return inputs.every((name, i) => name === node.inputs[i]) ? node : { ...node, inputs }
  })
  return changed ? graph.with({ nodes, constants }) : graph
}

/**
 * A channel shuffle spelled as Reshape, Transpose, Reshape moves whole channels, but as written it only works while
 * every group keeps the same number of them. As one Gather it lets any channel go.
 */
export function shufflesToGathers(graph: Graph): Graph {
  const replaced = new Map<string, GraphNode>()
  const constants = new Map(graph.constants)
  for (const last of graph.nodes) {
    const turn = last.op === 'Reshape' ? onlyReader(graph, last.inputs[0], last) : undefined
    const first = turn?.op === 'Transpose' ? onlyReader(graph, turn.inputs[0], turn) : undefined
    if (!turn || first?.op !== 'Reshape') continue
    const found = permutationOf(graph, first, turn, last)
    if (!found) continue
    let indices = `${last.name}/channels`
    while (constants.has(indices) || graph.info(indices)) indices += "'"
    constants.set(indices, int64([found.order.length], found.order))
    replaced.set(last.name, {
      name: last.name,
      op: 'Gather',
      domain: '',
      inputs: [first.inputs[0] as string, indices],
      outputs: last.outputs,
      attributes: attributes({ axis: int(found.axis) }),
    })
  }
  if (replaced.size === 0) return graph
  return dropUnused(graph.with({ nodes: graph.nodes.map((node) => replaced.get(node.name) ?? node), constants }))
}

/** The node that computes a value which nobody but `reader` uses. */
function onlyReader(graph: Graph, value: string | undefined, reader: GraphNode): GraphNode | undefined {
  const producer = value === undefined ? undefined : graph.producer(value)
  if (!producer || value === undefined || graph.isOutput(value)) return undefined
  return graph.consumers(value).every((node) => node === reader) ? producer : undefined
}

/** Where each position of the result comes from, if the three nodes permute one axis and leave the others alone. */
function permutationOf(
  graph: Graph,
  first: GraphNode,
  turn: GraphNode,
  last: GraphNode,
): { axis: number; order: number[] } | undefined {
  const shapes = [first.inputs[0], first.outputs[0], turn.outputs[0], last.outputs[0]].map(
    (name) => graph.info(name as string)?.shape,
  )
  const [before, split, turned, after] = shapes
  if (!before || !split || !turned || !after || before.join() !== after.join()) return undefined
  const perm = turn.attributes.get('perm')
  if (perm?.kind !== 'ints') return undefined
  let result: { axis: number; order: number[] } | undefined
  const extents = oneSample(before)
  for (const [axis, extent] of extents.entries()) {
    if (extent === 1) continue
    const ids = Int32Array.from({ length: extent }, (_, i) => i + 1)
    const parts = reshapeLabels([onAxis(axis, ids)], before, split).kept
    const moved = parts.map((entry) => transposeLabels(entry, perm.value))
    const [end] = reshapeLabels(moved, turned, after).kept
    if (end?.axes.length !== 1 || end.axes[0] !== axis) return undefined
    const order = Array.from(end.ids, (id) => id - 1)
    if (order.every((from, i) => from === i)) continue
    if (result) return undefined
    result = { axis, order }
  }
  return result
}
