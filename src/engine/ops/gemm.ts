/** Gemm: y = alpha * op(A) op(B) + beta * C, the dense layer as exporters write it. */
import { numberAttribute } from '../graph/graph'
import { type OpDefinition, registerOp } from './definition'
import { claimAxis, onAxis } from './labels'
import { lowerGemm } from './lower/linear'

const gemm: OpDefinition = {
  op: 'Gemm',
  infer(context) {
    const a = context.input(0)
    const b = context.shape(1)
    if (a.shape.length !== 2 || b.length !== 2) context.fail('its operands are not matrices')
    const transA = numberAttribute(context.node, 'transA', 0) === 1
    const transB = numberAttribute(context.node, 'transB', 0) === 1
    const inner = a.shape[transA ? 0 : 1]
    const other = b[transB ? 1 : 0]
    if (typeof inner === 'number' && typeof other === 'number' && inner !== other) {
      context.fail(`it expects ${other} input features and gets ${inner}`)
    }
    return [{ dtype: a.dtype, shape: [a.shape[transA ? 1 : 0] as number, b[transB ? 0 : 1] as number] }]
  },
  macs(context) {
    return context.inputShape(1).reduce((a, b) => a * b, 1) * (context.outputShape(0)[0] as number)
  },
  couple(context) {
    const weight = context.constant(1)
    const labels = context.operand(0)
    const transB = numberAttribute(context.node, 'transB', 0) === 1
    if (weight === undefined || numberAttribute(context.node, 'transA', 0) === 1) {
      context.fix(labels, 'held.two-computed')
      context.fix(context.labels(1), 'held.two-computed')
      return
    }
    const inputAxis = transB ? 1 : 0
    const inputIds = claimAxis(context, labels, 1) ?? new Int32Array(weight.dims[inputAxis] as number)
    context.fix(
      labels.filter((entry) => !entry.axes.includes(1)),
      'held.along-batch',
    )
    const outputIds = context.fresh(weight.dims[1 - inputAxis] as number)
    context.bind(1, inputAxis, inputIds, 'consumer')
    context.bind(1, 1 - inputAxis, outputIds, 'producer')
    let bias = -1
    if (context.has(2)) {
      const c = context.constant(2)
      const extent = c?.dims.at(-1)
      if (c && extent === outputIds.length && c.data.length === extent) {
        bias = 2
        context.bind(2, c.dims.length - 1, outputIds, 'producer')
      } else if (extent !== 1 || !c) {
        context.fix(outputIds, 'held.adds-computed-matrix')
      }
    }
    context.linear({
      kind: 'dense',
      weight: 1,
      bias,
      outputAxis: 1 - inputAxis,
      inputAxis,
      groups: 1,
      inputIds,
      outputIds,
    })
    context.set(0, [onAxis(1, outputIds)])
  },
  lower: lowerGemm,
}

registerOp(gemm)
