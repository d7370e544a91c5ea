/** Operators that exporters use to compute shapes: Shape, Gather, ConstantOfShape, Range, Expand, Tile. */
import { type Dim, numberAttribute } from '../graph/graph'
import { int64, takeAlong, toNumbers } from '../graph/tensor'
import { type Labels, registerOp } from './definition'
import { addDims } from './extents'
import { onAxis, simplify, takeLabels } from './labels'
import { lowerGatherND } from './lower/indexing'
import { lowerFilled, lowerGather, lowerRepeat } from './lower/shape'
import { axisOf, broadcastShapes, multiplyDims, normaliseAxis, oneSample, resizeTarget } from './shapes'

registerOp({
  op: 'Shape',
  infer(context) {
    const shape = context.shape(0)
    const rank = shape.length
    const clamp = (value: number) => Math.min(Math.max(value < 0 ? value + rank : value, 0), rank)
    const start = clamp(numberAttribute(context.node, 'start', 0))
    const elements = shape.slice(start, clamp(numberAttribute(context.node, 'end', rank)))
    return [{ dtype: 'int64', shape: [elements.length], elements }]
  },
  couple: (context) => context.set(0, []),
  lower: (context) => context.fail('what reads it needs extents that are not known'),
})

registerOp({
  op: 'Gather',
  lower: lowerGather,
  infer(context) {
    const x = context.input(0)
    const indices = context.input(1)
    const axis = normaliseAxis(numberAttribute(context.node, 'axis', 0), x.shape.length, context)
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
    const wanted = context.elements(1)
    const known = x.elements
    const elements =
      known && wanted && x.shape.length === 1
        ? wanted.map(
            (i) =>
              known[Number(i) < 0 ? Number(i) + known.length : Number(i)] ??
              context.fail(`it reads element ${i} of ${known.length}`),
          )
        : undefined
    return [{ dtype: x.dtype, shape, ...(elements ? { elements } : {}) }]
  },
  couple(context) {
    const x = context.shape(0)
    const axis = axisOf(context.node, 0, x.length)
    const indices = context.constant(1)
    const rank = context.shape(1).length
    const table = context.constant(0)
    if (table && !indices && table.dims.length >= 2 && axis < table.dims.length - 1 && table.dtype.includes('float')) {
      // An embedding: its columns are units of their own.
      const last = table.dims.length - 1
      const ids = context.fresh(table.dims[last] as number)
      context.bind(0, last, ids, 'producer')
      context.set(0, [onAxis(last - 1 + rank, ids)])
      return
    }
    const labels = context.operand(0)
    const along = labels.filter((entry) => entry.axes.includes(axis))
    const moved = (a: number) => (a < axis ? a : a - 1 + rank)
    const rest = labels.filter((entry) => !along.includes(entry)).map((e) => ({ ...e, axes: e.axes.map(moved) }))
    if (along.length > 0 && indices && rank === 0) {
      const extent = oneSample(x)[axis] as number
      const at = Number((indices.data as ArrayLike<number | bigint>)[0])
      const [entry] = along
      if (entry && entry.axes.length > 1) {
        const taken = takeLabels(entry, axis, [at < 0 ? at + extent : at])
        const k = taken.axes.indexOf(axis)
        rest.push({
          axes: taken.axes.filter((_, i) => i !== k).map(moved),
          dims: taken.dims.filter((_, i) => i !== k),
          ids: taken.ids,
        })
        context.set(0, rest)
        return
      }
    }
    const [only] = along
    if (only && only.axes.length === 1 && indices && rank >= 1) {
      // A constant choice of channels: an index map, which resize brings up to date.
      const extent = oneSample(x)[axis] as number
      const positions = Array.from(indices.data as ArrayLike<number | bigint>, (i) => (Number(i) + extent) % extent)
      const { ids } = takeLabels(only, axis, positions)
      const axes = indices.dims.map((_, k) => axis + k)
      context.set(0, [...rest, simplify({ axes, dims: indices.dims, ids })])
      return
    }
    context.fix(along, 'held.picked')
    context.set(0, rest)
  },
  resize(context) {
    const given = numberAttribute(context.node, 'axis', 0)
    const axis = given < 0 ? given + context.oldInputShape(0).length : given
    const kept = context.keptOfInput(0, axis)
    let indices = context.constant(1)
    if (!indices || indices.dims.length === 0 || !kept) return {}
    const extent = context.oldInputShape(0)[axis] as number
    const place = new Map(kept.map((original, now) => [original, now]))
    for (let k = 0; k < indices.dims.length; k++) {
      const stays = context.keptOfOutput(0, axis + k)
      if (stays) indices = takeAlong(indices, k, stays)
    }
    const next = toNumbers(indices).map((i) => place.get((i + extent) % extent) ?? 0)
    return { constants: new Map([[1, int64(indices.dims, next)]]) }
  },
})

/** The rows that GatherND picks keep what lies behind the axes it addresses. */
registerOp({
  op: 'GatherND',
  lower: lowerGatherND,
  since: 13,
  infer(context) {
    const x = context.input(0)
    const indices = context.shape(1)
    const depth = indices.at(-1)
    const batch = numberAttribute(context.node, 'batch_dims', 0)
    if (typeof depth !== 'number') return context.fail('its indices have no known depth')
    return [{ dtype: x.dtype, shape: [...indices.slice(0, -1), ...x.shape.slice(batch + depth)] }]
  },
  couple(context) {
    const depth = (context.shape(1).at(-1) as number) + numberAttribute(context.node, 'batch_dims', 0)
    const by = context.outputShape(0).length - context.shape(0).length
    const labels = context.labels(0)
    const picked = labels.filter((entry) => entry.axes.some((axis) => axis < depth))
    context.fix(picked, 'held.picked')
    context.fix(context.labels(1), 'held.indices')
    context.set(
      0,
      labels.filter((e) => !picked.includes(e)).map((e) => ({ ...e, axes: e.axes.map((axis) => axis + by) })),
    )
  },
})

registerOp({
  op: 'ConstantOfShape',
  infer(context) {
    const shape = context.elements(0)
    if (!shape) return context.await('its shape depends on data')
    const value = context.node.attributes.get('value')
    return [{ dtype: value?.kind === 'tensor' ? value.value.dtype : 'float32', shape }]
  },
  couple: (context) => context.set(0, []),
  lower: lowerFilled,
})

registerOp({
  op: 'Range',
  infer(context) {
    const [start, limit, delta] = [0, 1, 2].map((i) => context.elements(i)?.[0])
    if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number') {
      const counts = delta === 1 && start !== undefined && limit !== undefined
      const extent = counts ? addDims(limit, start, -1) : context.node.name
      return [{ dtype: context.input(0).dtype, shape: [extent] }]
    }
    const count = Math.max(0, Math.ceil((limit - start) / delta))
    const elements = count <= 4096 ? Array.from({ length: count }, (_, i) => start + i * delta) : undefined
    return [{ dtype: context.input(0).dtype, shape: [count], ...(elements ? { elements } : {}) }]
  },
  couple: (context) => context.set(0, []),
  lower: (context) => context.fail('its bounds are not known'),
})

registerOp({
  op: 'Expand',
  since: 13,
  lower: lowerRepeat,
  infer(context) {
    const x = context.input(0)
    const wanted = context.elements(1)
    if (!wanted) return context.await('its target shape depends on data')
    return [{ dtype: x.dtype, shape: broadcastShapes([x.shape, wanted], context) }]
  },
  couple(context) {
    const before = context.shape(0)
    const after = context.outputShape(0)
    const by = after.length - before.length
    // What is the same along an axis is the same over fewer positions too: the target says how many.
    const adjustable = context.constant(1) !== undefined
    const stretched = after.flatMap((extent, axis) =>
      adjustable && typeof extent === 'number' && extent > 1 && (before[axis - by] ?? 1) === 1
        ? [context.free(axis, extent)]
        : [],
    )
    const labels = context.operand(0).map((e) => ({ ...e, axes: e.axes.map((a) => a + by) }))
    const whole = labels.filter((e) => e.axes.every((a) => before[a - by] === after[a]))
    context.fix(
      labels.filter((e) => !whole.includes(e)),
      'held.repeated',
    )
    context.set(0, [...whole, ...stretched])
  },
  resize: (context) => resizeTarget(context, 1),
})

registerOp({
  op: 'Tile',
  since: 13,
  lower: lowerRepeat,
  infer(context) {
    const x = context.input(0)
    const repeats = context.elements(1)
    if (!repeats) return context.await('its repeats depend on data')
    return [{ dtype: x.dtype, shape: x.shape.map((dim, i): Dim => multiplyDims([dim, repeats[i] as Dim])) }]
  },
  /** Every copy loses what the original loses; copies of a single position can be any number. */
  couple(context) {
    const before = context.shape(0)
    const after = context.outputShape(0)
    const counted = context.constant(1) !== undefined
    const result: Labels[] = []
    for (const entry of context.operand(0)) {
      const grown = entry.axes.filter((axis) => before[axis] !== after[axis])
      if (grown.some((axis) => typeof after[axis] !== 'number')) context.fix([entry], 'held.repeated')
      else result.push(grown.reduce((now, axis) => repeated(now, axis, after[axis] as number), entry))
    }
    const copies = after.flatMap((extent, axis) =>
      counted && typeof extent === 'number' && extent > 1 && before[axis] === 1 ? [context.free(axis, extent)] : [],
    )
    context.set(0, [...result, ...copies])
  },
  resize(context) {
    const repeats = context.constant(1)
    if (!repeats) return {}
    const next = toNumbers(repeats).map((count, axis) => {
      const extent = context.outputShape(0)[axis]
      return context.oldInputShape(0)[axis] === 1 && count > 1 && typeof extent === 'number' ? extent : count
    })
    return { constants: new Map([[1, int64(repeats.dims, next)]]) }
  },
})

/** The ids along an axis, over and over. */
function repeated(entry: Labels, axis: number, extent: number): Labels {
  const own = entry.dims[entry.axes.indexOf(axis)] as number
  const positions = Array.from({ length: extent }, (_, i) => i % own)
  return { ...takeLabels(entry, axis, positions), ...(entry.free ? { free: true } : {}) }
}
