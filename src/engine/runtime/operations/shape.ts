/** Operations that move elements without computing: reshape, transpose, concat, split, slice, pad, gather, tile. */
import * as tf from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import { type GradientContext, numberOf, numbersOf, registerOperation } from './operation'

const flowing = (context: GradientContext): tf.Tensor => context.dy[0] as tf.Tensor

const inverse = (permutation: readonly number[]): number[] => {
  const result = new Array<number>(permutation.length)
  permutation.forEach((axis, i) => {
    result[axis] = i
  })
  return result
}

/** Pads as pairs from a flat list [before, after, before, after, ...]. */
const pairs = (flat: readonly number[]): [number, number][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as number, flat[2 * i + 1] as number])

registerOperation({
  op: 'Reshape',
  run: ([x], attributes) => [tf.reshape(x as tf.Tensor, numbersOf(attributes, 'shape'))],
  gradient: (context) => [tf.reshape(flowing(context), [...(context.inputShapes[0] as readonly number[])])],
})

registerOperation({
  op: 'Transpose',
  run: ([x], attributes) => [tf.transpose(x as tf.Tensor, numbersOf(attributes, 'perm'))],
  gradient: (context) => [tf.transpose(flowing(context), inverse(numbersOf(context.attributes, 'perm')))],
})

registerOperation({
  op: 'ConcatV2',
  run: (inputs, attributes) => [
    inputs.length === 1 ? (inputs[0] as tf.Tensor).clone() : tf.concat([...inputs], numberOf(attributes, 'axis')),
  ],
  gradient(context) {
    const axis = numberOf(context.attributes, 'axis')
    const dy = flowing(context)
    const sizes = context.inputShapes.map((shape) => shape[axis] as number)
    return sizes.length === 1 ? [dy.clone()] : tf.split(dy, sizes, axis)
  },
})

registerOperation({
  op: 'SplitV',
  run: ([x], attributes) => {
    const sizes = numbersOf(attributes, 'size_splits')
    return sizes.length === 1
      ? [(x as tf.Tensor).clone()]
      : tf.split(x as tf.Tensor, sizes, numberOf(attributes, 'axis'))
  },
  gradient(context) {
    const parts = context.dy.map((dy, i) => dy ?? tf.zeros([...(context.outputShapes[i] as readonly number[])]))
    return [
      parts.length === 1 ? (parts[0] as tf.Tensor).clone() : tf.concat(parts, numberOf(context.attributes, 'axis')),
    ]
  },
})

/** Attributes `begin` and `size`, -1 for the rest of an axis. */
registerOperation({
  op: 'Slice',
  run: ([x], attributes) => [tf.slice(x as tf.Tensor, numbersOf(attributes, 'begin'), numbersOf(attributes, 'size'))],
  gradient(context) {
    const begin = numbersOf(context.attributes, 'begin')
    const from = context.inputShapes[0] as readonly number[]
    const size = context.outputShapes[0] as readonly number[]
    const paddings = from.map((dim, i): [number, number] => {
      const start = begin[i] as number
      return [start, dim - start - (size[i] as number)]
    })
    return [tf.pad(flowing(context), paddings)]
  },
})

registerOperation({
  op: 'StridedSlice',
  run: ([x], attributes) => [
    tf.stridedSlice(
      x as tf.Tensor,
      numbersOf(attributes, 'begin'),
      numbersOf(attributes, 'end'),
      numbersOf(attributes, 'strides'),
      numberOf(attributes, 'begin_mask'),
      numberOf(attributes, 'end_mask'),
    ),
  ],
})

registerOperation({
  op: 'PadV2',
  run: ([x], attributes) => [
    tf.pad(x as tf.Tensor, pairs(numbersOf(attributes, 'paddings')), numberOf(attributes, 'constant_value')),
  ],
  gradient(context) {
    const begin = pairs(numbersOf(context.attributes, 'paddings')).map(([before]) => before)
    return [tf.slice(flowing(context), begin, [...(context.inputShapes[0] as readonly number[])])]
  },
})

registerOperation({
  op: 'MirrorPad',
  run: ([x], attributes) => [
    tf.mirrorPad(
      x as tf.Tensor,
      pairs(numbersOf(attributes, 'paddings')),
      attributes.mode === 'SYMMETRIC' ? 'symmetric' : 'reflect',
    ),
  ],
})

registerOperation({
  op: 'Tile',
  run: ([x], attributes) => [tf.tile(x as tf.Tensor, numbersOf(attributes, 'multiples'))],
  gradient(context) {
    const multiples = numbersOf(context.attributes, 'multiples')
    const shape = context.inputShapes[0] as readonly number[]
    const split = shape.flatMap((dim, i) => [multiples[i] as number, dim])
    const axes = shape.map((_, i) => 2 * i)
    return [tf.sum(tf.reshape(flowing(context), split), axes)]
  },
})

registerOperation({
  op: 'ReverseV2',
  run: ([x], attributes) => [tf.reverse(x as tf.Tensor, numbersOf(attributes, 'dims'))],
  gradient: (context) => [tf.reverse(flowing(context), numbersOf(context.attributes, 'dims'))],
})

/** ONNX counts negative indices from the end; TF does not know them. */
const fromTheFront = (indices: tf.Tensor, extent: number): tf.Tensor =>
  tf.where(tf.less(indices, 0), tf.add(indices, tf.scalar(extent, 'int32')), indices)

/** Rows [samples, n] of each sample's own `extent` rows, as rows of all samples behind each other. */
function ownRows(indices: tf.Tensor, extent: number): tf.Tensor1D {
  const base = tf.mul(tf.range(0, indices.shape[0] as number, 1, 'int32'), tf.scalar(extent, 'int32'))
  const rows = tf.add(fromTheFront(indices, extent), tf.expandDims(base, 1))
  return tf.reshape(tf.cast(rows, 'int32'), [-1]) as tf.Tensor1D
}

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1)

/** Along an axis; with `batch_dims` of 1, along the second, where each sample has indices of its own. */
registerOperation({
  op: 'GatherV2',
  needs: { inputs: [1] },
  run: ([x, indices], attributes) => {
    const axis = numberOf(attributes, 'axis')
    const { shape } = x as tf.Tensor
    const wanted = indices as tf.Tensor
    const extent = shape[axis] as number
    if (attributes.batch_dims !== 1)
      return [tf.gather(x as tf.Tensor, tf.cast(fromTheFront(wanted, extent), 'int32'), axis)]
    const rest = shape.slice(2)
    const rows = tf.reshape(x as tf.Tensor, [(shape[0] as number) * extent, size(rest)])
    return [tf.reshape(tf.gather(rows, ownRows(wanted, extent)), [...wanted.shape, ...rest])]
  },
  gradient(context) {
    const axis = numberOf(context.attributes, 'axis')
    const shape = context.inputShapes[0] as readonly number[]
    const indices = context.inputs[1] as tf.Tensor
    const extent = shape[axis] as number
    if (context.attributes.batch_dims === 1) {
      const given = tf.reshape(flowing(context), [indices.size, size(shape.slice(2))])
      const summed = tf.unsortedSegmentSum(given, ownRows(indices, extent), (shape[0] as number) * extent)
      return [tf.reshape(summed, [...shape]), null]
    }
    const before = size(shape.slice(0, axis))
    const rows = tf.transpose(
      tf.reshape(flowing(context), [before, indices.size, size(shape.slice(axis + 1))]),
      [1, 0, 2],
    )
    const wrapped = tf.cast(tf.reshape(fromTheFront(indices, extent), [-1]), 'int32') as tf.Tensor1D
    const summed = tf.unsortedSegmentSum(rows, wrapped, extent)
    return [tf.reshape(tf.transpose(summed, [1, 0, 2]), [...shape]), null]
  },
})

/** What cannot be differentiated says so by name. @throws MODEL_UNSUPPORTED_FEATURE */
export function refuseGradient(op: string, node: string): never {
  throw new EspalierError(
    'MODEL_UNSUPPORTED_FEATURE',
    `Gradients cannot pass through ${op} (node "${node}"), so a strategy or training that needs them cannot be used on this network. Choose one that works without gradients.`,
  )
}
