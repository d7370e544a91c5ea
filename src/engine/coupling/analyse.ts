/** Follows units through the graph and forms the groups: one walk over the nodes, linear in their channels. */
import { EspalierError } from '../../contract/errors'
import { type HeldCode, type Sentence, say } from '../../contract/sentences'
import type { Graph, GraphNode, Shape } from '../graph/graph'
import { type Choice, type CouplingContext, findOp, type Labels, type Role } from '../ops/index'
import { shapeOf } from '../ops/infer'
import { holdWhole, onAxis, simplify } from '../ops/labels'
import { formGroups } from './groups'
import type { Coupling } from './types'
import { UnionFind } from './union-find'
import type { RawBinding, Walk } from './walk'

/**
 * Finds what can be removed and what goes with it.
 * @param graph with inferred shapes (see ops/infer).
 * @param protectedNodes names of nodes whose output units stay because the user says so.
 * @throws NOT_FOUND for a protected name that is no node.
 */
export function analyseCoupling(graph: Graph, protectedNodes: readonly string[] = []): Coupling {
  const fixed = new Set(protectedNodes)
  for (const name of fixed) {
    if (!graph.hasNode(name)) {
      throw new EspalierError('NOT_FOUND', `There is no layer named "${name}" to protect. \`inspect\` lists the names.`)
    }
  }
  const asked = new Set<Choice>()
  let best = walkThrough(graph, fixed, asked, new Set())
  if (asked.size === 0) return best
  const chosen = new Set<Choice>()
  for (const choice of asked) {
    const other = walkThrough(graph, fixed, asked, new Set([...chosen, choice]))
    if (removable(other) <= removable(best)) continue
    best = other
    chosen.add(choice)
  }
  return best
}

/** Units of the groups that can be pruned. */
const removable = ({ groups }: Coupling): number =>
  groups.reduce((sum, { prunable, units }) => sum + (prunable ? units.filter((unit) => unit > 0).length : 0), 0)

/** One walk with what was chosen; what could be chosen is added to `asked`. */
function walkThrough(
  graph: Graph,
  fixed: ReadonlySet<string>,
  asked: Set<Choice>,
  chosen: ReadonlySet<Choice>,
): Coupling {
  const walk: Walk = {
    sets: new UnionFind(),
    sources: [],
    free: [],
    bindings: [],
    followers: [],
    layers: [],
    values: new Map(),
    bound: new Map(),
    reasons: new Map(),
    second(choice) {
      asked.add(choice)
      return chosen.has(choice)
    },
  }
  for (const node of graph.nodes) {
    const context = contextOf(graph, node, walk)
    const rule = findOp(node.op, node.domain)?.couple
    if (rule && node.outputs.every((output) => output === '' || graph.info(output)?.shape)) {
      rule(context)
    } else {
      holdWhole(context)
    }
    if (fixed.has(node.name)) {
      for (const output of node.outputs) context.fix(walk.values.get(output) ?? [], 'held.protected')
    }
  }
  for (const output of graph.outputs) {
    for (const { ids } of walk.values.get(output.name) ?? []) fixIds(walk, ids, say('group.result'))
  }
  holdShared(graph, walk)
  fixFree(walk)
  boxAll(walk)
  bindFollowers(walk)
  return formGroups(walk)
}

/** These ids stay; the first reason given for one is the one that is told. */
function fixIds({ reasons, sets }: Walk, ids: Int32Array, reason: Sentence): void {
  for (const id of ids) {
    if (id === 0) continue
    if (!reasons.has(id)) reasons.set(id, reason)
    sets.union(0, id)
  }
}

/** Ids in a row. */
function following(first: number, count: number): Int32Array {
  const ids = new Int32Array(count)
  for (let i = 0; i < count; i++) ids[i] = first + i
  return ids
}

function contextOf(graph: Graph, node: GraphNode, walk: Walk): CouplingContext {
  const { sets } = walk
  const has = (i: number) => (node.inputs[i] ?? '') !== ''
  const heldBy = (code: HeldCode): Sentence => say(code, { node: node.name, op: node.op })
  const free = (axis: number, count: number): Labels => {
    const first = sets.add(count)
    walk.free.push({ first, count })
    return {
      ...onAxis(axis, following(first, count)),
      free: true,
    }
  }
  const bind = (i: number, axis: number, ids: Int32Array, role: Role) => {
    const constant = node.inputs[i] as string
    const key = `${axis} ${constant}`
    const other = walk.bound.get(key)
    if (other) for (let k = 0; k < ids.length; k++) sets.union(ids[k] as number, other[k] as number)
    else walk.bound.set(key, ids)
    walk.bindings.push({ node, constant, axis, role, ids })
  }
  const labels = (i: number): readonly Labels[] => {
    const entries = has(i) ? walk.values.get(node.inputs[i] as string) : undefined
    if (!entries) return []
    if (entries.every((entry) => entry.axes.length === 1)) return entries
    // Folded axes may have come apart since, where whole slices of one of them were united.
    const now = entries.map((entry) =>
      entry.axes.length === 1 ? entry : { ...entry, ...simplify({ ...entry, ids: sets.findAll(entry.ids) }) },
    )
    walk.values.set(node.inputs[i] as string, now)
    return now
  }
  return {
    node,
    has,
    shape: (i) => shapeOf(graph, node.inputs[i] as string),
    outputShape: (o): Shape => shapeOf(graph, node.outputs[o] as string),
    constant: (i) => (has(i) ? graph.constants.get(node.inputs[i] as string) : undefined),
    labels,
    operand(i) {
      const constant = has(i) ? graph.constants.get(node.inputs[i] as string) : undefined
      if (!constant) return labels(i)
      return constant.dims.flatMap((extent, axis) => {
        if (extent < 2) return []
        const entry = free(axis, extent)
        bind(i, axis, entry.ids, 'passthrough')
        return [entry]
      })
    },
    free,
    fresh(count) {
      const first = sets.add(count)
      walk.sources.push({ node, first, count })
      return following(first, count)
    },
    union(a, b) {
      if (a === b) return
      let reason: Sentence | undefined
      for (let i = 0; i < a.length; i++) {
        const left = a[i] as number
        const right = b[i] as number
        const alone = left === 0 ? right : right === 0 ? left : 0
        if (alone !== 0 && !walk.reasons.has(alone)) {
          reason ??= heldBy('held.combined-with-fixed')
          walk.reasons.set(alone, reason)
        }
        sets.union(left, right)
      }
    },
    fix(what, held) {
      if (what.length === 0) return
      const reason = heldBy(held)
      if (what instanceof Int32Array) fixIds(walk, what, reason)
      else for (const entry of what) fixIds(walk, entry.ids, reason)
    },
    stays: ({ ids }) => ids.every((id) => sets.find(id) === 0),
    merge: (labels, axes) => merge(sets, labels, axes),
    second: walk.second,
    bind,
    follow(i, labels) {
      const constant = node.inputs[i] as string
      const { dims } = graph.constants.get(constant) as { dims: readonly number[] }
      const by = shapeOf(graph, node.outputs[0] as string).length - dims.length
      if (graph.consumers(constant).length === 1) {
        walk.followers.push({ node, constant, dims, by, labels })
        return
      }
      // What other nodes read too is tied to them here and now: whole slices of the first of its axes go (heads).
      const axis = labels.axes.find((each) => (dims[each - by] ?? 1) > 1) as number
      bind(i, axis - by, merge(sets, labels, [axis]).ids, 'passthrough')
    },
    set(o, labels) {
      const name = node.outputs[o]
      if (name) walk.values.set(name, labels)
    },
    linear: (layer) => walk.layers.push({ node, layer }),
  }
}

/** Unites ids that differ only along axes outside `axes`. */
function merge(sets: UnionFind, labels: Labels, axes: readonly number[]): Labels {
  const first = new Map<string, number>()
  const keptAt = labels.axes.map((axis) => axes.includes(axis))
  for (let i = 0; i < labels.ids.length; i++) {
    let rest = i
    const key: number[] = []
    for (let k = labels.dims.length - 1; k >= 0; k--) {
      const at = rest % (labels.dims[k] as number)
      rest = Math.floor(rest / (labels.dims[k] as number))
      if (keptAt[k]) key.push(at)
    }
    const name = key.join(',')
    const id = labels.ids[i] as number
    const other = first.get(name)
    if (other === undefined) first.set(name, id)
    else sets.union(other, id)
  }
  const ids = sets.findAll(labels.ids)
  return simplify({ ...labels, ids })
}

/**
 * A constant that several nodes read loses nothing along an axis that one of them does not follow: a table of positions
 * that two layers share, where the heads of only one can go.
 */
function holdShared(graph: Graph, walk: Walk): void {
  const bound = new Map<string, RawBinding[]>()
  for (const binding of walk.bindings) {
    const list = bound.get(binding.constant)
    if (list) list.push(binding)
    else bound.set(binding.constant, [binding])
  }
  const reader = new Map<string, GraphNode>()
  for (const node of graph.nodes) {
    for (const name of node.inputs) {
      const bindings = bound.get(name)
      if (!bindings) continue
      const other = reader.get(name)
      if (!other) {
        reader.set(name, node)
        continue
      }
      if (other === node) continue
      for (const { axis, ids } of bindings) {
        const unaware = [other, node].find((each) => !bindings.some((b) => b.node === each && b.axis === axis))
        if (unaware) fixIds(walk, ids, say('held.combined-with-fixed', { node: unaware.name, op: unaware.op }))
      }
    }
  }
}

/** Binds what follows labels along the one axis that they vary over now. */
function bindFollowers({ followers, bindings, sets }: Walk): void {
  for (const { node, constant, dims, by, labels } of followers) {
    const { axes, ids } = simplify({ ...labels, ids: sets.findAll(labels.ids) })
    const axis = (axes[0] as number) - by
    if ((dims[axis] ?? 1) > 1) bindings.push({ node, constant, axis, role: 'passthrough', ids })
  }
}

/** Free labels that met no unit stay as they are. */
function fixFree({ sets, sources, free }: Walk): void {
  const real = new Uint8Array(sets.size)
  for (const { first, count } of sources) for (let id = first; id < first + count; id++) real[sets.find(id)] = 1
  for (const { first, count } of free) {
    for (let id = first; id < first + count; id++) if (real[sets.find(id)] === 0) sets.union(0, id)
  }
}

/**
 * A value whose units vary over two axes at once stays a box only if whole slices of one of them go. Where no operator
 * has chosen, the later axis shrinks (channels within a group, features within a head).
 */
function boxAll(walk: Walk): void {
  for (let changed = true; changed; ) {
    changed = false
    for (const entries of walk.values.values()) {
      for (const entry of entries) {
        if (entry.axes.length < 2) continue
        const now = simplify({ ...entry, ids: walk.sets.findAll(entry.ids) })
        if (now.axes.length < 2) continue
        merge(walk.sets, now, [now.axes.at(-1) as number])
        changed = true
      }
    }
  }
  for (const [name, entries] of walk.values) {
    walk.values.set(
      name,
      entries.map((entry) =>
        entry.axes.length < 2 ? entry : simplify({ ...entry, ids: walk.sets.findAll(entry.ids) }),
      ),
    )
  }
}
