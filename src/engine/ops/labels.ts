/** Moving unit labels through shape changes: index maps for reshape, transpose, broadcast, concat and slices. */
import type { Shape } from '../graph/graph'
import type { CouplingContext, Labels } from './definition'
import { oneSample } from './shapes'

export const onAxis = (axis: number, ids: Int32Array): Labels => ({ axes: [axis], dims: [ids.length], ids })

/** The rule of operators that nothing is known of: all they read stays as it is, stored values included. */
export function holdWhole(context: CouplingContext): void {
  context.node.inputs.forEach((_, i) => {
    if (context.has(i)) context.fix(context.labels(i), 'held.unfollowed')
    context.constant(i)?.dims.forEach((extent, axis) => {
      if (extent > 1) context.bind(i, axis, new Int32Array(extent), 'passthrough')
    })
  })
}

/** The entry that covers an axis, if any. */
export const coveringAxis = (labels: readonly Labels[], axis: number): Labels | undefined =>
  labels.find((entry) => entry.axes.includes(axis))

/** The ids along one axis, if an entry covers just this axis. */
export function idsAlong(labels: readonly Labels[], axis: number): Int32Array | undefined {
  const entry = coveringAxis(labels, axis)
  return entry && entry.axes.length === 1 ? entry.ids : undefined
}

/**
 * The ids along one axis for an operator that reads it as features: where they are folded with another axis, whole
 * slices of this one go. Undefined where nothing along it can be removed.
 */
export function claimAxis(
  context: { merge(labels: Labels, axes: readonly number[]): Labels },
  labels: readonly Labels[],
  axis: number,
): Int32Array | undefined {
  const entry = coveringAxis(labels, axis)
  if (!entry || entry.axes.length === 1) return entry?.ids
  const extent = entry.dims[entry.axes.indexOf(axis)] as number
  const merged = context.merge(entry, [axis])
  return merged.axes[0] === axis ? merged.ids : new Int32Array(extent).fill(merged.ids[0] as number)
}

/** Entries of several values in runs that share axes: those of one run belong together. */
export function clusterByAxes(entries: readonly Labels[]): Labels[][] {
  const clusters: Labels[][] = []
  for (const entry of entries) {
    const touching = clusters.filter((cluster) =>
      cluster.some((other) => other.axes.some((a) => entry.axes.includes(a))),
    )
    const merged = [...touching.flat(), entry]
    for (const cluster of touching) clusters.splice(clusters.indexOf(cluster), 1)
    clusters.push(merged)
  }
  return clusters
}

/** Drops axes along which the ids do not change, so that a flatten that is undone gives the first labels back. */
export function simplify(labels: Labels): Labels {
  let { axes, dims, ids } = labels
  for (let k = axes.length - 1; k >= 0 && axes.length > 1; k--) {
    const extent = dims[k] as number
    const inner = dims.slice(k + 1).reduce((a, b) => a * b, 1)
    if (!isConstantAlong(ids, extent, inner)) continue
    const kept = new Int32Array(ids.length / extent)
    for (let from = 0, to = 0; to < kept.length; from += extent * inner, to += inner) {
      if (inner === 1) kept[to] = ids[from] as number
      else kept.set(ids.subarray(from, from + inner), to)
    }
    axes = axes.filter((_, i) => i !== k)
    dims = dims.filter((_, i) => i !== k)
    ids = kept
  }
  return { axes, dims, ids }
}

function isConstantAlong(ids: Int32Array, extent: number, inner: number): boolean {
  for (let from = 0; from < ids.length; from += extent * inner) {
    for (let i = from; i < from + inner; i++) {
      const first = ids[i] as number
      for (let e = 1, at = i + inner; e < extent; e++, at += inner) if (ids[at] !== first) return false
    }
  }
  return true
}

/** The same labels, spelled out over more axes (which must include its own, ascending). */
export function expandLabels(labels: Labels, axes: readonly number[], dims: readonly number[]): Labels {
  // The same ids in the same array: what is found out about it is then found out once.
  if (axes.length === labels.axes.length) return { axes, dims, ids: labels.ids }
  const total = dims.reduce((a, b) => a * b, 1)
  const strides = new Array<number>(axes.length).fill(0)
  let stride = 1
  for (let k = labels.axes.length - 1; k >= 0; k--) {
    strides[axes.indexOf(labels.axes[k] as number)] = stride
    stride *= labels.dims[k] as number
  }
  const ids = new Int32Array(total)
  const index = new Array<number>(axes.length).fill(0)
  // Along the last axes that the labels do not have, ids are the same.
  let last = axes.length - 1
  let run = 1
  while (last >= 0 && strides[last] === 0) run *= dims[last--] as number
  let from = 0
  for (let i = 0; i < total; i += run) {
    if (run === 1) ids[i] = labels.ids[from] as number
    else ids.fill(labels.ids[from] as number, i, i + run)
    for (let k = last; k >= 0; k--) {
      index[k] = (index[k] as number) + 1
      from += strides[k] as number
      if ((index[k] as number) < (dims[k] as number)) break
      from -= (strides[k] as number) * (dims[k] as number)
      index[k] = 0
    }
  }
  return { axes, dims, ids }
}

export function transposeLabels(labels: Labels, permutation: readonly number[]): Labels {
  const moved = labels.axes.map((axis) => permutation.indexOf(axis))
  const order = moved.map((_, i) => i).sort((a, b) => (moved[a] as number) - (moved[b] as number))
  const dims = order.map((k) => labels.dims[k] as number)
  const axes = order.map((k) => moved[k] as number)
  const strides = labels.dims.map((_, k) => labels.dims.slice(k + 1).reduce((a, b) => a * b, 1))
  const ids = new Int32Array(labels.ids.length)
  for (let i = 0; i < ids.length; i++) {
    let rest = i
    let from = 0
    for (let k = dims.length - 1; k >= 0; k--) {
      from += (rest % (dims[k] as number)) * (strides[order[k] as number] as number)
      rest = Math.floor(rest / (dims[k] as number))
    }
    ids[i] = labels.ids[from] as number
  }
  return { axes, dims, ids }
}

/** Runs of axes whose products agree before and after a reshape: `[[inFrom, inTo, outFrom, outTo], ...]`. */
export function reshapeBlocks(before: readonly number[], after: readonly number[]): [number, number, number, number][] {
  const blocks: [number, number, number, number][] = []
  let i = 0
  let o = 0
  while (i < before.length || o < after.length) {
    const startIn = i
    const startOut = o
    let left = i < before.length ? (before[i++] as number) : 1
    let right = o < after.length ? (after[o++] as number) : 1
    while (left !== right) {
      if (left < right && i < before.length) left *= before[i++] as number
      else if (o < after.length) right *= after[o++] as number
      else return [[0, before.length, 0, after.length]]
    }
    blocks.push([startIn, i, startOut, o])
  }
  return blocks
}

/** The mark of labels that are made up, for the labels that come of them. */
const freely = (labels: Labels): Partial<Labels> => (labels.free ? { free: true } : {})

/**
 * Labels behind a reshape; entries that share a block of axes cannot stay independent and are returned as `lost`, the
 * free ones first.
 */
export function reshapeLabels(
  labels: readonly Labels[],
  before: Shape,
  after: Shape,
): { kept: Labels[]; lost: Labels[] } {
  const from = oneSample(before)
  const to = oneSample(after)
  const blocks = reshapeBlocks(from, to)
  const blockOf = (axis: number) => blocks.findIndex(([start, end]) => axis >= start && axis < end)
  const kept: Labels[] = []
  const lost: Labels[] = []
  const owner = new Map<number, Labels>()
  // What is made up gives way first, then a single unit (a mask of one channel): it cannot go anyway.
  const yielding = (entry: Labels) => (entry.free ? 2 : entry.ids.length === 1 ? 1 : 0)
  const order = labels.length > 1 ? [...labels].sort((a, b) => yielding(a) - yielding(b)) : labels
  for (const entry of order) {
    const touched = [...new Set(entry.axes.map(blockOf))].sort((a, b) => a - b)
    if (touched.some((block) => owner.has(block))) {
      lost.push(entry)
      continue
    }
    for (const block of touched) owner.set(block, entry)
    const axes = touched.flatMap((block) => {
      const [start, end] = blocks[block] as [number, number, number, number]
      return Array.from({ length: end - start }, (_, k) => start + k)
    })
    const full = expandLabels(
      entry,
      axes,
      axes.map((axis) => from[axis] as number),
    )
    const outAxes = touched.flatMap((block) => {
      const [, , start, end] = blocks[block] as [number, number, number, number]
      return Array.from({ length: end - start }, (_, k) => start + k)
    })
    const dims = outAxes.map((axis) => to[axis] as number)
    kept.push({ ...simplify({ axes: outAxes, dims, ids: full.ids }), ...freely(entry) })
  }
  return { kept, lost }
}

/** Labels without some axes, along which the ids are the same; undefined where no axis is left. */
export function dropAxes(labels: Labels, gone: readonly number[]): Labels | undefined {
  let result = labels
  for (const axis of gone) {
    const k = result.axes.indexOf(axis)
    if (k < 0) continue
    if (result.axes.length === 1) return undefined
    const { axes, dims, ids } = takeLabels(result, axis, [0])
    result = { axes: axes.filter((_, i) => i !== k), dims: dims.filter((_, i) => i !== k), ids }
  }
  return result
}

/** Ids of some positions along one of the entry's axes (slice, split, gather). */
export function takeLabels(labels: Labels, axis: number, positions: readonly number[]): Labels {
  const k = labels.axes.indexOf(axis)
  const extent = labels.dims[k] as number
  const inner = labels.dims.slice(k + 1).reduce((a, b) => a * b, 1)
  const outer = labels.ids.length / (extent * inner)
  const ids = new Int32Array(outer * positions.length * inner)
  let at = 0
  for (let o = 0; o < outer; o++) {
    for (const position of positions) {
      for (let i = 0; i < inner; i++) ids[at++] = labels.ids[(o * extent + position) * inner + i] as number
    }
  }
  return { axes: labels.axes, dims: labels.dims.map((dim, i) => (i === k ? positions.length : dim)), ids }
}
