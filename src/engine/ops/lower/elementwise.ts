/** Lowering of elementwise operators with several operands. */
import type { LoweringContext, Register } from '../lowering'
import { meetingLayout, operand, scalar } from './common'

const operations: Readonly<Record<string, string>> = {
  Add: 'AddV2',
  Sub: 'Sub',
  Mul: 'Mul',
  Div: 'RealDiv',
  Pow: 'Pow',
  Min: 'Minimum',
  Max: 'Maximum',
  Sum: 'AddV2',
  Mean: 'AddV2',
  PRelu: 'Prelu',
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterOrEqual: 'GreaterEqual',
  Less: 'Less',
  LessOrEqual: 'LessEqual',
  And: 'LogicalAnd',
  Or: 'LogicalOr',
}

export function lowerBroadcast(context: LoweringContext): void {
  const { op, inputs } = context.node
  const layout = meetingLayout(context, inputs.length)
  const operands = inputs.map((_, i) => operand(context, i, layout))
  if (op === 'Where') {
    context.output(0, context.emit('SelectV2', operands, {}, layout))
    return
  }
  const name = operations[op]
  if (!name) context.fail('there is no operation for it')
  let result = operands[0] as Register
  for (const next of operands.slice(1)) result = context.emit(name, [result, next], {}, layout)
  if (op === 'Mean') result = context.emit('Mul', [result, scalar(context, 1 / operands.length)], {}, layout)
  context.output(0, result)
}

export function lowerNot(context: LoweringContext): void {
  const x = context.input(0, context.layoutOf(0))
  context.output(0, context.emit('LogicalNot', [x], {}, x.layout))
}
