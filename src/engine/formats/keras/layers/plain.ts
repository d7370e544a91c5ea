/** Layers without weights: pooling, merging, shapes, activations, and what does nothing outside training. */
import { float, int } from '../../../graph/graph'
import { activation, clip } from '../../lift/activations'
import type { Lift, Lifted } from '../../lift/builder'
import { concat, pad, pool, reduce, reshape, resize, slice, softmax, squeeze, transpose } from '../../lift/operators'
import { keptSteps, maskedMean, withoutMasked } from '../masks'
import {
  asFloats,
  flagIn,
  type LayerContext,
  type LayerRule,
  nameOf,
  numberIn,
  operandsOf,
  requireChannelsLast,
  sizesIn,
  textIn,
} from './rule'

const nothing: LayerRule = ({ x }) => x

const pooling =
  (op: 'MaxPool' | 'AveragePool', spatial: number): LayerRule =>
  (context) => {
    requireChannelsLast(context)
    const size = sizesIn(context, 'pool_size', spatial, 2)
    const strides = sizesIn(context, 'strides', spatial, size)
    const padding = textIn(context, 'padding', 'valid') === 'same' ? 'SAME' : 'VALID'
    return pool(context.lift, op, context.name, context.x, size, strides, padding)
  }

const globalPooling =
  (op: 'ReduceMean' | 'ReduceMax'): LayerRule =>
  (context) => {
    requireChannelsLast(context)
    const axes = Array.from({ length: context.x.rank - 2 }, (_, i) => i + 1)
    return reduce(context.lift, op, context.name, context.x, axes, flagIn(context, 'keepdims', false))
  }

/** Over the steps that count, where some do not. */
const averageOfSteps: LayerRule = (context) => {
  const { lift, name, x } = context
  if (x.mask === undefined) return globalPooling('ReduceMean')(context)
  requireChannelsLast(context)
  return maskedMean(lift, x, x.mask, flagIn(context, 'keepdims', false), name)
}

const masking: LayerRule = (context) => {
  const { lift, name, x } = context
  if (x.rank !== 3) lift.refuse(`The layer "${name}" masks a value of ${x.rank} axes, which Espalier does not read.`)
  const mask = keptSteps(lift, x, numberIn(context, 'mask_value', 0), name)
  return { ...withoutMasked(lift, x, mask, name), mask }
}

const merging =
  (op: string): LayerRule =>
  (context) => {
    const { lift, name } = context
    const operands = operandsOf(context)
    return operands
      .slice(1)
      .reduce(
        (sum, next, i) => lift.elementwise(op, i === operands.length - 2 ? name : `${name}/${i}`, [sum, next]),
        operands[0] as Lifted,
      )
  }

/** Of Keras' own Inception-ResNet: the second value, scaled, is added to the first. */
const scaledSum: LayerRule = (context) => {
  const { lift, name, inputs } = context
  const [x, y] = inputs as readonly [Lifted, Lifted?]
  if (!y) return lift.invalid(`The layer "${name}" adds two values and is given one.`)
  const scaled = lift.elementwise('Mul', `${name}/scaled`, [
    y,
    lift.scalar(numberIn(context, 'scale', 1), `${name}/scale`),
  ])
  return lift.elementwise('Add', name, [x, scaled])
}

const average: LayerRule = (context) => {
  const { lift, name, inputs } = context
  const sum = merging('Add')({ ...context, name: `${name}/sum` }) as Lifted
  return lift.elementwise('Mul', name, [sum, lift.scalar(1 / inputs.length, `${name}/share`)])
}

/** [before, after] an axis: a number for all, one an axis, or both. */
function borders(context: LayerContext, key: string, spatial: number): [number, number][] {
  const given = context.config[key] ?? 1
  const list: unknown[] = Array.isArray(given) ? given : Array(spatial).fill(given)
  const pairs = spatial === 1 && list.length === 2 && list.every((each) => typeof each === 'number') ? [list] : list
  const read = pairs.map((each) => (Array.isArray(each) ? each : [each, each]) as [number, number])
  const good =
    read.length === spatial &&
    read.every((pair) => pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0))
  return good ? read : context.lift.invalid(`The ${key} of the layer "${context.name}" is not one for each axis.`)
}

const zeroPadding =
  (spatial: number): LayerRule =>
  (context) => {
    requireChannelsLast(context)
    return pad(
      context.lift,
      context.name,
      context.x,
      [[0, 0], ...borders(context, 'padding', spatial), [0, 0]],
      'constant',
    )
  }

const cropping =
  (spatial: number): LayerRule =>
  (context) => {
    requireChannelsLast(context)
    const ranges = borders(context, 'cropping', spatial).map(([before, after], i) => ({
      axis: i + 1,
      begin: before,
      end: after === 0 ? 2 ** 31 - 1 : -after,
      step: 1,
    }))
    return slice(context.lift, context.name, context.x, ranges)
  }

const upSampling: LayerRule = (context) => {
  requireChannelsLast(context)
  const { lift, name, x } = context
  const interpolation = textIn(context, 'interpolation', 'nearest')
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    lift.refuse(
      `The layer "${name}" enlarges by ${interpolation} interpolation, which Espalier does not read. Use nearest or bilinear.`,
    )
  }
  const scales = sizesIn(context, 'size', x.rank - 2, 2)
  const nearest = interpolation === 'nearest'
  return resize(lift, name, x, { scales }, nearest ? 'nearest' : 'linear', nearest ? 'asymmetric' : 'half_pixel')
}

const reshapeLayer: LayerRule = (context) => {
  const { newshape } = context.config
  // The operation of keras.ops names the batch too; null is an extent of the value itself.
  if (Array.isArray(newshape))
    return reshape(
      context.lift,
      context.name,
      context.x,
      newshape.map((dim) => (dim === null ? 0 : Number(dim))),
    )
  const target = context.config.target_shape
  const good = Array.isArray(target) && target.every((dim) => Number.isSafeInteger(dim) && (dim > 0 || dim === -1))
  if (!good) return context.lift.invalid(`The target of the layer "${context.name}" is not a shape.`)
  return reshape(context.lift, context.name, context.x, [0, ...(target as number[])])
}

const flatten: LayerRule = ({ lift, name, x }) => (x.rank === 2 ? x : reshape(lift, name, x, [0, -1]))

const permute: LayerRule = ({ lift, name, config, x }) => {
  const dims = config.dims
  const good =
    Array.isArray(dims) && [...dims].sort().join() === Array.from({ length: x.rank - 1 }, (_, i) => i + 1).join()
  if (!good) return lift.invalid(`The order of axes of the layer "${name}" does not fit its input.`)
  return transpose(lift, name, x, [0, ...(dims as number[])])
}

const relu: LayerRule = (context) => {
  const { lift, name, x, config } = context
  const slope = numberIn(context, 'negative_slope', 0)
  if (numberIn(context, 'threshold', 0) !== 0)
    lift.refuse(`The layer "${name}" has a threshold, which Espalier does not read.`)
  const top = typeof config.max_value === 'number' ? config.max_value : undefined
  if (slope !== 0) {
    const leaky = lift.unary('LeakyRelu', top === undefined ? name : `${name}/leaky`, x, { alpha: float(slope) })
    return top === undefined ? leaky : clip(lift, name, leaky, undefined, top)
  }
  return top === undefined ? lift.unary('Relu', name, x) : clip(lift, name, x, 0, top)
}

/** A number, or one for each channel. */
function channelwise(context: LayerContext, key: string, fallback: number): Lifted {
  const given = context.config[key] ?? fallback
  const values: unknown[] = Array.isArray(given) ? given : [given]
  if (!values.every((value) => typeof value === 'number' && Number.isFinite(value))) {
    return context.lift.invalid(`The ${key} of the layer "${context.name}" is not a number, nor one for each channel.`)
  }
  const data = Float32Array.from(values as number[])
  return context.lift.constant(`${context.name}/${key}`, {
    dtype: 'float32',
    dims: Array.isArray(given) ? [data.length] : [],
    data,
  })
}

const rescaling: LayerRule = (context) => {
  const { lift, name, config } = context
  const x = asFloats(context)
  const scaled =
    config.scale === 1
      ? x
      : lift.elementwise('Mul', config.offset === 0 ? name : `${name}/scale`, [x, channelwise(context, 'scale', 1)])
  return config.offset === 0 ? scaled : lift.elementwise('Add', name, [scaled, channelwise(context, 'offset', 0)])
}

const softmaxLayer: LayerRule = (context) => {
  const { axis } = context.config
  const given = Array.isArray(axis) ? (axis.length === 1 ? Number(axis[0]) : Number.NaN) : Number(axis ?? -1)
  if (!Number.isInteger(given))
    return context.lift.refuse(`The layer "${context.name}" works along several axes, which Espalier does not read.`)
  return softmax(context.lift, 'Softmax', context.name, context.x, given)
}

/** x / sqrt(max(sum x^2, 1e-12)) */
function ofLengthOne(lift: Lift, name: string, x: Lifted, axis: number): Lifted {
  const squares = lift.elementwise('Mul', `${name}/squares`, [x, x])
  const sum = reduce(lift, 'ReduceSum', `${name}/sum`, squares, [axis], true)
  const bounded = clip(lift, `${name}/bounded`, sum, 1e-12, undefined)
  return lift.elementwise('Div', name, [x, lift.unary('Sqrt', `${name}/length`, bounded)])
}

const unitNormalization: LayerRule = ({ lift, name, x, config }) => {
  const axis = Array.isArray(config.axis)
    ? config.axis.length === 1
      ? Number(config.axis[0])
      : Number.NaN
    : Number(config.axis ?? -1)
  if (!Number.isInteger(axis))
    return lift.refuse(`The layer "${name}" works along several axes, which Espalier does not read.`)
  return ofLengthOne(lift, name, x, axis)
}

/** Products of two values of two or three axes along one axis each. */
const dot: LayerRule = (context) => {
  const { lift, name, inputs, config } = context
  const [first, second] = inputs
  const rank = first?.rank ?? 0
  if (!first || !second || second.rank !== rank || (rank !== 2 && rank !== 3))
    return lift.refuse(
      `The layer "${name}" multiplies values of other ranks than 2 or 3, which Espalier does not read.`,
    )
  const [left = rank - 1, right = 1] = (Array.isArray(config.axes) ? config.axes : [config.axes, config.axes]).map(
    (axis) => (Number(axis) < 0 ? Number(axis) + rank : Number(axis)),
  )
  if ([left, right].some((axis) => axis < 1 || axis >= rank))
    return lift.invalid(`The axes of the layer "${name}" do not exist.`)
  const sides = config.normalize === true ? ['left', 'right'] : []
  const [a = first, b = second] = sides.map((side, i) =>
    ofLengthOne(lift, `${name}/${side}/normal`, i === 0 ? first : second, i === 0 ? left : right),
  )
  if (rank === 2) return reduce(lift, 'ReduceSum', name, lift.elementwise('Mul', `${name}/products`, [a, b]), [1], true)
  const turned = (x: Lifted, wrong: boolean, side: string) =>
    wrong ? lift.last(transpose(lift, `${name}/${side}`, x, [0, 2, 1])) : lift.last(x)
  const value = lift.node('MatMul', name, [turned(a, left === 1, 'left'), turned(b, right === 2, 'right')])
  return { value, rank: 3, first: false, dtype: 'float' }
}

/** [batch, features] for every one of n steps. */
const repeatVector: LayerRule = (context) => {
  const { lift, name, x } = context
  const one = lift.node('Unsqueeze', `${name}/step`, [lift.last(x), lift.numbers('axes', [1])])
  const shape = lift.numbers(`${name}/steps`, [1, numberIn(context, 'n', 1), 1])
  return { value: lift.node('Expand', name, [one, shape]), rank: 3, first: false, dtype: x.dtype }
}

/** Numbers of classes as rows: a one where the class stands. */
const categoryEncoding: LayerRule = (context) => {
  const { lift, name, x, inputs } = context
  const mode = textIn(context, 'output_mode', 'multi_hot')
  if (inputs.length > 1) return lift.refuse(`The layer "${name}" weighs what it counts, which Espalier does not read.`)
  const ids = lift.unary('Cast', `${name}/ids`, x, { to: int(7) }, 'integer')
  const values = lift.store(`${name}/values`, { dtype: 'float32', dims: [2], data: Float32Array.of(0, 1) })
  const depth = lift.numbers(`${name}/depth`, [numberIn(context, 'num_tokens', 1)], true)
  const rows = lift.node('OneHot', `${name}/rows`, [lift.last(ids), depth, values], { axis: int(-1) })
  const made: Lifted = { value: rows, rank: x.rank + 1, first: false, dtype: 'float' }
  // Classes of one sample lie along its last axis; the only one of them is dropped.
  const single = x.rank > 1 && lift.shapeOf(lift.last(x))?.at(-1) === 1
  if (mode === 'one_hot') return single ? squeeze(lift, name, made, [x.rank - 1]) : made
  return x.rank === 1
    ? made
    : reduce(lift, mode === 'count' ? 'ReduceSum' : 'ReduceMax', name, made, [x.rank - 1], false)
}

const resizing: LayerRule = (context) => {
  requireChannelsLast(context)
  const { lift, name, config } = context
  const x = asFloats(context)
  const plain = textIn(context, 'interpolation', 'bilinear') === 'bilinear' && config.antialias !== true
  if (!plain || config.crop_to_aspect_ratio === true || config.pad_to_aspect_ratio === true)
    return lift.refuse(`The layer "${name}" resizes in another way than bilinear, which Espalier does not read.`)
  return resize(
    lift,
    name,
    x,
    { sizes: [numberIn(context, 'height', 1), numberIn(context, 'width', 1)] },
    'linear',
    'half_pixel',
  )
}

export const plainLayers: Readonly<Record<string, LayerRule>> = {
  Dropout: nothing,
  SpatialDropout1D: nothing,
  SpatialDropout2D: nothing,
  SpatialDropout3D: nothing,
  AlphaDropout: nothing,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
  ActivityRegularization: nothing,
  RandomFlip: nothing,
  RandomRotation: nothing,
  RandomZoom: nothing,
  RandomTranslation: nothing,
  RandomContrast: nothing,
  RandomBrightness: nothing,
  StochasticDepth: nothing,
  Identity: nothing,
  Activation: (context) =>
    activation(
      context.lift,
      nameOf(context.config.activation, 'linear').toLowerCase(),
      context.name,
      context.x,
      context.older,
    ),
  ReLU: relu,
  LeakyReLU: (context) =>
    context.lift.unary('LeakyRelu', context.name, context.x, {
      alpha: float(numberIn(context, context.config.alpha === undefined ? 'negative_slope' : 'alpha', 0.3)),
    }),
  ELU: (context) => context.lift.unary('Elu', context.name, context.x, { alpha: float(numberIn(context, 'alpha', 1)) }),
  Softmax: softmaxLayer,
  UnitNormalization: unitNormalization,
  Dot: dot,
  MaxPooling1D: pooling('MaxPool', 1),
  MaxPooling2D: pooling('MaxPool', 2),
  MaxPooling3D: pooling('MaxPool', 3),
  AveragePooling1D: pooling('AveragePool', 1),
  AveragePooling2D: pooling('AveragePool', 2),
  AveragePooling3D: pooling('AveragePool', 3),
  GlobalAveragePooling1D: averageOfSteps,
  GlobalAveragePooling2D: globalPooling('ReduceMean'),
  GlobalAveragePooling3D: globalPooling('ReduceMean'),
  GlobalMaxPooling1D: globalPooling('ReduceMax'),
  GlobalMaxPooling2D: globalPooling('ReduceMax'),
  GlobalMaxPooling3D: globalPooling('ReduceMax'),
  Add: merging('Add'),
  Multiply: merging('Mul'),
  Subtract: merging('Sub'),
  Maximum: merging('Max'),
  Minimum: merging('Min'),
  Average: average,
  CustomScaleLayer: scaledSum,
  Concatenate: (context) => concat(context.lift, context.name, context.inputs, numberIn(context, 'axis', -1)),
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  ZeroPadding3D: zeroPadding(3),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  Cropping3D: cropping(3),
  UpSampling1D: upSampling,
  UpSampling2D: upSampling,
  UpSampling3D: upSampling,
  Resizing: resizing,
  CategoryEncoding: categoryEncoding,
  RepeatVector: repeatVector,
  Reshape: reshapeLayer,
  Flatten: flatten,
  Permute: permute,
  Rescaling: rescaling,
  Masking: masking,
}
