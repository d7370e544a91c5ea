/** GlobalAveragePool, GlobalMaxPool and GlobalLpPool: one number a channel, spatial axes kept as 1. */
import { type InferContext, type Inferred, registerOp } from './definition'
import { lowerGlobalLpPool } from './lower/lp-pool'
import { lowerGlobalPool } from './lower/pool'
import { coupleChannelwise } from './pool'

const infer = (context: InferContext): Inferred[] => {
  const x = context.input(0)
  if (x.shape.length < 3) context.fail(`its input of rank ${x.shape.length} has no spatial axes`)
  return [{ dtype: x.dtype, shape: x.shape.map((dim, axis) => (axis < 2 ? dim : 1)) }]
}

registerOp({ op: 'GlobalAveragePool', infer, couple: coupleChannelwise, lower: lowerGlobalPool })
registerOp({ op: 'GlobalMaxPool', infer, couple: coupleChannelwise, lower: lowerGlobalPool })
registerOp({ op: 'GlobalLpPool', infer, couple: coupleChannelwise, lower: lowerGlobalLpPool })
