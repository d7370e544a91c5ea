/** Turns the walk's label ids into units and groups. */
import { type Sentence, say } from '../../contract/sentences'
import type { GraphNode } from '../graph/graph'
import type { Labels } from '../ops/index'
import type { Binding, Coupling, Group, Layer } from './types'
import { UnionFind } from './union-find'
import type { Walk } from './walk'

/** Numbers the sets in order of their smallest id and gathers the sources that share sets into groups. */
export function formGroups(walk: Walk): Coupling {
  const { sets, sources } = walk
  const sourceOf = new Int32Array(sets.size).fill(-1)
  for (const [s, source] of sources.entries()) sourceOf.fill(s, source.first, source.first + source.count)

  // Sources whose units meet in one set form a group. Fixed units bind sources only where they meet one to one.
  const families = new UnionFind()
  families.add(sources.length)
  const familyOf = (source: number) => families.find(source + 1)
  const firstSource = new Int32Array(sets.size).fill(-1)
  const rootsBefore = sets.roots()
  for (let id = 1; id < sets.size; id++) {
    const root = rootsBefore[id] as number
    const source = sourceOf[id] as number
    if (root === 0 || source < 0) continue
    const other = firstSource[root] as number
    if (other < 0) firstSource[root] = source
    else if (other !== source) families.union(other + 1, source + 1)
  }

  anchorParts(walk, rootsBefore, (id) => familyOf(sourceOf[id] as number), sourceOf)
  const roots = sets.roots()

  const members = new Map<number, number[]>()
  sources.forEach((_, s) => {
    const family = familyOf(s)
    const list = members.get(family)
    if (list) list.push(s)
    else members.set(family, [s])
  })

  const unitOf = new Int32Array(sets.size)
  const groupUnits: Int32Array[] = []
  const names: GraphNode[] = []
  const reasons: (Sentence | null)[] = []
  const groupOf: number[] = [0]
  const indexOf: number[] = [0]
  let units = 0
  for (const list of members.values()) {
    const index: number[] = []
    let reason: Sentence | null = null
    for (const s of list) {
      const source = sources[s] as (typeof sources)[number]
      for (let id = source.first; id < source.first + source.count; id++) {
        const root = roots[id] as number
        if (root === 0) {
          index.push(0)
          reason ??= walk.reasons.get(id) ?? null
        } else if (unitOf[root] === 0) {
          unitOf[root] = ++units
          groupOf.push(groupUnits.length)
          indexOf.push(index.length)
          index.push(units)
        }
      }
    }
    groupUnits.push(Int32Array.from(index))
    names.push((sources[list[0] as number] as (typeof sources)[number]).node)
    reasons.push(reason)
  }
  const unitOfId = new Int32Array(sets.size)
  for (let id = 1; id < roots.length; id++) unitOfId[id] = unitOf[roots[id] as number] as number
  // The same list of ids runs through layers, bindings and values: its units are looked up once.
  const known = new Map<Int32Array, Int32Array>()
  const toUnits = (ids: Int32Array): Int32Array => {
    const found = known.get(ids)
    if (found) return found
    const units = new Int32Array(ids.length)
    for (let i = 0; i < ids.length; i++) units[i] = unitOfId[ids[i] as number] as number
    known.set(ids, units)
    return units
  }

  const layers = walk.layers.map(
    ({ node, layer }): Layer => ({
      node,
      kind: layer.kind,
      weightName: node.inputs[layer.weight] as string,
      biasName: layer.bias < 0 ? null : (node.inputs[layer.bias] as string),
      outputAxis: layer.outputAxis,
      inputAxis: layer.inputAxis,
      groups: layer.groups,
      inputUnits: toUnits(layer.inputIds),
      outputUnits: toUnits(layer.outputIds),
      input: node.inputs[0] as string,
      output: node.outputs[0] as string,
    }),
  )
  const bindings = walk.bindings.map(({ ids, ...binding }): Binding => ({ ...binding, units: toUnits(ids) }))
  const values = new Map<string, readonly Labels[]>()
  for (const [name, entries] of walk.values) {
    const kept = entries
      .map((entry) => ({ ...entry, ids: toUnits(entry.ids) }))
      .filter((e) => e.ids.some((id) => id > 0))
    if (kept.length > 0) values.set(name, kept)
  }

  const producers: Layer[][] = groupUnits.map(() => [])
  const consumers: Layer[][] = groupUnits.map(() => [])
  const nodeNames = groupUnits.map(() => new Set<string>())
  const touched = new Map<Int32Array, readonly number[]>()
  const touch = (ids: Int32Array, visit: (group: number) => void) => {
    let groups = touched.get(ids)
    if (!groups) {
      const seen = new Set<number>()
      let last = -1
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number
        const group = id > 0 ? (groupOf[id] as number) : last
        if (group === last) continue
        last = group
        seen.add(group)
      }
      groups = [...seen]
      touched.set(ids, groups)
    }
    for (const group of groups) visit(group)
  }
  for (const layer of layers) {
    if (layer.kind === 'depthwise') continue
    touch(layer.outputUnits, (group) => producers[group]?.push(layer))
    touch(layer.inputUnits, (group) => consumers[group]?.push(layer))
  }
  for (const binding of bindings) touch(binding.units, (group) => nodeNames[group]?.add(binding.node.name))

  const groups = groupUnits.map((ids, g): Group => {
    const removable = ids.some((id) => id > 0)
    const read = (consumers[g] as Layer[]).length > 0
    const node = names[g] as GraphNode
    return {
      name: node.name,
      units: ids,
      prunable: removable && ids.length > 1,
      reason: removable ? (ids.length > 1 ? null : say('group.single')) : (reasons[g] ?? say('group.fixed')),
      producers: producers[g] as Layer[],
      consumers: consumers[g] as Layer[],
      members: read || removable ? [...(nodeNames[g] as Set<string>)] : [node.name],
    }
  })
  return {
    units,
    groups: uniqueNames(groups),
    groupOf: Int32Array.from(groupOf),
    indexOf: Int32Array.from(indexOf),
    layers,
    bindings,
    values,
  }
}

/**
 * A value that holds some units of a group and no group as a whole (the half of a split, the heads of one branch) could
 * lose all it has while its group lives on. One unit of each such value stays.
 */
function anchorParts(walk: Walk, roots: Int32Array, familyOf: (id: number) => number, sourceOf: Int32Array): void {
  const { sets } = walk
  /** Of each set, the family it belongs to; of each family, how many sets it has. */
  const family = new Int32Array(sets.size)
  const sizes = new Map<number, number>()
  for (let id = 1; id < sets.size; id++) {
    const root = roots[id] as number
    if ((sourceOf[id] as number) < 0) continue
    if (root === 0) {
      // What stays of a family may all lie elsewhere: then no value has the family as a whole.
      sizes.set(familyOf(id), Number.POSITIVE_INFINITY)
      continue
    }
    if (family[root] !== 0) continue
    family[root] = familyOf(id)
    sizes.set(family[root] as number, (sizes.get(family[root] as number) ?? 0) + 1)
  }
  const seen = new Int32Array(sets.size)
  let stamp = 0
  const anchored = new Uint8Array(sets.size)
  const visited = new Set<Int32Array>()
  for (const entries of walk.values.values()) {
    for (const { ids } of entries) {
      if (visited.has(ids)) continue
      visited.add(ids)
      stamp++
      const counts = new Map<number, number>()
      let staying = false
      // Families come in runs: their sets are counted before the table is touched.
      let of = 0
      let count = 0
      for (let i = 0; i < ids.length; i++) {
        const root = roots[ids[i] as number] as number
        if (root === 0 || anchored[root] === 1) {
          staying = true
          break
        }
        if (seen[root] === stamp) continue
        seen[root] = stamp
        if (family[root] !== of) {
          counts.set(of, (counts.get(of) ?? 0) + count)
          of = family[root] as number
          count = 0
        }
        count++
      }
      if (staying || ids.length === 0) continue
      counts.set(of, (counts.get(of) ?? 0) + count)
      if ([...counts].some(([each, found]) => found > 0 && found === sizes.get(each))) continue
      const anchor = roots[ids[0] as number] as number
      anchored[anchor] = 1
      walk.reasons.set(anchor, say('group.anchored'))
      sets.union(0, anchor)
    }
  }
}

/** Two groups can be made by one node (the halves of a split); the later ones get a number. */
function uniqueNames(groups: readonly Group[]): Group[] {
  const used = new Map<string, number>()
  return groups.map((group) => {
    const count = (used.get(group.name) ?? 0) + 1
    used.set(group.name, count)
    return count === 1 ? group : { ...group, name: `${group.name}#${count}` }
  })
}
