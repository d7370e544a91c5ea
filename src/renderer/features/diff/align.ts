/** Two networks layer by layer: which node is which, how wide it was and is, what it cost and costs. */
import type { GraphNodeView, ModelView } from '../../../contract'
import type { Said } from '../../../contract/sentences'

export interface Pair<T> {
  readonly before: T
  readonly after: T
}

export interface LayerDiff {
  /** Of the node before, or of the new one; unique, because a new node's name is given a mark where it is taken. */
  readonly name: string
  readonly op: string
  readonly before: GraphNodeView | null
  readonly after: GraphNodeView | null
  readonly state: 'same' | 'changed' | 'gone' | 'new'
  /** Extent of the axis that was pruned, else of the channels; null where the output has none. */
  readonly width: Pair<number> | null
  readonly macs: Pair<number>
  readonly params: Pair<number>
  readonly bytes: Pair<number>
}

type Extent = number | string
const firstShape = (node: GraphNodeView | null): readonly Extent[] => node?.shapes[0] ?? []

/** The last axis that differs, else the channels; the batch in front never counts. */
function widthOf(before: GraphNodeView | null, after: GraphNodeView | null): Pair<number> | null {
  const a = firstShape(before)
  const b = firstShape(after)
  if (before && after && a.length !== b.length) return null
  const shape = before ? a : b
  let axis = 1
  if (before && after) for (let at = 1; at < a.length; at++) if (a[at] !== b[at]) axis = at
  const of = (extents: readonly Extent[]) => (typeof extents[axis] === 'number' ? (extents[axis] as number) : 0)
  return typeof shape[axis] === 'number' ? { before: of(a), after: of(b) } : null
}

/** Pairs of indices of a longest common subsequence of operators. */
function commonOperators(a: readonly GraphNodeView[], b: readonly GraphNodeView[]): [number, number][] {
  const width = b.length + 1
  const lengths = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const skip = Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number)
      const both = (lengths[(i + 1) * width + j + 1] as number) + 1
      lengths[i * width + j] = a[i]?.op === b[j]?.op ? Math.max(skip, both) : skip
    }
  }
  const pairs: [number, number][] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    const here = lengths[i * width + j] as number
    if (a[i]?.op === b[j]?.op && here === (lengths[(i + 1) * width + j + 1] as number) + 1) pairs.push([i++, j++])
    else if (here === lengths[(i + 1) * width + j]) i += 1
    else j += 1
  }
  return pairs
}

/** Which node after is which node before: by name where the operator is the same, the rest by their order. */
function matchNodes(before: readonly GraphNodeView[], after: readonly GraphNodeView[]): Map<string, GraphNodeView> {
  const byName = new Map(after.map((node) => [node.name, node]))
  const matched = new Map<string, GraphNodeView>()
  for (const node of before) {
    const same = byName.get(node.name)
    if (same && same.op === node.op) matched.set(node.name, same)
  }
  const taken = new Set([...matched.values()].map((node) => node.name))
  const restBefore = before.filter((node) => !matched.has(node.name))
  const restAfter = after.filter((node) => !taken.has(node.name))
  for (const [i, j] of commonOperators(restBefore, restAfter)) {
    matched.set((restBefore[i] as GraphNodeView).name, restAfter[j] as GraphNodeView)
  }
  return matched
}

const pairOf = (key: 'macs' | 'params' | 'bytes', before: GraphNodeView | null, after: GraphNodeView | null) => ({
  before: before?.[key] ?? 0,
  after: after?.[key] ?? 0,
})

function diffOf(name: string, before: GraphNodeView | null, after: GraphNodeView | null): LayerDiff {
  const macs = pairOf('macs', before, after)
  const params = pairOf('params', before, after)
  const bytes = pairOf('bytes', before, after)
  const alike =
    firstShape(before).join() === firstShape(after).join() &&
    [macs, params, bytes].every((pair) => pair.before === pair.after)
  const state = before === null ? 'new' : after === null ? 'gone' : alike ? 'same' : 'changed'
  const op = before?.op ?? after?.op ?? ''
  return { name, op, before, after, state, width: widthOf(before, after), macs, params, bytes }
}

export interface Alignment {
  /** In the order of the network before, new nodes behind what they read. */
  readonly layers: readonly LayerDiff[]
  /** Edges between aligned names that touch a new node. */
  readonly edges: readonly (readonly [from: string, to: string])[]
  /** The network before, with the new nodes in it: what is drawn. */
  readonly union: ModelView
}

export function alignModels(before: ModelView, after: ModelView): Alignment {
  const matched = matchNodes(before.graph, after.graph)
  const known = new Set(before.graph.map((node) => node.name))
  const nameOfAfter = new Map<string, string>()
  for (const [name, node] of matched) nameOfAfter.set(node.name, name)
  const added = new Set<string>()
  for (const node of after.graph) {
    if (nameOfAfter.has(node.name)) continue
    const name = known.has(node.name) ? `${node.name} ⁺` : node.name
    nameOfAfter.set(node.name, name)
    added.add(name)
  }
  const producer = new Map<string, string>()
  for (const node of after.graph) {
    for (const value of node.outputs) producer.set(value, nameOfAfter.get(node.name) as string)
  }
  const layers = before.graph.map((node) => diffOf(node.name, node, matched.get(node.name) ?? null))
  const nodes = [...before.graph]
  const edges: [string, string][] = []
  for (const node of after.graph) {
    const name = nameOfAfter.get(node.name) as string
    const reads = node.inputs.flatMap((value) => producer.get(value) ?? [])
    for (const from of reads) if (added.has(from) || added.has(name)) edges.push([from, name])
    if (!added.has(name)) continue
    const at = Math.max(-1, ...reads.map((from) => layers.findIndex((layer) => layer.name === from))) + 1
    layers.splice(at, 0, diffOf(name, null, node))
    // Its values are the other network's: the edges above say what it hangs on.
    nodes.splice(at, 0, { ...node, name, inputs: [], outputs: node.outputs.map((value) => `${value} ⁺`) })
  }
  return { layers, edges, union: { inspection: before.inspection, graph: nodes } }
}

export interface GroupDiff {
  readonly name: string
  readonly units: Pair<number>
  readonly prunable: boolean
  readonly reason: string | null
  readonly reasonSaid: Said | undefined
  readonly members: readonly string[]
}

/** Groups of the network before with what is left of each; `kept` from a decision trace wins over the widths. */
export function alignGroups(
  before: ModelView,
  layers: readonly LayerDiff[],
  kept: ReadonlyMap<string, number> = new Map(),
): GroupDiff[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]))
  return before.inspection.groups.map(({ name, units, members, prunable, reason, reasonSaid }) => {
    const wide = [name, ...members]
      .flatMap((member) => byName.get(member) ?? [])
      .find(({ width }) => width?.before === units)
    const after = kept.get(name) ?? wide?.width?.after ?? units
    return { name, units: { before: units, after }, prunable, reason, reasonSaid, members }
  })
}
