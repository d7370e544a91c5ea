/** Softmax and LogSoftmax along one axis (the semantics of opset 13). */
import { type CouplingContext, type Labels, registerOp } from './definition'
import { dropAxes } from './labels'
import { lowerSoftmax } from './lower/reduce'
import { axisOf } from './shapes'
import { inferSame } from './unary'

const couple = (context: CouplingContext): void => {
  const rank = context.outputShape(0).length
  const axis = axisOf(context.node, -1, rank)
  const result: Labels[] = []
  for (const entry of context.operand(0)) {
    if (!entry.axes.includes(axis)) result.push(entry)
    else if (entry.axes.length > 1) {
      // What is folded with the shared axis goes in whole slices: a channel of every branch that is weighed.
      const merged = dropAxes(
        context.merge(
          entry,
          entry.axes.filter((other) => other !== axis),
        ),
        [axis],
      )
      if (merged) result.push(merged)
    } else context.fix([entry], 'held.shares-one')
  }
  context.set(0, result)
}

for (const op of ['Softmax', 'LogSoftmax']) registerOp({ op, since: 13, infer: inferSame, couple, lower: lowerSoftmax })
