/** Lowering of elementwise operators with several operands. */
import { numberAttribute } from '../../graph/graph'
import type { Layout, LoweringContext, Register } from '../lowering'
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
  if (op === 'Xor') {
    const some = context.emit('LogicalOr', operands, {}, layout)
    const both = context.emit('LogicalAnd', operands, {}, layout)
    const not = context.emit('LogicalNot', [both], {}, layout)
    context.output(0, context.emit('LogicalAnd', [some, not], {}, layout))
    return
  }
  if (op === 'Mod') {
    context.output(0, remainder(context, operands as [Register, Register], layout))
    return
  }
  const name = operations[op]
  if (!name) context.fail('there is no operation for it')
  let result = operands[0] as Register
  for (const next of operands.slice(1)) result = context.emit(name, [result, next], {}, layout)
  if (op === 'Mean') result = context.emit('Mul', [result, scalar(context, 1 / operands.length)], {}, layout)
  context.output(0, result)
}

/** Of the sign of the divisor, or with `fmod` of the dividend. */
function remainder(context: LoweringContext, [a, b]: readonly [Register, Register], layout: Layout): Register {
  if (numberAttribute(context.node, 'fmod', 0) === 0) return context.emit('FloorMod', [a, b], {}, layout)
  const magnitude = (x: Register) => context.emit('Abs', [x], {}, layout)
  const rest = context.emit('FloorMod', [magnitude(a), magnitude(b)], {}, layout)
  return context.emit('Mul', [rest, context.emit('Sign', [a], {}, layout)], {}, layout)
}

export function lowerNot(context: LoweringContext): void {
  const x = context.input(0, context.layoutOf(0))
  context.output(0, context.emit('LogicalNot', [x], {}, x.layout))
}
