/** Defaults of recurrent operators that a file states. */
import { type TensorData, toNumbers } from '../../../../graph/tensor'
import { type Rewriter, withInput } from '../rewriter'
import type { Rule } from './rule'

const isZero = (constant: TensorData | undefined): boolean =>
  constant?.data.every((value) => Number(value) === 0) ?? false

/** Operators that show what they are given, or parts of it. */
const moves = new Set(['Expand', 'Slice', 'Gather', 'Identity', 'Cast', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze'])

/** Whether a value is all zeros, whatever the batch: stored, stretched or filled so. */
function isZeroValue(value: string, rewriter: Rewriter): boolean {
  const constant = rewriter.constant(value)
  if (constant) return isZero(constant)
  const producer = rewriter.source.producer(value)
  if (producer && moves.has(producer.op)) return isZeroValue(producer.inputs[0] as string, rewriter)
  if (producer?.op === 'Concat') return producer.inputs.every((input) => isZeroValue(input, rewriter))
  const filling = producer?.op === 'ConstantOfShape' ? producer.attributes.get('value') : undefined
  return producer?.op === 'ConstantOfShape' && (filling?.kind !== 'tensor' || isZero(filling.value))
}

/** Initial states of zeros are the default, and lengths that name every step are too; both go. */
export const recurrent: Rule = (node, known, rewriter) => {
  let result = node
  for (const i of [5, 6]) {
    const state = result.inputs[i] ?? ''
    if (state !== '' && isZeroValue(state, rewriter)) result = withInput(result, i, '')
  }
  const lengths = rewriter.constant(result.inputs[4])
  const time = known.shape(node.inputs[0])?.[0]
  if (lengths && toNumbers(lengths).every((length) => length === time)) result = withInput(result, 4, '')
  return result
}
