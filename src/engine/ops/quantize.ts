/** QuantizeLinear and DequantizeLinear around activations: units pass, and scales of an axis go with them. */
import { numberAttribute } from '../graph/graph'
import type { DataType } from '../graph/tensor'
import { type CouplingContext, type InferContext, registerOp } from './definition'
import { lowerDequantize, lowerQuantize } from './lower/quantize'

function couple(context: CouplingContext): void {
  const labels = context.operand(0)
  const rank = context.shape(0).length
  const given = numberAttribute(context.node, 'axis', 1)
  const axis = given < 0 ? given + rank : given
  // One number for all leaves every axis free; one a position goes with its position.
  const several = (context.constant(1)?.data.length ?? 2) > 1
  const along = several ? labels.filter((entry) => entry.axes.includes(axis)) : []
  const [only] = along
  const bound = only?.axes.length === 1 && context.constant(1)?.data.length === only.ids.length
  if (only && bound && numberAttribute(context.node, 'block_size', 0) === 0) {
    for (const i of [1, 2]) if (context.has(i)) context.bind(i, 0, only.ids, 'passthrough')
    context.set(0, labels)
    return
  }
  context.fix(along, 'held.scales')
  context.set(
    0,
    labels.filter((entry) => !along.includes(entry)),
  )
}

/** Of the zero point, else as the operator says. */
const quantizedType = (context: InferContext): DataType => (context.has(2) ? context.input(2).dtype : 'uint8')

registerOp({
  op: 'QuantizeLinear',
  since: 13,
  infer: (context) => [{ dtype: quantizedType(context), shape: context.shape(0) }],
  couple,
  lower: lowerQuantize,
})
registerOp({
  op: 'DequantizeLinear',
  since: 13,
  infer: (context) => [{ dtype: context.input(1).dtype, shape: context.shape(0) }],
  couple,
  lower: lowerDequantize,
})
/** Steps of the range that a value has just now, which is that of the kept units once others are gone. */
registerOp({
  op: 'DynamicQuantizeLinear',
  since: 11,
  infer: (context) => [
    { dtype: 'uint8', shape: context.shape(0) },
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ],
  couple: (context) => context.set(0, context.operand(0)),
  mixes: () => true,
})
