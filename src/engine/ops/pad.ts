/** Pad: constant, edge or reflected borders; pads as a constant input. A constant border on a unit axis can shrink, others fix it. */
import { type Dim, stringAttribute } from '../graph/graph'
import { int64 } from '../graph/tensor'
import { type Labels, registerOp } from './definition'
import { addDims } from './extents'
import { onAxis } from './labels'
import { lowerPad } from './lower/shape'
import { normaliseAxis, oneSample } from './shapes'

registerOp({
  op: 'Pad',
  since: 13,
  infer(context) {
    const x = context.input(0)
    const pads = context.elements(1)
    if (!pads) return context.await('its padding is not constant')
    const rank = x.shape.length
    // From opset 18 the padded axes may be named; the reader makes them all explicit.
    const named = context.has(3) ? context.elements(3)?.map(Number) : undefined
    if (named) {
      const axes = named.map((axis) => normaliseAxis(axis, rank, context))
      const shape = x.shape.map((dim, i): Dim => {
        const k = axes.indexOf(i)
        return k < 0 ? dim : addDims(addDims(dim, pads[k] ?? 0), pads[k + axes.length] ?? 0)
      })
      return [{ dtype: x.dtype, shape }]
    }
    if (pads.length !== 2 * rank) return context.fail(`it has ${pads.length} pads for a value of rank ${rank}`)
    const shape = x.shape.map((dim, i) => addDims(addDims(dim, pads[i] as Dim), pads[i + rank] as Dim))
    return [{ dtype: x.dtype, shape }]
  },
  couple(context) {
    const pads = context.constant(1)
    const rank = context.shape(0).length
    const values = pads ? Array.from(pads.data as ArrayLike<number | bigint>, Number) : []
    const padded = (axis: number) => values[axis] !== 0 || values[axis + rank] !== 0
    const labels = context.labels(0)
    const filled = stringAttribute(context.node, 'mode', 'constant') === 'constant' && !context.has(3)
    const extents = oneSample(context.shape(0))
    const result: Labels[] = []
    for (const entry of labels) {
      const [axis] = entry.axes as [number]
      const [before, after] = [values[axis] as number, values[axis + rank] as number]
      if (!entry.axes.some(padded)) result.push(entry)
      else if (filled && entry.axes.length === 1 && before >= 0 && after >= 0) {
        // A border of one number can have any width: its positions go with what they are combined with.
        const total = before + (extents[axis] as number) + after
        const ids = Int32Array.from(context.free(axis, total).ids)
        ids.set(entry.ids, before)
        result.push(onAxis(axis, ids))
      } else context.fix([entry], 'held.bordered')
    }
    context.set(0, result)
  },
  resize(context) {
    const pads = context.constant(1)
    if (!pads) return {}
    const rank = context.inputShape(0).length
    const next = Array.from(pads.data as ArrayLike<number | bigint>, Number)
    for (let axis = 0; axis < rank; axis++) {
      const kept = context.keptOfOutput(0, axis)
      if (!kept) continue
      const [before, extent] = [next[axis] as number, context.oldInputShape(0)[axis] as number]
      next[axis] = kept.filter((i) => i < before).length
      next[axis + rank] = kept.filter((i) => i >= before + extent).length
    }
    return { constants: new Map([[1, int64(pads.dims, next)]]) }
  },
  lower: lowerPad,
})
