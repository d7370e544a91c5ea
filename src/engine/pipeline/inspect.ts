/** What was understood of a network: its size, its operators, what goes together and what cannot be pruned. */
import type { Inspection, ModelView } from '../../contract/entities'
import { inEnglish, type Sentence, say } from '../../contract/sentences'
import { analyseCoupling, type Coupling } from '../coupling'
import { bufferConstants, constantCost, costOf, nodeMacs } from '../evaluation/cost'
import type { Attribute, Graph, GraphNode, ValueInfo } from '../graph/graph'
import { findOp } from '../ops'

const border = ({ name, dtype, shape }: ValueInfo) => ({ name, dtype, shape: [...(shape ?? [])] })

/** Operators of the network that cannot be run here, by name. */
export const unrunnable = (graph: Graph): GraphNode[] =>
  graph.nodes.filter((node) => !findOp(node.op, node.domain)?.lower)

function notesOf(graph: Graph, missing: readonly GraphNode[], coupling: Coupling): Sentence[] {
  const notes: Sentence[] = []
  const operators = [...new Set(missing.map((node) => node.op))]
  if (operators.length > 0) {
    notes.push(say('model.not-run', { operators: operators.join(', ') }))
  }
  const unshaped = graph.nodes.filter((node) => node.outputs.some((name) => name !== '' && !graph.info(name)?.shape))
  if (unshaped.length > 0) {
    notes.push(say('model.shape-unknown', { node: unshaped[0]?.name as string }))
  }
  if (!coupling.groups.some((group) => group.prunable)) notes.push(say('model.nothing-prunable'))
  return notes
}

function inspection(graph: Graph, coupling: Coupling, started: number): Inspection {
  const missing = unrunnable(graph)
  const notes = notesOf(graph, missing, coupling)
  const operators: Record<string, number> = {}
  for (const node of graph.nodes) operators[node.op] = (operators[node.op] ?? 0) + 1
  return {
    inputs: graph.inputs.map(border),
    outputs: graph.outputs.map(border),
    nodes: graph.nodes.length,
    operators,
    ...costOf(graph),
    groups: coupling.groups.map(({ name, units, members, prunable, reason }) => ({
      name,
      units: units.length,
      members: [...members],
      prunable,
      reason: reason && inEnglish(reason),
      ...(reason ? { reasonSaid: reason } : {}),
    })),
    notes: notes.map(inEnglish),
    notesSaid: notes,
    runnable: missing.length === 0,
    analysisMs: performance.now() - started,
  }
}

/** @param graph with inferred shapes. `analysisMs` covers coupling and cost, not the reading of the file. */
export function inspect(graph: Graph): Inspection {
  const started = performance.now()
  return inspection(graph, analyseCoupling(graph), started)
}

function attributeText(attribute: Attribute): string {
  if (attribute.kind === 'tensor') return `${attribute.value.dtype} [${attribute.value.dims.join(', ')}]`
  if (attribute.kind === 'graph') return `a network of ${attribute.value.length} bytes`
  return Array.isArray(attribute.value) ? `[${attribute.value.join(', ')}]` : String(attribute.value)
}

/** Names of the groups whose units a node makes, reads or carries. */
function groupsOfNodes(graph: Graph, coupling: Coupling): Map<string, Set<string>> {
  const result = new Map<string, Set<string>>(graph.nodes.map((node) => [node.name, new Set<string>()]))
  const add = (node: string, units: Int32Array) => {
    for (const unit of units) {
      if (unit > 0) result.get(node)?.add(coupling.groups[coupling.groupOf[unit] as number]?.name as string)
    }
  }
  for (const node of graph.nodes) {
    for (const name of [...node.inputs, ...node.outputs]) {
      for (const entry of coupling.values.get(name) ?? []) add(node.name, entry.ids)
    }
  }
  for (const binding of coupling.bindings) add(binding.node.name, binding.units)
  for (const group of coupling.groups) {
    if (!group.prunable) for (const member of group.members) result.get(member)?.add(group.name)
  }
  return result
}

/** For the drawn graph: every node with shapes, attributes, cost and groups. */
export function viewModel(graph: Graph): ModelView {
  const started = performance.now()
  const coupling = analyseCoupling(graph)
  const buffers = bufferConstants(graph)
  const groups = groupsOfNodes(graph, coupling)
  const nodes = graph.nodes.map((node) => {
    let params = 0
    let bytes = 0
    for (const name of new Set(node.inputs)) {
      const cost = constantCost(graph, name, buffers)
      params += cost.params
      bytes += cost.bytes
    }
    return {
      name: node.name,
      op: node.op,
      inputs: node.inputs.filter((name) => name !== '' && !graph.constants.has(name)),
      outputs: node.outputs.filter((name) => name !== ''),
      shapes: node.outputs.filter((name) => name !== '').map((name) => [...(graph.info(name)?.shape ?? [])]),
      attributes: Object.fromEntries([...node.attributes].map(([name, value]) => [name, attributeText(value)])),
      macs: nodeMacs(graph, node),
      params,
      bytes,
      groups: [...(groups.get(node.name) ?? [])],
    }
  })
  return { inspection: inspection(graph, coupling, started), graph: nodes }
}
