/** BatchNorm, in few passes over the feature map, for inference and for training. */
import * as tf from '@tensorflow/tfjs-core'
import { fusedBatchNorm, fusedBatchNormGradient } from '../native/batch-norm'
import { channelSum, scaled, scaleShift } from './channels'
import { type GradientContext, numberOf, type RunContext, registerOperation } from './operation'

const leading = (x: { readonly rank: number }): number[] => Array.from({ length: x.rank - 1 }, (_, i) => i)

/** Whether the backend has BatchNorm and its gradient as kernels of their own. */
const isFused = (): boolean => tf.getKernel(fusedBatchNorm, tf.getBackend()) !== undefined

/** x [..., C] as images, for kernels that know nothing else; anything but the channels may be gathered in one axis. */
const asImages = (x: tf.Tensor): tf.Tensor =>
  x.rank === 4 ? x : tf.reshape(x, [1, 1, x.size / (x.shape.at(-1) as number), x.shape.at(-1) as number])

/** On the batch's own statistics. */
function runFused(inputs: readonly tf.Tensor[], epsilon: number, context: RunContext): tf.Tensor {
  const [x, scale, offset] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor]
  const [y, batchMean, batchVariance, ...kept] = tf
    .engine()
    .runKernel(fusedBatchNorm, { x: asImages(x), scale, offset }, { epsilon, training: true }) as tf.Tensor[] as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    ...tf.Tensor[],
  ]
  context.reportBatchStatistics?.(context.instruction, batchMean, batchVariance)
  // A fourth marks the fused form.
  context.save?.([...kept, tf.scalar(1)])
  return tf.reshape(y, x.shape)
}

/** Gradients by x, scale and offset. */
function fusedGradient(context: GradientContext): (tf.Tensor | null)[] {
  const dy = context.dy[0] as tf.Tensor
  const [x, scale] = context.inputs as [tf.Tensor, tf.Tensor]
  const [first, second, third] = context.saved as [tf.Tensor, tf.Tensor, tf.Tensor]
  const [dx, ...parameters] = tf
    .engine()
    .runKernel(
      fusedBatchNormGradient,
      { dy: asImages(dy), x: asImages(x), scale, first, second, third },
      { epsilon: numberOf(context.attributes, 'epsilon'), training: true },
    ) as tf.Tensor[] as [tf.Tensor, ...tf.Tensor[]]
  return [tf.reshape(dx, dy.shape), ...parameters, null, null]
}

/** What a part of a batch says of itself: how many elements a channel, and two numbers a channel. */
const said = (count: number, first: tf.Tensor, second: tf.Tensor): Float64Array =>
  Float64Array.from([count, ...first.dataSync(), ...second.dataSync()])

/** Count, mean and biased variance of all parts together (Chan, Golub and LeVeque, 1979). */
function pooled(parts: readonly ArrayLike<number>[]) {
  const channels = ((parts[0] as ArrayLike<number>).length - 1) / 2
  const count = parts.reduce((sum, part) => sum + (part[0] as number), 0)
  const mean = new Float32Array(channels)
  const variance = new Float32Array(channels)
  for (let c = 0; c < channels; c++) {
    const at = (part: ArrayLike<number>, k: number) => part[1 + k * channels + c] as number
    const middle = parts.reduce((sum, part) => sum + (part[0] as number) * at(part, 0), 0) / count
    const spread = parts.reduce(
      (sum, part) => sum + (part[0] as number) * (at(part, 1) + (at(part, 0) - middle) ** 2),
      0,
    )
    mean[c] = middle
    variance[c] = spread / count
  }
  return { count, mean, variance }
}

/** Sums over all parts of the batch of the gradients by scale and offset; those of this part where it is the whole. */
function wholeSums(count: number, scale: tf.Tensor, offset: tf.Tensor, gather: GradientContext['gather']) {
  if (!gather) return { count, scale, offset }
  const parts = gather(said(count, scale, offset))
  const channels = scale.size
  const total = (k: number) => parts.reduce((sum, part) => sum + (part[k] as number), 0)
  const sums = (from: number) => tf.tensor1d(Float32Array.from({ length: channels }, (_, c) => total(from + c)))
  return { count: total(0), scale: sums(1), offset: sums(1 + channels) }
}

/** Inputs x, scale, offset, mean, variance; channels last. */
registerOperation({
  op: 'FusedBatchNormV3',
  needs: { inputs: [0, 1] },
  run: (inputs, attributes, context) => {
    const [x, scale, offset, runningMean, runningVariance] = inputs as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ]
    const epsilon = numberOf(attributes, 'epsilon')
    // With running statistics a scale and a shift are as fast, and their gradient reaches mean and variance too.
    if (context.training && isFused() && !context.gather) return [runFused(inputs, epsilon, context)]
    let mean = runningMean
    let variance = runningVariance
    if (context.training) {
      let count = x.size / scale.size
      mean = tf.mean(x, leading(x))
      variance = tf.mean(tf.square(tf.sub(x, mean)), leading(x))
      if (context.gather) {
        const whole = pooled(context.gather(said(count, mean, variance)))
        count = whole.count
        mean = tf.tensor1d(whole.mean)
        variance = tf.tensor1d(whole.variance)
      }
      context.reportBatchStatistics?.(
        context.instruction,
        mean,
        count > 1 ? tf.mul(variance, count / (count - 1)) : variance,
      )
    }
    const inverse = tf.rsqrt(tf.add(variance, epsilon))
    const factor = tf.mul(scale, inverse)
    context.save?.(context.training ? [mean, inverse, tf.scalar(1)] : [mean, inverse])
    return [scaleShift(x, factor, tf.sub(offset, tf.mul(mean, factor)))]
  },
  gradient(context: GradientContext) {
    if (context.saved.length === 4) return fusedGradient(context)
    const dy = context.dy[0] as tf.Tensor
    const [x, scale] = context.inputs as [tf.Tensor, tf.Tensor]
    const [mean, inverse, training] = context.saved as [tf.Tensor, tf.Tensor, tf.Tensor | undefined]
    const factor = tf.mul(scale, inverse)
    const wantsParameters = [1, 2, 3, 4].some((i) => context.wants(i))
    if (!training && !wantsParameters) return [scaled(dy, factor), null, null, null, null]
    const centred = scaleShift(x, tf.onesLike(mean), tf.neg(mean))
    const offsetGradient = channelSum(dy)
    const scaleGradient = tf.mul(channelSum(tf.mul(dy, centred)), inverse)
    let input: tf.Tensor | null = null
    if (context.wants(0)) {
      if (training) {
        // The statistics are those of the whole batch, and so are the sums that flow through them.
        const whole = wholeSums(dy.size / scale.size, scaleGradient, offsetGradient, context.gather)
        const slope = tf.neg(tf.mul(factor, tf.mul(tf.mul(whole.scale, inverse), 1 / whole.count)))
        const shift = tf.neg(tf.mul(factor, tf.mul(whole.offset, 1 / whole.count)))
        input = tf.add(scaled(dy, factor), scaleShift(centred, slope, shift))
      } else {
        input = scaled(dy, factor)
      }
    }
    if (training || !(context.wants(3) || context.wants(4))) {
      return [input, scaleGradient, offsetGradient, null, null]
    }
    const meanGradient = tf.neg(tf.mul(factor, offsetGradient))
    const varianceGradient = tf.mul(tf.mul(scaleGradient, factor), tf.mul(inverse, -0.5))
    return [input, scaleGradient, offsetGradient, meanGradient, varianceGradient]
  },
})
