/**
 * PyTorch sorts texts by their length before a recurrent layer (`pack_padded_sequence`) and brings its results back to
 * their order: TopK over the samples, a Gather, and another by the order turned round. Layers treat every sample by
 * itself, so that both orders can go.
 */
import type { Graph, GraphNode, Shape } from '../../../graph/graph'
import { numberAttribute } from '../../../graph/graph'
import { toNumbers } from '../../../graph/tensor'
import { dropUnused } from '../../../graph/topology'

const aliasing = new Set(['Cast', 'Identity'])

/** A value and what only renames or retypes it. */
function aliasesOf(graph: Graph, value: string): ReadonlySet<string> {
  const found = new Set([value])
  for (const node of graph.nodes) {
    if (aliasing.has(node.op) && found.has(node.inputs[0] ?? '')) found.add(node.outputs[0] as string)
  }
  return found
}

/** Readers of any of these values but what renames them or asks for their shape. */
const readersOf = (graph: Graph, values: ReadonlySet<string>): readonly GraphNode[] =>
  graph.nodes.filter(({ op, inputs }) => !aliasing.has(op) && op !== 'Shape' && inputs.some((name) => values.has(name)))

/** Whether a value is 0, 1, 2 and so on. */
function counts(graph: Graph, value: string): boolean {
  const stored = graph.constants.get(value)
  if (stored) return toNumbers(stored).every((number, i) => number === i)
  const range = graph.producer(value)
  const [from, , step] = (range?.inputs ?? []).map((name) => graph.constants.get(name)?.data[0])
  return range?.op === 'Range' && Number(from) === 0 && Number(step) === 1
}

const gathers = (node: GraphNode, order: ReadonlySet<string>) =>
  node.op === 'Gather' && order.has(node.inputs[1] ?? '') && !order.has(node.inputs[0] ?? '')

/** The Gathers that put samples into an order, and those that bring them back; undefined where the order is read otherwise. */
function turnsOf(graph: Graph, order: string): { there: Set<GraphNode>; back: Set<GraphNode> } | undefined {
  const places = aliasesOf(graph, order)
  const [there, back] = [new Set<GraphNode>(), new Set<GraphNode>()]
  for (const node of readersOf(graph, places)) {
    if (gathers(node, places)) {
      there.add(node)
      continue
    }
    const turned = node.op === 'ScatterElements' && places.has(node.inputs[1] ?? '')
    if (!turned || numberAttribute(node, 'axis', 0) !== 0 || !counts(graph, node.inputs[2] ?? '')) return undefined
    const inverse = aliasesOf(graph, node.outputs[0] as string)
    for (const reader of readersOf(graph, inverse)) {
      if (!gathers(reader, inverse)) return undefined
      back.add(reader)
    }
  }
  return { there, back }
}

/** Values that are computed from what the network is fed, not from its shape alone. */
function fedValues(graph: Graph): ReadonlySet<string> {
  const found = new Set(graph.inputs.map(({ name }) => name))
  for (const { op, inputs, outputs } of graph.nodes) {
    if (op !== 'Shape' && inputs.some((name) => found.has(name))) for (const name of outputs) found.add(name)
  }
  return found
}

/** New names for the values behind one sorting, as if it were not there; undefined where something sees the order. */
function renamed(graph: Graph, sort: GraphNode, fed: ReadonlySet<string>): Map<string, string> | undefined {
  const [values = '', order = ''] = sort.outputs
  const [lengths = ''] = sort.inputs
  const shapeOf = (name: string): Shape => graph.info(name)?.shape ?? []
  const turns = turnsOf(graph, order)
  const [samples, ...more] = shapeOf(lengths)
  const whole = more.length === 0 && shapeOf(order)[0] === samples
  const along = ({ inputs: [data = ''] }: GraphNode, axis: number) => shapeOf(data).at(axis) === samples
  if (!turns || !whole || samples === undefined) return undefined
  if ([...turns.there, ...turns.back].some((node) => !along(node, numberAttribute(node, 'axis', 0)))) return undefined
  if (turns.there.size === 0 || turns.back.size === 0) return undefined
  const names = new Map([[values, lengths]])
  const sorted = new Set([values])
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs
    const reads = node.inputs.filter((name) => sorted.has(name))
    const turn = turns.there.has(node) || turns.back.has(node)
    if (turn) {
      // Samples that are sorted twice, or brought back without having been sorted.
      if (turns.back.has(node) !== reads.length > 0) return undefined
      names.set(output, node.inputs[0] as string)
      if (turns.there.has(node)) sorted.add(output)
    } else if (reads.length > 0) {
      if (node.op === 'Shape') continue
      if (node.inputs.some((name) => fed.has(name) && !sorted.has(name))) return undefined
      for (const name of node.outputs) sorted.add(name)
    }
  }
  return graph.outputs.some(({ name }) => sorted.has(name)) ? undefined : names
}

/**
 * @param graph with inferred shapes
 * @returns the graph without orders that samples are put into and brought back from, whose shapes need inference; undefined
 *   where there are none. It computes the same where every operator in between keeps samples apart, which is for the caller to see.
 */
export function inOwnOrder(graph: Graph): Graph | undefined {
  const sorts = graph.nodes.filter(({ op }) => op === 'TopK')
  const fed = sorts.length > 0 ? fedValues(graph) : new Set<string>()
  const names = new Map<string, string>()
  for (const node of sorts) {
    for (const [from, to] of renamed(graph, node, fed) ?? []) names.set(from, to)
  }
  if (names.size === 0) return undefined
  const settled = (name: string): string => {
    const next = names.get(name)
    return next === undefined ? name : settled(next)
  }
  const nodes = graph.nodes.map((node): GraphNode => {
    const [output = ''] = node.outputs
    // A result keeps its name.
    if (names.has(output) && graph.isOutput(output))
      return { ...node, op: 'Identity', inputs: [settled(output)], attributes: new Map() }
    return { ...node, inputs: node.inputs.map(settled) }
  })
  return dropUnused(graph.with({ nodes }))
}
