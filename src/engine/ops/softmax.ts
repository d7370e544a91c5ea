/** Softmax and LogSoftmax along one axis (the semantics of opset 13). */
import { numberAttribute } from '../graph/graph'
import { type CouplingContext, registerOp } from './definition'
import { lowerSoftmax } from './lower/reduce'
import { normaliseAxis } from './shapes'
import { inferSame } from './unary'

const couple = (context: CouplingContext): void => {
  const rank = context.outputShape(0).length
  const axis = normaliseAxis(numberAttribute(context.node, 'axis', -1), rank, {
    fail: () => {
      throw new RangeError('axis')
    },
  })
  const labels = context.labels(0)
  const along = labels.filter((entry) => entry.axes.includes(axis))
  context.fix(along, `"${context.node.name}" (${context.node.op}) shares out a sum of one over it`)
  context.set(
    0,
    labels.filter((entry) => !along.includes(entry)),
  )
}

for (const op of ['Softmax', 'LogSoftmax']) registerOp({ op, since: 13, infer: inferSame, couple, lower: lowerSoftmax })
