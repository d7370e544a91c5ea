/** What is picked out of values that were just joined is picked out of the one that it lies in: the others need not fit it. */
import type { Graph, GraphNode } from '../graph/graph'
import { numberAttribute } from '../graph/graph'
import { int64, type TensorData, toNumbers } from '../graph/tensor'
import { dropUnused } from '../graph/topology'

/** Positions along an axis, and the constant inputs that say them. */
interface Pick {
  readonly axis: number
  readonly from: number
  readonly to: number
  /** Input positions whose constants count from the start of the axis. */
  readonly counted: readonly number[]
}

/**
 * The last state of stacked recurrent layers (`h[-1]`) and the like: Gather or Slice of a Concat along the same axis, where
 * one of the operands holds all that is picked.
 * @param graph with inferred shapes
 */
export function picksToParts(graph: Graph): Graph {
  const constants = new Map(graph.constants)
  let changed = false
  const nodes = graph.nodes.map((node) => {
    const rank = graph.info(node.inputs[0] ?? '')?.shape?.length ?? 0
    const joint = graph.producer(node.inputs[0] ?? '')
    const pick = joint?.op === 'Concat' ? pickOf(graph, node, rank) : undefined
    if (!joint || !pick || (numberAttribute(joint, 'axis', 0) + rank) % rank !== pick.axis) return node
    let start = 0
    for (const part of joint.inputs) {
      const extent = graph.info(part)?.shape?.[pick.axis]
      if (typeof extent !== 'number') return node
      if (pick.from >= start && pick.to <= start + extent) return pickedFrom(node, part, start, pick)
      start += extent
    }
    return node
  })
  return changed ? dropUnused(graph.with({ nodes, constants })) : graph

  function pickedFrom(node: GraphNode, part: string, start: number, { from, to, counted }: Pick): GraphNode {
    changed = true
    const inputs = [part, ...node.inputs.slice(1)]
    counted.forEach((i, k) => {
      let name = `${node.name}/of-part/${i}`
      while (constants.has(name) || graph.info(name)) name += "'"
      const { dims } = graph.constants.get(node.inputs[i] as string) as TensorData
      constants.set(name, int64(dims, [(k === 0 ? from : to) - start]))
      inputs[i] = name
    })
    return { ...node, inputs }
  }
}

/** One position by Gather, or a run by a Slice of one axis with steps of one. */
function pickOf(graph: Graph, node: GraphNode, rank: number): Pick | undefined {
  const number = (i: number): number | undefined => {
    const constant = graph.constants.get(node.inputs[i] ?? '')
    return constant?.data.length === 1 ? toNumbers(constant)[0] : undefined
  }
  const given = node.op === 'Gather' ? numberAttribute(node, 'axis', 0) : node.op === 'Slice' ? number(3) : undefined
  const start = number(1)
  if (rank === 0 || given === undefined || start === undefined) return undefined
  const axis = (given + rank) % rank
  const extent = graph.info(node.inputs[0] as string)?.shape?.[axis]
  if (typeof extent !== 'number') return undefined
  const at = (place: number) => Math.min(extent, place < 0 ? Math.max(0, place + extent) : place)
  if (node.op === 'Gather') return { axis, from: at(start), to: at(start) + 1, counted: [1] }
  const end = number(2)
  const step = (node.inputs[4] ?? '') === '' ? 1 : number(4)
  if (end === undefined || step !== 1 || at(end) <= at(start)) return undefined
  return { axis, from: at(start), to: at(end), counted: [1, 2] }
}
