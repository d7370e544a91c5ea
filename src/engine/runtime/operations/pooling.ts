/** Pooling, reductions and local response normalisation. */
import * as tf from '@tensorflow/tfjs-core'
import { repeatTo } from './broadcast'
import { type AttributeMap, flagOf, type GradientContext, numberOf, numbersOf, registerOperation } from './operation'

const kernel = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor

function poolAttributes(attributes: AttributeMap) {
  const [, height, width] = numbersOf(attributes, 'ksize')
  const [, strideHeight, strideWidth] = numbersOf(attributes, 'strides')
  const p = numbersOf(attributes, 'explicit_paddings')
  return {
    filterSize: [height, width],
    strides: [strideHeight, strideWidth],
    pad: [
      [0, 0],
      [p[2], p[3]],
      [p[4], p[5]],
      [0, 0],
    ],
    dimRoundingMode: undefined,
  }
}

/** A 1 x 1 window takes every stride-th pixel; XNNPACK refuses it. */
const isSampling = (attributes: AttributeMap) => numbersOf(attributes, 'ksize').every((extent) => extent === 1)

const sample = (x: tf.Tensor, attributes: AttributeMap): tf.Tensor => {
  const [, high, wide] = numbersOf(attributes, 'strides')
  return tf.stridedSlice(x, [0, 0, 0, 0], [...x.shape], [1, high as number, wide as number, 1])
}

for (const op of ['MaxPool', 'AvgPool'] as const) {
  registerOperation({
    op,
    needs: op === 'MaxPool' ? { inputs: 'all', outputs: true } : { inputs: 'all' },
    run: ([x], attributes) => [
      isSampling(attributes)
        ? sample(x as tf.Tensor, attributes)
        : kernel(op, { x: x as tf.Tensor }, poolAttributes(attributes)),
    ],
    gradient(context: GradientContext) {
      const [input] = context.inputs as [tf.Tensor]
      const dy = context.dy[0] as tf.Tensor
      const extra = op === 'MaxPool' ? { output: context.outputs[0] as tf.Tensor } : {}
      return [kernel(`${op}Grad`, { dy, input, ...extra }, poolAttributes(context.attributes))]
    },
  })
}

const kept = (shape: readonly number[], axes: readonly number[]) => shape.map((dim, i) => (axes.includes(i) ? 1 : dim))

for (const op of ['Mean', 'Sum'] as const) {
  registerOperation({
    op,
    run: ([x], attributes) => {
      const reduce = op === 'Mean' ? tf.mean : tf.sum
      return [reduce(x as tf.Tensor, numbersOf(attributes, 'axis'), flagOf(attributes, 'keep_dims'))]
    },
    gradient(context) {
      const shape = context.inputShapes[0] as readonly number[]
      const axes = numbersOf(context.attributes, 'axis')
      const count = op === 'Sum' ? 1 : axes.reduce((product, axis) => product * (shape[axis] as number), 1)
      const dy = tf.reshape(context.dy[0] as tf.Tensor, kept(shape, axes))
      return [repeatTo(count === 1 ? dy : tf.mul(dy, 1 / count), shape)]
    },
  })
}

for (const op of ['Max', 'Min'] as const) {
  registerOperation({
    op,
    needs: { inputs: 'all', outputs: true },
    run: ([x], attributes) => {
      const reduce = op === 'Max' ? tf.max : tf.min
      return [reduce(x as tf.Tensor, numbersOf(attributes, 'axis'), flagOf(attributes, 'keep_dims'))]
    },
    gradient(context) {
      const [x] = context.inputs as [tf.Tensor]
      const axes = numbersOf(context.attributes, 'axis')
      const shape = kept(x.shape, axes)
      const chosen = tf.cast(tf.equal(x, tf.reshape(context.outputs[0] as tf.Tensor, shape)), 'float32')
      // Equal values share the gradient, as in PyTorch's amax.
      const share = tf.div(chosen, tf.sum(chosen, axes, true))
      return [tf.mul(share, tf.reshape(context.dy[0] as tf.Tensor, shape))]
    },
  })
}

registerOperation({
  op: 'Prod',
  needs: { inputs: 'all' },
  run: ([x], attributes) => [tf.prod(x as tf.Tensor, numbersOf(attributes, 'axis'), flagOf(attributes, 'keep_dims'))],
  /** The product of the others: of two zeros each has another one among them. */
  gradient({ inputs, dy, attributes }) {
    const [x] = inputs as [tf.Tensor]
    const axes = numbersOf(attributes, 'axis')
    const isZero = tf.cast(tf.equal(x, 0), 'float32')
    const safe = tf.add(x, isZero)
    const others = tf.div(tf.reshape(tf.prod(safe, axes), kept(x.shape, axes)), safe)
    const alone = tf.cast(tf.equal(tf.sum(isZero, axes, true), isZero), 'float32')
    return [tf.mul(tf.mul(others, alone), tf.reshape(dy[0] as tf.Tensor, kept(x.shape, axes)))]
  },
})

const lrnAttributes = (attributes: AttributeMap) => ({
  depthRadius: numberOf(attributes, 'depth_radius'),
  bias: numberOf(attributes, 'bias'),
  alpha: numberOf(attributes, 'alpha'),
  beta: numberOf(attributes, 'beta'),
})

registerOperation({
  op: 'LRN',
  needs: { inputs: 'all', outputs: true },
  run: ([x], attributes) => [kernel('LRN', { x: x as tf.Tensor }, lrnAttributes(attributes))],
  gradient: (context) => [
    kernel(
      'LRNGrad',
      { x: context.inputs[0] as tf.Tensor, y: context.outputs[0] as tf.Tensor, dy: context.dy[0] as tf.Tensor },
      lrnAttributes(context.attributes),
    ),
  ],
})
