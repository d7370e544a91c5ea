/** What is done channel by channel, in as few passes over the feature map as the backend knows. */
import * as tf from '@tensorflow/tfjs-core'
import { channelSumName, scaleShiftName } from '../native/elementwise'
import { onnxRuntimeName } from '../onnxruntime/offer'

/** Both are WASM in this. */
const xnnpack: readonly string[] = ['wasm', onnxRuntimeName]

/** A kernel of our own where the backend has it; null elsewhere. */
export function ownKernel(name: string): ((inputs: Record<string, tf.Tensor>) => tf.Tensor) | null {
  if (!tf.getKernel(name, tf.getBackend())) return null
  return (inputs) => tf.engine().runKernel(name, inputs, {}) as tf.Tensor
}

/** x a + c with a, c per channel: x [..., C]. On WASM one pass of XNNPACK's 1 x 1 depthwise convolution. */
export function scaleShift(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  const own = ownKernel(scaleShiftName)
  if (own) return own({ x, scale, shift })
  const channels = scale.size
  if (!xnnpack.includes(tf.getBackend())) return tf.add(tf.mul(x, scale), shift)
  const y = tf.engine().runKernel(
    'FusedDepthwiseConv2D',
    {
      x: tf.reshape(x, [1, x.size / channels, 1, channels]),
      filter: tf.reshape(scale, [1, 1, channels, 1]),
      bias: tf.reshape(shift, [channels]),
    },
    {
      strides: [1, 1],
      dilations: [1, 1],
      pad: 'valid',
      dataFormat: 'NHWC',
      dimRoundingMode: undefined,
      activation: 'linear',
      leakyreluAlpha: 0,
    } as never,
  ) as tf.Tensor
  return tf.reshape(y, x.shape)
}

/** x [..., C] times one number a channel. */
export function scaled(x: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const own = x.shape.at(-1) === scale.size && x.rank > 1 ? ownKernel(scaleShiftName) : null
  return own ? own({ x, scale }) : tf.mul(x, scale)
}

/** x [..., C] plus one number a channel. */
export function shifted(x: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  const own = shift.rank === 1 && x.shape.at(-1) === shift.size && x.rank > 1 ? ownKernel(scaleShiftName) : null
  return own ? own({ x, shift }) : tf.add(x, shift)
}

/** Sum over everything but the channels: x [..., C] -> [C]. */
export function channelSum(x: tf.Tensor): tf.Tensor {
  const own = x.rank > 1 ? ownKernel(channelSumName) : null
  if (own) return own({ dy: x })
  return tf.sum(
    x,
    Array.from({ length: x.rank - 1 }, (_, i) => i),
  )
}
