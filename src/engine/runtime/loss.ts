/** Losses over the result of a network: value and gradient at the logits, means over the batch as in PyTorch. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import { toChannelsLast } from './layout'
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

/**
 * Rows with a 1 at their label, zeros where nothing is asked; how many are asked, and 1 or 0 for each of them, null where
 * all are.
 */
function oneHotOf(
  target: Target,
  rows: number,
  classes: number,
): { wanted: tf.Tensor; asked: number; weight: tf.Tensor | null } {
  const labels = target instanceof tf.Tensor ? target.dataSync() : isHost(target) ? target.data : target
  if (labels.length !== rows) {
    throw new EspalierError('SHAPE_MISMATCH', `There are ${labels.length} labels for ${rows} samples.`)
  }
  const values = new Float32Array(rows * classes)
  let asked = 0
  for (let i = 0; i < rows; i++) {
    const label = labels[i] as number
    if (label < 0 && Number.isInteger(label)) continue
    if (!Number.isInteger(label) || label >= classes) {
      throw new EspalierError(
        'DATA_LABELS_OUT_OF_RANGE',
        `Label ${label} is outside 0 to ${classes - 1}, the classes this network knows. Check the data set's labels.`,
      )
    }
    values[i * classes + label] = 1
    asked++
  }
  const wanted = tf.tensor(values, [rows, classes])
  return { wanted, asked, weight: asked === rows ? null : tf.sum(wanted, 1, true) }
}

/** A single column holds the label itself, 0 or 1; of several the label's is 1. */
function marksOf(
  target: Target,
  rows: number,
  classes: number,
): { wanted: tf.Tensor; asked: number; weight: tf.Tensor | null } {
  if (classes > 1) {
    const given = target instanceof tf.Tensor ? target.size : isHost(target) ? target.data.length : target.length
    if (given !== rows * classes) {
      const { asked, ...marks } = oneHotOf(target, rows, classes)
      return { ...marks, asked: asked * classes }
    }
    // Each column has a label of its own.
    const { wanted, weight, asked } = marksOf(target, given, 1)
    const shaped = (marks: tf.Tensor) => tf.reshape(marks, [rows, classes])
    return { wanted: shaped(wanted), weight: weight && shaped(weight), asked }
  }
  // The other of two classes is that of no mark.
  const both = oneHotOf(target, rows, 2)
  return { ...both, wanted: tf.slice(both.wanted, [0, 1], [rows, 1]) }
}

/** log(1 + e^z) without overflow, from operations that every backend has. */
export function softplus(z: tf.Tensor): tf.Tensor {
  const positive = tf.relu(z)
  const magnitude = tf.sub(tf.mul(positive, 2), z)
  return tf.add(positive, tf.log(tf.add(tf.exp(tf.neg(magnitude)), 1)))
}

/** -p log q - (1 - p) log (1 - q) of q = sigmoid(z), without overflow. */
const logistic = (z: tf.Tensor, p: tf.Tensor): tf.Tensor => tf.sub(softplus(z), tf.mul(p, z))

/** Numbers as many as the logits, given in ONNX's order, as the logits are held. */
function asHeld(target: Target, logits: tf.Tensor, layout: 'nhwc' | 'plain'): tf.Tensor {
  const given = targetTensor(target, plainShape(logits, layout))
  return layout === 'nhwc' && logits.rank > 2 ? tf.transpose(given, toChannelsLast(logits.rank)) : given
}

export interface LossResult {
  /** Of the logits' own shape. */
  readonly gradient: tf.Tensor
  /** Scalar. */
  readonly value: tf.Tensor
}

/** Axis of the classes as the logits are held; null where a sample has one result: all that is held of it are its classes. */
function classAxis(rank: number, layout: 'nhwc' | 'plain', classesLast: boolean): number | null {
  if (rank < 3) return null
  if (layout === 'plain') return classesLast ? rank - 1 : 1
  return classesLast ? rank - 2 : rank - 1
}

/** Brings one axis to the end. */
const lastOrder = (rank: number, axis: number): number[] => [
  ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis),
  axis,
]

/**
 * Means over the results: a sample each, or each position of samples that have labels or classes at every one. Labels
 * below 0 ask for nothing. Runs in the caller's tidy scope.
 * @param layout of the logits; `classesLast` in ONNX's order, else the classes follow the samples.
 * @throws SHAPE_MISMATCH, DATA_LABELS_OUT_OF_RANGE
 */
export function lossOf(
  loss: Loss,
  logits: tf.Tensor,
  target: Target,
  layout: 'nhwc' | 'plain' = 'plain',
  classesLast = false,
): LossResult {
  const axis = classAxis(logits.rank, layout, classesLast)
  const order = axis === null ? null : lastOrder(logits.rank, axis)
  const inOrder = (held: tf.Tensor) => (order ? tf.transpose(held, order) : held)
  const ordered = inOrder(logits)
  const classes = order ? (ordered.shape.at(-1) as number) : logits.size / (logits.shape[0] as number)
  const rows = logits.size / classes
  const flat = tf.reshape(ordered, [rows, classes])
  const done = (gradient: tf.Tensor, value: tf.Tensor) => {
    const shaped = tf.reshape(gradient, ordered.shape)
    const back = order?.map((_, i) => order.indexOf(i))
    return { gradient: back ? tf.transpose(shaped, back) : shaped, value }
  }
  if (loss.kind === 'mse') {
    const difference = tf.sub(logits, asHeld(target, logits, layout))
    return { gradient: tf.mul(difference, 2 / logits.size), value: tf.mean(tf.square(difference)) }
  }
  if (loss.kind === 'binary-distillation') {
    const { temperature } = loss
    const student = tf.mul(logits, 1 / temperature)
    const teacher = tf.mul(asHeld(target, logits, layout), 1 / temperature)
    const wanted = tf.sigmoid(teacher)
    const distance = tf.sub(logistic(student, wanted), logistic(teacher, wanted))
    return {
      gradient: tf.mul(tf.sub(tf.sigmoid(student), wanted), temperature / logits.size),
      value: tf.mul(tf.mean(distance), temperature * temperature),
    }
  }
  if (loss.kind === 'binary-cross-entropy') {
    const { wanted, weight, asked } = marksOf(target, rows, classes)
    const [difference, each] = [tf.sub(tf.sigmoid(flat), wanted), logistic(flat, wanted)]
    const share = 1 / Math.max(1, asked)
    return done(
      tf.mul(weight ? tf.mul(difference, weight) : difference, share),
      tf.mul(tf.sum(weight ? tf.mul(each, weight) : each), share),
    )
  }
  if (loss.kind === 'cross-entropy') {
    const { wanted, asked, weight } = oneHotOf(target, rows, classes)
    const count = Math.max(1, asked)
    const logProbabilities = tf.logSoftmax(flat)
    const difference = tf.sub(tf.softmax(flat), wanted)
    return done(
      tf.mul(weight ? tf.mul(difference, weight) : difference, 1 / count),
      tf.mul(tf.sum(tf.mul(logProbabilities, wanted)), -1 / count),
    )
  }
  const { temperature } = loss
  const teacher = tf.mul(tf.reshape(inOrder(asHeld(target, logits, layout)), [rows, classes]), 1 / temperature)
  const student = tf.mul(flat, 1 / temperature)
  const wanted = tf.softmax(teacher)
  const distance = tf.sum(tf.mul(wanted, tf.sub(tf.logSoftmax(teacher), tf.logSoftmax(student))))
  return done(
    tf.mul(tf.sub(tf.softmax(student), wanted), temperature / rows),
    tf.mul(distance, (temperature * temperature) / rows),
  )
}

/** Extents in ONNX's order. */
function plainShape({ shape }: tf.Tensor, layout: 'nhwc' | 'plain'): number[] {
  return layout === 'plain' ? [...shape] : [shape[0] as number, shape.at(-1) as number, ...shape.slice(1, -1)]
}
