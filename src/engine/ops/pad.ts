/** Pad: constant, edge or reflected borders; pads as a constant input. Padding on a unit axis fixes it. */
import type { Dim } from '../graph/graph'
import { registerOp } from './definition'
import { lowerPad } from './lower/shape'
import { normaliseAxis } from './shapes'

registerOp({
  op: 'Pad',
  since: 13,
  infer(context) {
    const x = context.input(0)
    const pads = context.elements(1)?.map(Number)
    if (!pads) return context.await('its padding is not constant')
    const rank = x.shape.length
    // From opset 18 the padded axes may be named; the reader makes them all explicit.
    const named = context.has(3) ? context.elements(3)?.map(Number) : undefined
    if (named) {
      const axes = named.map((axis) => normaliseAxis(axis, rank, context))
      const extra = (i: number) =>
        axes.reduce((sum, axis, k) => sum + (axis === i ? (pads[k] ?? 0) + (pads[k + axes.length] ?? 0) : 0), 0)
      const shape = x.shape.map((dim, i): Dim => (typeof dim === 'number' ? dim + extra(i) : dim))
      return [{ dtype: x.dtype, shape }]
    }
    if (pads.length !== 2 * rank) return context.fail(`it has ${pads.length} pads for a value of rank ${rank}`)
    const shape = x.shape.map((dim, i): Dim => {
      const extra = (pads[i] as number) + (pads[i + rank] as number)
      return typeof dim === 'number' ? dim + extra : extra === 0 ? dim : context.fail(`it pads the axis "${dim}"`)
    })
    return [{ dtype: x.dtype, shape }]
  },
  couple(context) {
    const pads = context.constant(1)
    const rank = context.shape(0).length
    const values = pads ? Array.from(pads.data as ArrayLike<number | bigint>, Number) : []
    const padded = (axis: number) => values[axis] !== 0 || values[axis + rank] !== 0
    const labels = context.labels(0)
    const touched = labels.filter((entry) => entry.axes.some(padded))
    context.fix(touched, `"${context.node.name}" (Pad) adds a border along it`)
    context.set(
      0,
      labels.filter((entry) => !touched.includes(entry)),
    )
  },
  lower: lowerPad,
})
