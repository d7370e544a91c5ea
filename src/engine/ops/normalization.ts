/** LayerNormalization, InstanceNormalization, GroupNormalization and LRN: over kept units once units are gone. */
import { int, numberAttribute } from '../graph/graph'
import { registerOp } from './definition'
import { coveringAxis, idsAlong } from './labels'
import {
  lowerGroupNorm,
  lowerInstanceNorm,
  lowerLayerNorm,
  lowerLocalResponseNorm,
  lowerLpNorm,
} from './lower/normalisation'
import { normaliseAxis } from './shapes'
import { coupleSame, inferSame } from './unary'

registerOp({
  op: 'LayerNormalization',
  mixes: () => true,
  since: 17,
  lower: lowerLayerNorm,
  infer: (context) => [context.input(0)],
  couple(context) {
    const rank = context.outputShape(0).length
    const axis = numberAttribute(context.node, 'axis', -1)
    const first = axis < 0 ? axis + rank : axis
    const labels = context.operand(0).map((entry) => {
      const inside = entry.axes.filter((a) => a >= first)
      const outside = entry.axes.filter((a) => a < first)
      // What is folded with an axis that is not normalised over goes in whole slices of that one (a head).
      return inside.length > 0 && outside.length > 0 ? context.merge(entry, outside) : entry
    })
    for (let at = first; at < rank; at++) {
      const ids = idsAlong(labels, at)
      const joint = ids ? undefined : coveringAxis(labels, at)
      if (joint) context.fix([joint], 'held.normalised-folded')
      if (!ids) continue
      for (const i of [1, 2]) {
        const axisOfScale = context.has(i) ? at - rank + context.shape(i).length : -1
        if (axisOfScale >= 0 && context.shape(i)[axisOfScale] !== 1) context.bind(i, axisOfScale, ids, 'passthrough')
      }
    }
    context.set(0, labels)
  },
})

registerOp({
  op: 'InstanceNormalization',
  mixes: () => true,
  lower: lowerInstanceNorm,
  infer: inferSame,
  couple(context) {
    // A GroupNormalization spelled out: of what is folded into the channel axis go ranks of every group, or whole groups.
    const labels = context.labels(0).map((entry) => {
      if (!entry.axes.includes(1) || entry.axes.length === 1) return entry
      return context.merge(entry, [context.second('ranks-or-groups') ? 1 : (entry.axes.at(-1) as number)])
    })
    const ids = idsAlong(labels, 1)
    if (ids) for (const i of [1, 2]) context.bind(i, 0, ids, 'passthrough')
    context.set(0, labels)
  },
})

registerOp({
  op: 'GroupNormalization',
  mixes: () => true,
  since: 21,
  lower: lowerGroupNorm,
  infer: inferSame,
  couple(context) {
    const labels = context.labels(0)
    const groups = numberAttribute(context.node, 'num_groups', 1)
    const ids = idsAlong(labels, 1)
    if (ids) {
      // Groups stay equally wide: a rank goes from all of them at once, or whole groups go.
      const ranks = ids.length / groups
      if (groups > 1 && context.second('ranks-or-groups')) {
        for (let g = 0; g < groups; g++) {
          const group = ids.slice(g * ranks, (g + 1) * ranks)
          context.union(new Int32Array(ranks).fill(group[0] as number), group)
        }
      } else for (let g = 1; g < groups; g++) context.union(ids.slice(0, ranks), ids.slice(g * ranks, (g + 1) * ranks))
      for (const i of [1, 2]) context.bind(i, 0, ids, 'passthrough')
    }
    context.set(0, labels)
  },
  resize(context) {
    const kept = context.keptOfInput(0, 1)
    if (!kept) return {}
    const ranks = (context.oldInputShape(0)[1] as number) / numberAttribute(context.node, 'num_groups', 1)
    const groups = new Set(kept.map((channel) => Math.floor(channel / ranks))).size
    const attributes = new Map(context.node.attributes).set('num_groups', int(groups))
    return { node: { ...context.node, attributes } }
  },
})

registerOp({ op: 'LRN', mixes: () => true, infer: inferSame, couple: coupleSame, lower: lowerLocalResponseNorm })

registerOp({
  op: 'LpNormalization',
  mixes: () => true,
  lower: lowerLpNorm,
  infer(context) {
    normaliseAxis(numberAttribute(context.node, 'axis', -1), context.shape(0).length, context)
    return [context.input(0)]
  },
  couple: coupleSame,
})
