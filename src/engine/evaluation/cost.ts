/** Exact MACs, parameters and bytes of a network, and of every network a plan could leave, without building it. */
import type { Coupling } from '../coupling/index'
import type { Graph, GraphNode } from '../graph/graph'
import { bytesPerElement } from '../graph/tensor'
import { type CostContext, findOp, type OpDefinition } from '../ops/index'
import { shapeOf } from '../ops/infer'
import { oneSample } from '../ops/shapes'

export interface Cost {
  readonly macs: number
  readonly params: number
  readonly bytes: number
}

/** What can shrink: equally labelled axes of values and constants share one extent. */
interface Extent {
  readonly units: Int32Array
  readonly total: number
  /** How many of its positions each unit holds. */
  readonly held: ReadonlyMap<number, number>
}

/** `scale * product of kept extents` for MACs, and for parameters and bytes of a constant. */
interface Term {
  readonly extents: readonly number[]
  readonly macs: number
  readonly params: number
  readonly bytes: number
}

/** Tallies the cost while units are removed one by one; removal and pricing touch only the terms of that unit. */
export interface CostModel extends Cost {
  readonly original: Cost
  /** What removing this unit would save now; 0 for a unit that is gone. */
  saving(unit: number): Cost
  /** What removing these units together would save now. */
  savingOf(units: readonly number[] | Int32Array): Cost
  remove(unit: number): void
  isRemoved(unit: number): boolean
  clone(): CostModel
}

/** Names of the constants that are running statistics, not parameters (as PyTorch and Torch-Pruning count them). */
export function bufferConstants(graph: Graph): ReadonlySet<string> {
  const result = new Set<string>()
  for (const node of graph.nodes) {
    if (node.op === 'BatchNormalization') for (const name of node.inputs.slice(3, 5)) result.add(name)
  }
  return result
}

/** MACs of one node for one sample at the declared input shape; 0 for operators that multiply nothing. */
export function nodeMacs(graph: Graph, node: GraphNode): number {
  const op = findOp(node.op, node.domain)
  return op ? macTerms(op, costContext(graph, node, new Map())).reduce((a, b) => a + b, 0) : 0
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
  const known = new Map<string, number>()
  const extentOf = (units: Int32Array): number => {
    const key = units.join(',')
    const found = known.get(key)
    if (found !== undefined) return found
    const held = new Map<number, number>()
    for (const unit of units) if (unit > 0) held.set(unit, (held.get(unit) ?? 0) + 1)
    extents.push({ units, total: units.length, held })
    known.set(key, extents.length - 1)
    return extents.length - 1
  }
  // Which axes of which tensors follow which extent.
  const axes = new Map<string, Map<number, number>>()
  const follow = (name: string, axis: number, units: Int32Array) => {
    if (!units.some((unit) => unit > 0)) return
    const map = axes.get(name) ?? new Map<number, number>()
    map.set(axis, extentOf(units))
    axes.set(name, map)
  }
  for (const [name, entries] of coupling.values) {
    for (const entry of entries) if (entry.axes.length === 1) follow(name, entry.axes[0] as number, entry.ids)
  }
  for (const binding of coupling.bindings) follow(binding.constant, binding.axis, binding.units)

  const buffers = bufferConstants(graph)
  const terms: Term[] = []
  for (const node of graph.nodes) {
    const op = findOp(node.op, node.domain)
    if (!op?.macs) continue
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

const term = (factors: number[], whole: Cost, extents: readonly Extent[]): Term => {
  const product = factors.reduce((value, extent) => value * (extents[extent] as Extent).total, 1)
  return { extents: factors, macs: whole.macs / product, params: whole.params / product, bytes: whole.bytes / product }
}

function tally(extents: readonly Extent[], terms: readonly Term[], units: number): CostModel {
  const termsOf = new Map<number, Set<number>>()
  const extentsOf = new Map<number, number[]>()
  extents.forEach((extent, e) => {
    for (const unit of extent.held.keys()) extentsOf.set(unit, [...(extentsOf.get(unit) ?? []), e])
  })
  const termsByExtent = extents.map(() => [] as number[])
  terms.forEach((entry, t) => {
    for (const e of new Set(entry.extents)) termsByExtent[e]?.push(t)
  })
  for (const [unit, list] of extentsOf) termsOf.set(unit, new Set(list.flatMap((e) => termsByExtent[e] as number[])))
  const extentProduct = (entry: Term, kept: ArrayLike<number>) =>
    entry.extents.reduce((product, e) => product * (kept[e] as number), 1)
  const sum = (kept: ArrayLike<number>): Cost => {
    let macs = 0
    let params = 0
    let bytes = 0
    for (const entry of terms) {
      const value = extentProduct(entry, kept)
      macs += entry.macs * value
      params += entry.params * value
      bytes += entry.bytes * value
    }
    return { macs: Math.round(macs), params: Math.round(params), bytes: Math.round(bytes) }
  }
  const full = Int32Array.from(extents, (extent) => extent.total)
  const original = sum(full)

  const make = (kept: Int32Array, gone: Uint8Array, now: Cost): CostModel => {
    let current = now
    const savingOf = (list: readonly number[] | Int32Array): Cost => {
      const after = new Map<number, number>()
      const touched = new Set<number>()
      for (const unit of list) {
        if (gone[unit] === 1) continue
        for (const e of extentsOf.get(unit) ?? []) {
          after.set(e, (after.get(e) ?? (kept[e] as number)) - ((extents[e] as Extent).held.get(unit) as number))
        }
        for (const t of termsOf.get(unit) ?? []) touched.add(t)
      }
      let macs = 0
      let params = 0
      let bytes = 0
      for (const t of touched) {
        const entry = terms[t] as Term
        let before = 1
        let then = 1
        for (const e of entry.extents) {
          before *= kept[e] as number
          then *= after.get(e) ?? (kept[e] as number)
        }
        macs += entry.macs * (before - then)
        params += entry.params * (before - then)
        bytes += entry.bytes * (before - then)
      }
      return { macs: Math.round(macs), params: Math.round(params), bytes: Math.round(bytes) }
    }
    return {
      original,
      get macs() {
        return current.macs
      },
      get params() {
        return current.params
      },
      get bytes() {
        return current.bytes
      },
      saving: (unit) => savingOf([unit]),
      savingOf,
      remove(unit) {
        if (gone[unit] === 1) return
        const saved = savingOf([unit])
        gone[unit] = 1
        for (const e of extentsOf.get(unit) ?? []) {
          kept[e] = (kept[e] as number) - ((extents[e] as Extent).held.get(unit) as number)
        }
        current = {
          macs: current.macs - saved.macs,
          params: current.params - saved.params,
          bytes: current.bytes - saved.bytes,
        }
      },
      isRemoved: (unit) => gone[unit] === 1,
      clone: () => make(kept.slice(), gone.slice(), current),
    }
  }
  return make(full.slice(), new Uint8Array(units + 1), original)
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
