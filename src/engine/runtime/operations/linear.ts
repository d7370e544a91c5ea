/** Matrix products and bias. */
import * as tf from '@tensorflow/tfjs-core'
import { sumTo } from './broadcast'
import { channelSum, shifted } from './channels'
import { flagOf, type GradientContext, registerOperation } from './operation'

function productGradient(context: GradientContext, transposeA: boolean, transposeB: boolean): (tf.Tensor | null)[] {
  const dy = context.dy[0] as tf.Tensor
  const [a, b] = context.inputs as [tf.Tensor, tf.Tensor]
  const [shapeA, shapeB] = context.inputShapes as [readonly number[], readonly number[]]
  const da = () => (transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB))
  const db = () => (transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false))
  return [context.wants(0) ? sumTo(da(), shapeA) : null, context.wants(1) ? sumTo(db(), shapeB) : null]
}

registerOperation({
  op: 'MatMul',
  needs: { inputs: 'all' },
  run: ([a, b], attributes) => [
    tf.matMul(a as tf.Tensor, b as tf.Tensor, flagOf(attributes, 'transpose_a'), flagOf(attributes, 'transpose_b')),
  ],
  gradient: (context) =>
    productGradient(context, flagOf(context.attributes, 'transpose_a'), flagOf(context.attributes, 'transpose_b')),
})

registerOperation({
  op: 'BatchMatMulV2',
  needs: { inputs: 'all' },
  run: ([a, b], attributes) => [
    tf.matMul(a as tf.Tensor, b as tf.Tensor, flagOf(attributes, 'adj_x'), flagOf(attributes, 'adj_y')),
  ],
  gradient: (context) =>
    productGradient(context, flagOf(context.attributes, 'adj_x'), flagOf(context.attributes, 'adj_y')),
})

registerOperation({
  op: 'BiasAdd',
  run: ([x, bias]) => [shifted(x as tf.Tensor, bias as tf.Tensor)],
  gradient(context) {
    const dy = context.dy[0] as tf.Tensor
    return [
      context.wants(0) ? dy.clone() : null,
      context.wants(1) ? tf.reshape(channelSum(dy), [...(context.inputShapes[1] as readonly number[])]) : null,
    ]
  },
})
