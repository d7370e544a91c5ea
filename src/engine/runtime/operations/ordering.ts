/** Operations that find the largest, and that write rows into a value. */
import * as tf from '@tensorflow/tfjs-core'
import { flagOf, numberOf, registerOperation } from './operation'

for (const op of ['ArgMax', 'ArgMin'] as const) {
  registerOperation({
    op,
    run: ([x], attributes) => [(op === 'ArgMax' ? tf.argMax : tf.argMin)(x as tf.Tensor, numberOf(attributes, 'axis'))],
    gradient: () => [null],
  })
}

/** Where row r has its places in a flattened value of rows of `width`. */
function flatPlaces(places: tf.Tensor, width: number): tf.Tensor1D {
  const each = places.shape.at(-1) as number
  const rows = places.size / each
  const starts = tf.tensor(
    Int32Array.from({ length: rows }, (_, r) => r * width),
    [rows, 1],
  )
  return tf.reshape(tf.add(tf.reshape(tf.cast(places, 'int32'), [rows, each]), starts), [-1])
}

registerOperation({
  op: 'TopKV2',
  needs: { outputs: true },
  run: ([x], attributes) => {
    const { values, indices } = tf.topk(x as tf.Tensor, numberOf(attributes, 'k'), true)
    return [values, indices]
  },
  gradient({ dy, outputs, inputShapes }) {
    const shape = inputShapes[0] as readonly number[]
    const [flowing] = dy
    if (!flowing) return [null]
    const size = shape.reduce((a, b) => a * b, 1)
    const places = flatPlaces(outputs[1] as tf.Tensor, shape.at(-1) as number)
    return [tf.reshape(tf.unsortedSegmentSum(tf.reshape(flowing, [-1]), places, size), [...shape])]
  },
})

/** How often each of `rows` rows is written, as a column. */
const writtenTo = (places: tf.Tensor, rows: number): tf.Tensor =>
  tf.unsortedSegmentSum(tf.ones([places.size, 1]), tf.reshape(places, [-1]) as tf.Tensor1D, rows)

/** Rows [n, width] written into a value [rows, width] at n places, or added to what lies there. */
registerOperation({
  op: 'ScatterRows',
  needs: { inputs: [1] },
  run([data, places, updates], attributes) {
    const [held, at, given] = [data, places, updates] as [tf.Tensor, tf.Tensor1D, tf.Tensor]
    const rows = held.shape[0] as number
    const sums = tf.unsortedSegmentSum(given, at, rows)
    if (flagOf(attributes, 'add')) return [tf.add(held, sums)]
    const count = writtenTo(at, rows)
    // What is written twice has no order in ONNX. Whole numbers stay such: TensorFlow chooses between equal types only.
    const written = tf.cast(tf.div(sums, tf.maximum(count, 1)), held.dtype)
    return [tf.where(tf.greater(count, 0), written, held)]
  },
  gradient({ dy, inputs, inputShapes, attributes, wants }) {
    const flowing = dy[0] as tf.Tensor
    const at = inputs[1] as tf.Tensor1D
    const rows = (inputShapes[0] as readonly number[])[0] as number
    const left = () => tf.mul(flowing, tf.cast(tf.equal(writtenTo(at, rows), 0), 'float32'))
    return [
      wants(0) ? (flagOf(attributes, 'add') ? flowing.clone() : left()) : null,
      null,
      wants(2) ? tf.gather(flowing, at) : null,
    ]
  },
})
