/** Squeeze and Unsqueeze: axes of extent 1 go and come (axes as a constant input, as from opset 13). */
import type { Dim } from '../graph/graph'
import { type InferContext, type Inferred, registerOp } from './definition'
import { lowerReshape } from './lower/shape'
import { coupleReshape } from './reshape'
import { normaliseAxis } from './shapes'

const axesOf = (context: InferContext): number[] | undefined => context.elements(1)?.map(Number)

const withElements = (x: Inferred): Partial<Inferred> => (x.elements ? { elements: x.elements } : {})

registerOp({
  op: 'Squeeze',
  since: 13,
  infer(context) {
    const x = context.input(0)
    const axes = context.has(1)
      ? axesOf(context)?.map((axis) => normaliseAxis(axis, x.shape.length, context))
      : x.shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
    if (!axes) return context.await('its axes are not constant')
    return [{ dtype: x.dtype, shape: x.shape.filter((_, axis) => !axes.includes(axis)), ...withElements(x) }]
  },
  couple: coupleReshape,
  lower: lowerReshape,
})

registerOp({
  op: 'Unsqueeze',
  since: 13,
  infer(context) {
    const x = context.input(0)
    const given = axesOf(context)
    if (!given) return context.await('its axes are not constant')
    const rank = x.shape.length + given.length
    const axes = given.map((axis) => normaliseAxis(axis, rank, context))
    const rest = [...x.shape]
    const shape = Array.from({ length: rank }, (_, axis): Dim => (axes.includes(axis) ? 1 : (rest.shift() as Dim)))
    return [{ dtype: x.dtype, shape, ...withElements(x) }]
  },
  couple: coupleReshape,
  lower: lowerReshape,
})
