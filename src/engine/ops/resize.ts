/** Resize: spatial scaling by constant scales or sizes; channels pass. */
import { type Dim, numbersAttribute } from '../graph/graph'
import { toFloat32 } from '../graph/tensor'
import { registerOp } from './definition'
import { lowerResize } from './lower/resize'
import { coupleChannelwise } from './pool'
import { resizeTarget } from './shapes'

registerOp({
  op: 'Resize',
  since: 13,
  infer(context) {
    const x = context.input(0)
    const rank = x.shape.length
    const sizes = context.has(3) ? context.elements(3) : undefined
    // From opset 18 the scaled axes may be named; the reader makes them all explicit.
    const named = numbersAttribute(context.node, 'axes', undefined)?.map((axis) => (axis < 0 ? axis + rank : axis))
    if (named && sizes) {
      const shape = x.shape.map((dim, i) => (named.includes(i) ? (sizes[named.indexOf(i)] as Dim) : dim))
      return [{ dtype: x.dtype, shape }]
    }
    if (sizes) {
      // Sizes name every axis; a batch written down as a number gives way to the symbol.
      const shape = sizes.map((size, i) => (typeof x.shape[i] === 'string' ? (x.shape[i] as Dim) : size))
      return [{ dtype: x.dtype, shape }]
    }
    const scales = context.has(2) ? context.constant(2) : undefined
    if (!scales || scales.data.length !== (named ?? x.shape).length) {
      return context.await('its scales or sizes are not constant')
    }
    const given = toFloat32(scales)
    const factors = named ? x.shape.map((_, i) => (named.includes(i) ? given[named.indexOf(i)] : 1)) : given
    const shape = x.shape.map((dim, i): Dim => {
      const factor = factors[i] as number
      return typeof dim === 'number'
        ? Math.floor(dim * factor)
        : factor === 1
          ? dim
          : context.fail(`it scales the axis "${dim}"`)
    })
    return [{ dtype: x.dtype, shape }]
  },
  couple: (context) => coupleChannelwise(context),
  // Sizes name the channels too.
  resize: (context) => resizeTarget(context, 3),
  lower: lowerResize,
})
