/** Graph + PruningPlan -> new Graph: constants lose slices, operators with sizes are refitted, shapes are checked. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, PruningPlan } from '../coupling/index'
import type { Graph, GraphNode, Shape } from '../graph/graph'
import { type TensorData, takeBlock } from '../graph/tensor'
import { verify } from '../graph/topology'
import { findOp } from '../ops/index'
import { inferShapes, shapeOf } from '../ops/infer'
import { withCount } from '../ops/shapes'
import { type KnownIndices, keptIndices, keptOfValue } from './kept'

/**
 * Removes the units of a plan. The given graph is not touched.
 * @param graph with inferred shapes; `coupling` was analysed on this very graph.
 * @throws NOTHING_PRUNABLE where a group would lose its last unit, INTERNAL where the result is not consistent.
 */
export function applyPlan(graph: Graph, coupling: Coupling, plan: PruningPlan): Graph {
  const { removed } = plan
  for (const group of coupling.groups) {
    if (group.units.length > 0 && group.units.every((unit) => removed[unit] === 1 && unit !== 0)) {
      throw new EspalierError(
        'NOTHING_PRUNABLE',
        `The plan removes every unit of group "${group.name}", which would cut the network in two. At least one unit must stay.`,
      )
    }
  }
  const constants = new Map(graph.constants)
  const known: KnownIndices = new Map()
  for (const [name, kept] of keptOfConstants(coupling, removed, known)) {
    constants.set(name, takeBlock(constants.get(name) as TensorData, kept))
  }

  const { keptOf, shapes } = plannedValues(graph, coupling, removed, known)
  const newShape = (name: string): Shape => shapes.get(name) ?? constants.get(name)?.dims ?? shapeOf(graph, name)

  const nodes = graph.nodes.map((node) => resizeNode(graph, node, constants, keptOf, newShape))
  const result = inferShapes(verify(graph.with({ nodes, constants, values: new Map() })))
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      const before = graph.info(name)?.shape
      if (name === '' || !before) continue
      const expected = newShape(name)
      const got = shapeOf(result, name)
      if (got.length !== expected.length || got.some((dim, i) => dim !== expected[i])) {
        throw new EspalierError(
          'INTERNAL',
          `After removing units, "${name}" has the shape [${got.join(', ')}] and should have [${expected.join(', ')}]. Nothing was changed.`,
        )
      }
    }
  }
  return result
}

/** Kept indices along the axes of every constant that loses something. */
function keptOfConstants(
  coupling: Coupling,
  removed: Uint8Array,
  known: KnownIndices,
): Map<string, Map<number, number[]>> {
  const result = new Map<string, Map<number, number[]>>()
  for (const { constant, axis, units } of coupling.bindings) {
    const ofConstant = result.get(constant)
    if (ofConstant?.has(axis)) continue
    const kept = keptIndices(units, removed, known)
    if (!kept) continue
    if (ofConstant) ofConstant.set(axis, kept)
    else result.set(constant, new Map([[axis, kept]]))
  }
  return result
}

/** Kept indices and new shapes of every value that loses something. */
export function plannedValues(graph: Graph, coupling: Coupling, removed: Uint8Array, known: KnownIndices = new Map()) {
  const keptOf = new Map<string, Map<number, number[]>>()
  const shapes = new Map<string, Shape>()
  for (const [name, entries] of coupling.values) {
    const kept = keptOfValue(name, entries, removed, known)
    if (kept.size === 0) continue
    keptOf.set(name, kept)
    shapes.set(
      name,
      shapeOf(graph, name).map((dim, axis) => {
        const indices = kept.get(axis)
        return indices ? withCount(dim, indices.length) : dim
      }),
    )
  }
  return { keptOf, shapes }
}

/** The node with its sizes brought up to date; constants that it alone reads are replaced, shared ones get a copy. */
export function resizeNode(
  graph: Graph,
  node: GraphNode,
  constants: Map<string, TensorData>,
  keptOf: ReadonlyMap<string, ReadonlyMap<number, number[]>>,
  newShape: (name: string) => Shape,
): GraphNode {
  const op = findOp(node.op, node.domain)
  const touched = [...node.inputs, ...node.outputs].some((name) => keptOf.has(name))
  if (!op?.resize || !touched) return node
  const resized = op.resize({
    node,
    constant: (i) => graph.constants.get(node.inputs[i] ?? ''),
    inputShape: (i) => newShape(node.inputs[i] as string),
    outputShape: (o) => newShape(node.outputs[o] as string),
    oldInputShape: (i) => shapeOf(graph, node.inputs[i] as string),
    oldOutputShape: (o) => shapeOf(graph, node.outputs[o] as string),
    keptOfInput: (i, axis) => keptOf.get(node.inputs[i] as string)?.get(axis) ?? null,
    keptOfOutput: (o, axis) => keptOf.get(node.outputs[o] as string)?.get(axis) ?? null,
  })
  let next = resized.node ?? node
  for (const [i, data] of resized.constants ?? []) {
    const old = node.inputs[i] ?? ''
    // A size that several nodes share may stay for the others: this node then gets its own.
    const shared = old === '' || graph.consumers(old).length > 1
    const name = shared ? freshName(constants, `${node.name}/input_${i}`) : old
    constants.set(name, data)
    const inputs = [...next.inputs]
    while (inputs.length <= i) inputs.push('')
    inputs[i] = name
    next = { ...next, inputs }
  }
  return next
}

function freshName(taken: ReadonlyMap<string, unknown>, wanted: string): string {
  let name = wanted
  for (let k = 2; taken.has(name); k++) name = `${wanted}_${k}`
  return name
}
