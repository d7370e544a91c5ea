/** Transpose: axes change places and take their units along. */
import { numbersAttribute } from '../graph/graph'
import { registerOp } from './definition'
import { transposeLabels } from './labels'
import { lowerTranspose } from './lower/shape'

registerOp({
  op: 'Transpose',
  infer(context) {
    const x = context.input(0)
    const permutation =
      numbersAttribute(context.node, 'perm', undefined) ?? x.shape.map((_, i) => x.shape.length - 1 - i)
    const axes = new Set(permutation.filter((axis) => axis >= 0 && axis < x.shape.length))
    if (permutation.length !== x.shape.length || axes.size !== x.shape.length) {
      context.fail(`its permutation [${permutation.join(', ')}] does not fit a value of rank ${x.shape.length}`)
    }
    return [{ dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis] as number) }]
  },
  couple(context) {
    const rank = context.outputShape(0).length
    const permutation =
      numbersAttribute(context.node, 'perm', undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
    context.set(
      0,
      context.operand(0).map((entry) => transposeLabels(entry, permutation)),
    )
  },
  lower: lowerTranspose,
})
