/** Layers with weights: convolutions, dense layers, normalisation, embeddings. */
import { float, int, text } from '../../../graph/graph'
import type { TensorData } from '../../../graph/tensor'
import { activation } from '../../lift/activations'
import type { Lifted } from '../../lift/builder'
import {
  batchNorm,
  convolution,
  dense,
  depthwise,
  reduce,
  transposedConvolution,
  type Window,
} from '../../lift/operators'
import { asFloats, flagIn, type LayerContext, type LayerRule, nameOf, numberIn, sizesIn, textIn } from './rule'

/** The activation that a layer ends with. */
export function activated(context: LayerContext, x: Lifted, key = 'activation'): Lifted {
  const kind = nameOf(context.config[key], 'linear').toLowerCase()
  return kind === 'linear' ? x : activation(context.lift, kind, `${context.name}/${kind}`, x, context.older)
}

/** Channels-first layers see the last axis second. */
function channelsLastInput(context: LayerContext): { x: Lifted; back: (y: Lifted) => Lifted } {
  const { lift, x, config, name } = context
  if (config.data_format !== 'channels_first' || x.rank < 3) return { x, back: (y) => y }
  // The very layout of the graph: what the source calls [N, C, ...] lies so already.
  return {
    x: { value: lift.last(x), rank: x.rank, first: true, dtype: x.dtype },
    back: (y) =>
      y.first
        ? { value: y.value, rank: y.rank, first: false, dtype: y.dtype }
        : lift.refuse(`The layer "${name}" cannot work with channels first.`),
  }
}

export function windowOf(context: LayerContext, spatial: number): Window {
  const padding = textIn(context, 'padding', 'valid').toLowerCase()
  const strides = sizesIn(context, 'strides', spatial)
  const dilations = sizesIn(context, 'dilation_rate', spatial)
  if (padding === 'causal' && spatial === 1) {
    const size = sizesIn(context, 'kernel_size', 1)[0] as number
    return { strides, dilations, padding: [(size - 1) * (dilations[0] as number), 0] }
  }
  if (padding !== 'same' && padding !== 'valid') {
    context.lift.refuse(`The layer "${context.name}" pads "${padding}", which is not known to Espalier.`)
  }
  return { strides, dilations, padding: padding === 'same' ? 'SAME' : 'VALID' }
}

const biasOf = (context: LayerContext, i: number): Lifted | undefined =>
  flagIn(context, 'use_bias', true) ? context.weight(i, 'bias') : undefined

const conv =
  (spatial: number): LayerRule =>
  (context) => {
    const { x, back } = channelsLastInput(context)
    const groups = numberIn(context, 'groups', 1)
    const y = convolution(
      context.lift,
      context.name,
      x,
      context.weight(0, 'kernel'),
      biasOf(context, 1),
      windowOf(context, spatial),
      groups,
    )
    return activated(context, back(y))
  }

const depthwiseConv =
  (spatial: number): LayerRule =>
  (context) => {
    const { x, back } = channelsLastInput(context)
    const y = depthwise(
      context.lift,
      context.name,
      x,
      context.weight(0, 'depthwise_kernel'),
      biasOf(context, 1),
      windowOf(context, spatial),
    )
    return activated(context, back(y))
  }

const separable =
  (spatial: number): LayerRule =>
  (context) => {
    const { lift, name } = context
    const { x, back } = channelsLastInput(context)
    const inner = depthwise(
      lift,
      `${name}/depthwise`,
      x,
      context.weight(0, 'depthwise_kernel'),
      undefined,
      windowOf(context, spatial),
    )
    const plain: Window = { strides: Array(spatial).fill(1), dilations: Array(spatial).fill(1), padding: 'VALID' }
    const y = convolution(lift, name, inner, context.weight(1, 'pointwise_kernel'), biasOf(context, 2), plain)
    return activated(context, back(y))
  }

const transposed =
  (spatial: number): LayerRule =>
  (context) => {
    const given = context.config.output_padding
    const own = given !== null && given !== undefined
    if (own && context.older)
      context.lift.refuse(
        `The layer "${context.name}" gives its output a padding of its own, which Espalier reads from Keras 3 only. Leave output_padding out.`,
      )
    const { x, back } = channelsLastInput(context)
    const y = transposedConvolution(
      context.lift,
      context.name,
      x,
      context.weight(0, 'kernel'),
      biasOf(context, 1),
      windowOf(context, spatial),
      own
        ? [given]
            .flat()
            .concat(Array(spatial).fill([given].flat()[0]))
            .slice(0, spatial)
            .map(Number)
        : undefined,
    )
    return activated(context, back(y))
  }

const denseLayer: LayerRule = (context) =>
  activated(context, dense(context.lift, context.name, context.x, context.weight(0, 'kernel'), biasOf(context, 1)))

const filled = (like: TensorData, value: number): TensorData => ({
  dtype: 'float32',
  dims: like.dims,
  data: new Float32Array(like.data.length).fill(value),
})

const lastAxis = (context: LayerContext): number => {
  const given = context.config.axis
  const axis = Array.isArray(given) ? (given.length === 1 ? Number(given[0]) : Number.NaN) : Number(given ?? -1)
  return axis < 0 ? axis + context.x.rank : axis
}

const batchNormalization: LayerRule = (context) => {
  const { lift, name, x } = context
  const scale = flagIn(context, 'scale', true)
  const center = flagIn(context, 'center', true)
  const at = (scale ? 1 : 0) + (center ? 1 : 0)
  const mean = context.weight(at, 'moving_mean')
  const variance = context.weight(at + 1, 'moving_variance')
  const like = mean.data as TensorData
  const gamma = scale ? context.weight(0, 'gamma') : lift.constant(`${name}/gamma`, filled(like, 1))
  const beta = center ? context.weight(scale ? 1 : 0, 'beta') : lift.constant(`${name}/beta`, filled(like, 0))
  const parameters = [gamma, beta, mean, variance]
  const axis = lastAxis(context)
  const epsilon = numberIn(context, 'epsilon', 0.001)
  if (axis === x.rank - 1) return batchNorm(lift, name, x, parameters, epsilon)
  if (axis !== 1)
    return lift.refuse(
      `The layer "${name}" normalises along axis ${axis}, which Espalier does not follow. Use the axis of the channels.`,
    )
  const turned: Lifted = { value: lift.last(x), rank: x.rank, first: true, dtype: x.dtype }
  return { ...batchNorm(lift, name, turned, parameters, epsilon), first: false }
}

const layerNormalization: LayerRule = (context) => {
  const { lift, name, x } = context
  const axes = [context.config.axis ?? -1]
    .flat()
    .map((axis) => (Number(axis) < 0 ? Number(axis) + x.rank : Number(axis)))
  const first = x.rank - axes.length
  if (first < 1 || axes.some((axis, i) => axis !== first + i))
    lift.refuse(`The layer "${name}" normalises along other axes than the last ones, which Espalier does not follow.`)
  const scale = flagIn(context, 'scale', true)
  const center = flagIn(context, 'center', true)
  const beta = center ? context.weight(scale ? 1 : 0, 'beta') : undefined
  if (!scale && !beta)
    return lift.refuse(`The layer "${name}" has neither scale nor shift, which Espalier does not read.`)
  const gamma = scale
    ? context.weight(0, 'gamma')
    : lift.constant(`${name}/gamma`, filled((beta as Lifted).data as TensorData, 1))
  const inputs = [lift.last(x), lift.last(gamma), ...(beta ? [lift.last(beta)] : [])]
  const value = lift.node('LayerNormalization', name, inputs, {
    axis: int(-axes.length),
    epsilon: float(numberIn(context, 'epsilon', 0.001)),
  })
  return { value, rank: x.rank, first: false, dtype: 'float' }
}

/** x / sqrt(mean of x^2 + epsilon), scaled. */
const rmsNormalization: LayerRule = (context) => {
  const { lift, name, x } = context
  if (lastAxis(context) !== x.rank - 1)
    lift.refuse(`The layer "${name}" normalises along other axes than the last, which Espalier does not follow.`)
  const squares = lift.elementwise('Mul', `${name}/squares`, [x, x])
  const mean = reduce(lift, 'ReduceMean', `${name}/mean`, squares, [-1], true)
  const shifted = lift.elementwise('Add', `${name}/shifted`, [mean, lift.scalar(numberIn(context, 'epsilon', 1e-6))])
  const normal = lift.elementwise('Div', `${name}/normal`, [x, lift.unary('Sqrt', `${name}/root`, shifted)])
  return lift.elementwise('Mul', name, [normal, context.weight(0, 'scale')])
}

/** Any product of a value with a stored weight, by its equation. */
const einsumDense: LayerRule = (context) => {
  const { lift, name, x, config } = context
  const equation = textIn(context, 'equation', '')
  const [, result = ''] = equation.split('->')
  if (equation.includes('.'))
    lift.refuse(`The layer "${name}" has an equation of any number of axes, which Espalier does not read.`)
  const product = lift.node('Einsum', `${name}/product`, [lift.last(x), lift.last(context.weight(0, 'kernel'))], {
    equation: text(equation),
  })
  const y: Lifted = { value: product, rank: result.trim().length, first: false, dtype: 'float' }
  const biased = (config.bias_axes ?? null) === null ? y : lift.elementwise('Add', name, [y, context.weight(1, 'bias')])
  return activated(context, biased)
}

const embedding: LayerRule = (context) => {
  const { lift, name, x } = context
  const ids = x.dtype === 'float' ? lift.unary('Cast', `${name}/ids`, x, { to: int(7) }, 'integer') : x
  const value = lift.node('Gather', name, [lift.last(context.weight(0, 'embeddings')), lift.last(ids)], {
    axis: int(0),
  })
  return { value, rank: x.rank + 1, first: false, dtype: 'float' }
}

const prelu: LayerRule = (context) =>
  context.lift.elementwise('PRelu', context.name, [context.x, context.weight(0, 'alpha')])

/** (x - mean) / sqrt(variance), from the data the network was adapted to, or given by the configuration. */
const normalization: LayerRule = (context) => {
  const { lift, name, config } = context
  const x = asFloats(context)
  const given = (key: 'mean' | 'variance') => {
    const value = config[key]
    if (value === undefined || value === null) return undefined
    const flat = (Array.isArray(value) ? value.flat(8) : [value]).map(Number)
    return lift.constant(`${name}/${key}`, { dtype: 'float32', dims: [flat.length], data: Float32Array.from(flat) })
  }
  const axes = (Array.isArray(config.axis) ? config.axis : [config.axis ?? -1]).map((axis) => {
    const at = Number(axis)
    return at < 0 ? at + x.rank : at
  })
  const inOrder = axes.every((axis, i) => axis > (axes[i - 1] ?? 0) && axis < x.rank)
  if (!inOrder)
    return lift.refuse(`The layer "${name}" normalises along the axes ${axes}, which Espalier does not follow.`)
  if (config.invert === true)
    return lift.refuse(`The layer "${name}" undoes a normalisation, which Espalier does not read.`)
  const mean = given('mean') ?? context.weight(0, 'mean')
  const variance = given('variance') ?? context.weight(1, 'variance')
  const spread = Float32Array.from(
    (variance.data as TensorData).data as Float32Array,
    (value) => 1 / Math.max(Math.sqrt(value), 1e-7),
  )
  // Axes between those that are kept have one number for all their positions.
  const kept = (mean.data as TensorData).dims
  const single = spread.length === 1
  const dims = Array.from({ length: x.rank - (axes[0] as number) }, (_, i) => {
    const k = axes.indexOf(i + (axes[0] as number))
    return k < 0 || single ? 1 : kept.length === axes.length ? (kept[k] as number) : spread.length
  })
  if (dims.reduce((a, b) => a * b, 1) !== spread.length)
    lift.invalid(`The statistics of the layer "${name}" do not fit its axes.`)
  const centre = lift.constant(`${name}/mean`, { ...(mean.data as TensorData), dims })
  const centred = lift.elementwise('Sub', `${name}/centred`, [x, centre])
  if (spread.every((value) => value === 1)) return centred
  const scale = lift.constant(`${name}/scale`, { dtype: 'float32', dims, data: spread })
  return lift.elementwise('Mul', name, [centred, scale])
}

/** Channels in groups, each normalised by itself. */
const groupNormalization: LayerRule = (context) => {
  const { lift, name, x } = context
  if (lastAxis(context) !== x.rank - 1)
    lift.refuse(`The layer "${name}" normalises groups of another axis than the last, which Espalier does not follow.`)
  const scale = flagIn(context, 'scale', true)
  const center = flagIn(context, 'center', true)
  if (!scale && !center)
    return lift.refuse(`The layer "${name}" has neither scale nor shift, which Espalier does not read.`)
  const some = context.weight(0, scale ? 'gamma' : 'beta')
  const channels = (some.data as TensorData).data.length
  const gamma = scale ? some : lift.constant(`${name}/gamma`, filled(some.data as TensorData, 1))
  const beta = center
    ? context.weight(scale ? 1 : 0, 'beta')
    : lift.constant(`${name}/beta`, filled(some.data as TensorData, 0))
  const given = numberIn(context, 'groups', 32)
  const value = lift.node('GroupNormalization', name, [lift.first(x), lift.last(gamma), lift.last(beta)], {
    num_groups: int(given === -1 ? channels : given),
    epsilon: float(numberIn(context, 'epsilon', 0.001)),
  })
  return { value, rank: x.rank, first: x.rank > 2, dtype: 'float' }
}

export const weightedLayers: Readonly<Record<string, LayerRule>> = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  Conv3D: conv(3),
  DepthwiseConv1D: depthwiseConv(1),
  DepthwiseConv2D: depthwiseConv(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  Conv1DTranspose: transposed(1),
  Conv2DTranspose: transposed(2),
  Conv3DTranspose: transposed(3),
  Dense: denseLayer,
  BatchNormalization: batchNormalization,
  SyncBatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rmsNormalization,
  EinsumDense: einsumDense,
  Normalization: normalization,
  Embedding: embedding,
  PReLU: prelu,
  // Of Keras' own ConvNeXt: one factor a channel.
  LayerScale: (context) => context.lift.elementwise('Mul', context.name, [context.x, context.weight(0, 'gamma')]),
}
