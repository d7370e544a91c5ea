/** Losses over the result of a network: value and gradient at the logits, means over the batch as in PyTorch. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { HostTensor, Loss, Target } from './types'

const isHost = (target: Target): target is HostTensor => !(target instanceof tf.Tensor) && 'dims' in target

/** Targets as a tensor: class indices [N] or an array as large as the logits. */
function targetTensor(target: Target, shape: readonly number[]): tf.Tensor {
  if (target instanceof tf.Tensor) return tf.reshape(target, [...shape])
  const data = isHost(target) ? target.data : target
  if (data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw new EspalierError(
      'SHAPE_MISMATCH',
      `A loss over outputs of shape [${shape}] was given ${data.length} target values.`,
    )
  }
  return tf.tensor(Float32Array.from(data), [...shape])
}

function oneHotOf(target: Target, rows: number, classes: number): tf.Tensor {
  const labels = target instanceof tf.Tensor ? target.dataSync() : isHost(target) ? target.data : target
  if (labels.length !== rows) {
    throw new EspalierError('SHAPE_MISMATCH', `There are ${labels.length} labels for ${rows} samples.`)
  }
  const values = new Float32Array(rows * classes)
  for (let i = 0; i < rows; i++) {
    const label = labels[i] as number
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new EspalierError(
        'DATA_LABELS_OUT_OF_RANGE',
        `Label ${label} is outside 0 to ${classes - 1}, the classes this network knows. Check the data set's labels.`,
      )
    }
    values[i * classes + label] = 1
  }
  return tf.tensor(values, [rows, classes])
}

export interface LossResult {
  /** Of the logits' own shape. */
  readonly gradient: tf.Tensor
  /** Scalar. */
  readonly value: tf.Tensor
}

/** Runs in the caller's tidy scope. @throws SHAPE_MISMATCH, DATA_LABELS_OUT_OF_RANGE */
export function lossOf(loss: Loss, logits: tf.Tensor, target: Target): LossResult {
  const rows = logits.shape[0] as number
  const classes = logits.size / rows
  const flat = tf.reshape(logits, [rows, classes])
  const done = (gradient: tf.Tensor, value: tf.Tensor) => ({ gradient: tf.reshape(gradient, logits.shape), value })
  if (loss.kind === 'mse') {
    const difference = tf.sub(flat, targetTensor(target, [rows, classes]))
    return done(tf.mul(difference, 2 / logits.size), tf.mean(tf.square(difference)))
  }
  if (loss.kind === 'cross-entropy') {
    const wanted = oneHotOf(target, rows, classes)
    const logProbabilities = tf.logSoftmax(flat)
    return done(
      tf.mul(tf.sub(tf.softmax(flat), wanted), 1 / rows),
      tf.mul(tf.sum(tf.mul(logProbabilities, wanted)), -1 / rows),
    )
  }
  const { temperature } = loss
  const teacher = tf.mul(targetTensor(target, [rows, classes]), 1 / temperature)
  const student = tf.mul(flat, 1 / temperature)
  const wanted = tf.softmax(teacher)
  const distance = tf.sum(tf.mul(wanted, tf.sub(tf.logSoftmax(teacher), tf.logSoftmax(student))))
  return done(
    tf.mul(tf.sub(tf.softmax(student), wanted), temperature / rows),
    tf.mul(distance, (temperature * temperature) / rows),
  )
}
