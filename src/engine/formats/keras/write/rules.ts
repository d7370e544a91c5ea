/** One rule an operator: the Keras layer that computes it, or why there is none. */
import { type Dim, type GraphNode, numberAttribute, numbersAttribute, stringAttribute } from '../../../graph/graph'
import { type TensorData, toFloat32, toNumbers } from '../../../graph/tensor'
import { fromFirst, permuteTensor, reshapeTensor } from '../../lift/layout'
import { type KerasNetwork, perChannel, type Written } from './network'

type Rule = (network: KerasNetwork, node: GraphNode) => Written

const outputShape = (network: KerasNetwork, node: GraphNode): readonly Dim[] =>
  network.shapeOf(node, node.outputs[0] as string)

const zeros = (count: number): TensorData => ({ dtype: 'float32', dims: [count], data: new Float32Array(count) })
const dimension = (spatial: number) => `${spatial}D`

/** [begin, end] an axis from ONNX' two halves. */
const pairsOf = (pads: readonly number[]) =>
  pads.slice(0, pads.length / 2).map((begin, i) => [begin, pads[pads.length / 2 + i] as number])

/** Whether Keras' "same" gives exactly these pads. */
function isSame(
  input: readonly Dim[],
  sizes: readonly number[],
  strides: readonly number[],
  pads: readonly number[][],
): boolean {
  return pads.every(([begin, end], i) => {
    const extent = input[i + 2]
    const stride = strides[i] as number
    if (typeof extent !== 'number' && stride !== 1) return false
    const out = stride === 1 ? 0 : Math.ceil((extent as number) / stride)
    const total =
      stride === 1
        ? (sizes[i] as number) - 1
        : Math.max(0, (out - 1) * stride + (sizes[i] as number) - (extent as number))
    return begin === Math.floor(total / 2) && end === total - Math.floor(total / 2)
  })
}

/** A border of zeros as a layer of its own. */
function bordered(network: KerasNetwork, name: string, x: Written, pads: readonly number[][]): Written {
  const spatial = x.shape.length - 2
  const shape = x.shape.map((dim, axis) => {
    const [begin = 0, end = 0] = pads[axis - 2] ?? []
    return typeof dim === 'number' ? dim + begin + end : dim
  })
  return network.add(
    `ZeroPadding${dimension(spatial)}`,
    `${name}_pad`,
    [x],
    { padding: spatial === 1 ? pads[0] : pads },
    shape,
    true,
  )
}

/** Canonical graphs have explicit pads; others are refused rather than misread. */
function padsOf(network: KerasNetwork, node: GraphNode, spatial: number): number[][] {
  if (stringAttribute(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return network.refuse(node, 'its pads are not numbers')
  return pairsOf(numbersAttribute(node, 'pads', undefined) ?? Array<number>(2 * spatial).fill(0))
}

const conv: Rule = (network, node) => {
  const weight = network.constant(node, 1)
  const rank = weight.dims.length
  const spatial = rank - 2
  let x = network.last(network.value(node, 0))
  const groups = numberAttribute(node, 'group', 1)
  const strides = network.spatial(node, 'strides', rank)
  const dilations = network.spatial(node, 'dilations', rank)
  const size = weight.dims.slice(2)
  const pads = padsOf(network, node, spatial)
  const reach = size.map((each, i) => (each - 1) * (dilations[i] as number) + 1)
  const none = pads.flat().every((pad) => pad === 0)
  const same = !none && isSame(x.shape, reach, strides, pads)
  if (!none && !same) x = bordered(network, node.name, x, pads)
  const bias = node.inputs[2] ? [network.constant(node, 2)] : []
  const shared = {
    kernel_size: size,
    strides,
    padding: same ? 'same' : 'valid',
    data_format: 'channels_last',
    dilation_rate: dilations,
    use_bias: bias.length > 0,
    activation: 'linear',
  }
  const [out = 0, inner = 0] = weight.dims
  const axes = Array.from({ length: spatial }, (_, i) => i + 2)
  const shape = outputShape(network, node)
  if (groups > 1 && inner === 1 && spatial <= 2) {
    const multiplier = out / groups
    const split = reshapeTensor(weight, [groups, multiplier, ...size])
    const kernel = permuteTensor(split, [...axes, 0, 1])
    // TensorFlow strides depthwise windows alike along both axes.
    if (new Set(strides).size === 1) {
      return network.add(
        `DepthwiseConv${dimension(spatial)}`,
        node.name,
        [x],
        { ...shared, depth_multiplier: multiplier },
        shape,
        true,
        [kernel, ...bias],
      )
    }
  }
  const kernel = permuteTensor(weight, [...axes, 1, 0])
  return network.add(`Conv${dimension(spatial)}`, node.name, [x], { ...shared, filters: out, groups }, shape, true, [
    kernel,
    ...bias,
  ])
}

const convTranspose: Rule = (network, node) => {
  const weight = network.constant(node, 1)
  const rank = weight.dims.length
  const spatial = rank - 2
  if (numberAttribute(node, 'group', 1) !== 1)
    return network.refuse(node, 'Keras has no transposed convolution in groups')
  const x = network.last(network.value(node, 0))
  const strides = network.spatial(node, 'strides', rank)
  const dilations = network.spatial(node, 'dilations', rank)
  const size = weight.dims.slice(2)
  const pads = padsOf(network, node, spatial)
  const extra = numbersAttribute(node, 'output_padding', undefined) ?? Array<number>(spatial).fill(0)
  // Keras fills up to the stride by itself; what is left over is cut off.
  const own = size.map((each, i) => Math.max(0, (strides[i] as number) - ((each - 1) * (dilations[i] as number) + 1)))
  const cut = pads.map(([begin = 0, end = 0], i) => [begin, end - (extra[i] as number) + (own[i] as number)])
  if (cut.flat().some((each) => each < 0))
    return network.refuse(node, 'its output is padded in a way Keras does not have')
  const bias = node.inputs[2] ? [network.constant(node, 2)] : []
  const axes = Array.from({ length: spatial }, (_, i) => i + 2)
  const shape = outputShape(network, node)
  const none = cut.flat().every((each) => each === 0)
  const whole = shape.map((dim, axis) =>
    axis < 2 || typeof dim !== 'number' ? dim : dim + (cut[axis - 2]?.[0] ?? 0) + (cut[axis - 2]?.[1] ?? 0),
  )
  const y = network.add(
    `Conv${dimension(spatial)}Transpose`,
    none ? node.name : `${node.name}_whole`,
    [x],
    {
      filters: weight.dims[1],
      kernel_size: size,
      strides,
      padding: 'valid',
      data_format: 'channels_last',
      dilation_rate: dilations,
      use_bias: bias.length > 0,
      activation: 'linear',
    },
    whole,
    true,
    [permuteTensor(weight, [...axes, 1, 0]), ...bias],
  )
  return none ? y : network.add(`Cropping${dimension(spatial)}`, node.name, [y], { cropping: cut }, shape, true)
}

const denseLayer = (
  network: KerasNetwork,
  node: GraphNode,
  kernel: TensorData,
  bias: TensorData | undefined,
): Written =>
  network.add(
    'Dense',
    node.name,
    [network.plain(network.value(node, 0))],
    { units: kernel.dims[1], activation: 'linear', use_bias: bias !== undefined },
    outputShape(network, node),
    false,
    bias ? [kernel, bias] : [kernel],
  )

const gemm: Rule = (network, node) => {
  const plain =
    ['alpha', 'beta'].every((name) => numberAttribute(node, name, 1) === 1) && numberAttribute(node, 'transA', 0) === 0
  if (!plain) return network.refuse(node, 'it scales or turns its operands')
  const weight = network.constant(node, 1)
  const kernel = numberAttribute(node, 'transB', 0) === 1 ? permuteTensor(weight, [1, 0]) : weight
  const given = node.inputs[2] ? network.constant(node, 2) : undefined
  const count = kernel.dims[1] as number
  if (given && given.data.length !== count) return network.refuse(node, 'its bias is not one number a unit')
  return denseLayer(network, node, kernel, given && reshapeTensor(given, [count]))
}

const matMul: Rule = (network, node) => {
  const weight = network.graph.constants.get(node.inputs[1] ?? '')
  if (weight?.dims.length === 2) return denseLayer(network, node, weight, undefined)
  return network.refuse(node, 'Keras multiplies values with one another only inside its attention layers')
}

const batchNormalization: Rule = (network, node) => {
  const weights = [1, 2, 3, 4].map((i) => network.constant(node, i))
  const config = {
    axis: -1,
    epsilon: numberAttribute(node, 'epsilon', 1e-5),
    center: true,
    scale: true,
    momentum: 0.99,
  }
  const x = network.last(network.value(node, 0))
  return network.add('BatchNormalization', node.name, [x], config, outputShape(network, node), x.last, weights)
}

const layerNormalization: Rule = (network, node) => {
  const x = network.plain(network.value(node, 0))
  const axis = numberAttribute(node, 'axis', -1)
  if (axis !== -1 && axis !== x.shape.length - 1) return network.refuse(node, 'it normalises over several axes')
  const gamma = network.constant(node, 1)
  const beta = node.inputs[2] ? network.constant(node, 2) : zeros(gamma.data.length)
  const config = { axis: -1, epsilon: numberAttribute(node, 'epsilon', 1e-5), center: true, scale: true }
  return network.add('LayerNormalization', node.name, [x], config, outputShape(network, node), false, [gamma, beta])
}

/** Layers that leave the axes where they are. */
const elementwise =
  (kind: string, config: (node: GraphNode) => Record<string, unknown>): Rule =>
  (network, node) => {
    const x = network.value(node, 0)
    return network.add(kind, node.name, [x], config(node), outputShape(network, node), x.last)
  }

const activation = (name: string): Rule => elementwise('Activation', () => ({ activation: name }))

const clip: Rule = (network, node) => {
  const [low, high] = [1, 2].map((i) => (node.inputs[i] ? toFloat32(network.constant(node, i))[0] : undefined))
  if (low !== 0) return network.refuse(node, 'Keras limits values from 0 on only')
  const x = network.value(node, 0)
  const config = high !== undefined && Number.isFinite(high) ? { max_value: high } : {}
  return network.add('ReLU', node.name, [x], config, outputShape(network, node), x.last)
}

const geluOperator: Rule = (network, node) => {
  if (stringAttribute(node, 'approximate', 'none') !== 'none')
    return network.refuse(node, 'Keras cannot be told by name to approximate it')
  return activation('gelu')(network, node)
}

const hardSigmoid: Rule = (network, node) => {
  const close = (name: string, fallback: number, wanted: number) =>
    Math.abs(numberAttribute(node, name, fallback) - wanted) < 1e-6
  if (!close('alpha', 0.2, 1 / 6) || !close('beta', 0.5, 0.5))
    return network.refuse(node, 'Keras 3 has a slope of 1/6 only')
  return activation('hard_sigmoid')(network, node)
}

const prelu: Rule = (network, node) => {
  const x = network.last(network.value(node, 0))
  const slopes = perChannel(network.constant(node, 1), x.shape.length, x.last)
  if (slopes === undefined) return network.refuse(node, 'its slopes are not one a channel')
  const channels = x.shape[x.last ? 1 : x.shape.length - 1]
  const values = typeof slopes === 'number' ? Array<number>(Number(channels)).fill(slopes) : slopes
  const spatial = x.last ? x.shape.length - 2 : 0
  const alpha: TensorData = {
    dtype: 'float32',
    dims: [...Array<number>(spatial).fill(1), values.length],
    data: Float32Array.from(values),
  }
  const sharedAxes = Array.from({ length: spatial }, (_, i) => i + 1)
  return network.add(
    'PReLU',
    node.name,
    [x],
    { shared_axes: sharedAxes.length > 0 ? sharedAxes : null },
    outputShape(network, node),
    x.last,
    [alpha],
  )
}

/** Sums, products and the like of values; with a constant, a scale or an offset of each channel. */
const merging =
  (kind: string): Rule =>
  (network, node) => {
    const values = node.inputs.map((input, i) => (network.has(input) ? network.value(node, i) : undefined))
    const shape = outputShape(network, node)
    if (values.every((value) => value !== undefined)) {
      const inputs = values as Written[]
      const last = inputs.some((value) => value.last)
      if (inputs.some((value) => value.shape.length !== shape.length))
        return network.refuse(node, 'its operands have different numbers of axes')
      return network.add(
        kind,
        node.name,
        inputs.map((value) => (last ? network.last(value) : value)),
        {},
        shape,
        last,
      )
    }
    const at = values.findIndex((value) => value !== undefined)
    const x = values[at]
    const constant = network.constant(node, at === 0 ? 1 : 0)
    const numbers = x && perChannel(constant, x.shape.length, x.last)
    if (!x || numbers === undefined || constant.dims.length > x.shape.length)
      return network.refuse(node, 'its constant is not one number a channel')
    const negated = typeof numbers === 'number' ? -numbers : numbers.map((each) => -each)
    const inverse = typeof numbers === 'number' ? 1 / numbers : numbers.map((each) => 1 / each)
    const configs: Readonly<Record<string, Record<string, unknown>>> = {
      Add: { scale: 1, offset: numbers },
      Sub: at === 0 ? { scale: 1, offset: negated } : { scale: -1, offset: numbers },
      Mul: { scale: numbers, offset: 0 },
      ...(at === 0 ? { Div: { scale: inverse, offset: 0 } } : {}),
    }
    const config = configs[node.op]
    if (!config) return network.refuse(node, 'Keras has no layer that does this with a constant')
    return network.add('Rescaling', node.name, [x], config, shape, x.last)
  }

/** By a constant only. */
const division: Rule = (network, node) => {
  if (node.inputs.every((input) => network.has(input))) return network.refuse(node, 'Keras divides no value by another')
  return merging('Rescaling')(network, node)
}

const pool =
  (kind: 'MaxPooling' | 'AveragePooling'): Rule =>
  (network, node) => {
    let x = network.last(network.value(node, 0))
    const rank = x.shape.length
    const size = network.spatial(node, 'kernel_shape', rank)
    const strides = network.spatial(node, 'strides', rank)
    const pads = padsOf(network, node, rank - 2)
    const shape = outputShape(network, node)
    if (network.spatial(node, 'dilations', rank).some((each) => each !== 1))
      return network.refuse(node, 'its windows have gaps')
    const counted = numberAttribute(node, 'count_include_pad', 0) === 1
    // With ceil_mode the last window may reach beyond the border.
    const reach = pads.map(([begin = 0, end = 0], i) => {
      const extent = Number(x.shape[i + 2]) + begin + end
      const wanted = (Number(shape[i + 2]) - 1) * (strides[i] as number) + (size[i] as number)
      return [begin, wanted > extent ? end + wanted - extent : end]
    })
    const beyond = reach.some((pair, i) => pair[1] !== pads[i]?.[1])
    const none = reach.flat().every((pad) => pad === 0)
    const same = !none && !counted && isSame(x.shape, size, strides, reach)
    if (!none && !same) {
      const zeroIsLeast = kind === 'MaxPooling' && isNeverNegative(network, node.inputs[0] as string)
      if (!zeroIsLeast && (!counted || beyond))
        return network.refuse(node, 'its border is not one that Keras pads by itself')
      x = bordered(network, node.name, x, reach)
    }
    const config = { pool_size: size, strides, padding: same ? 'same' : 'valid', data_format: 'channels_last' }
    return network.add(`${kind}${dimension(rank - 2)}`, node.name, [x], config, shape, true)
  }

/** Then a border of zeros changes no maximum. */
function isNeverNegative(network: KerasNetwork, value: string): boolean {
  const node = network.graph.producer(value)
  if (!node) return false
  if (['Relu', 'Sigmoid', 'Softmax'].includes(node.op)) return true
  if (node.op === 'Clip') return node.inputs[1] !== undefined && (toFloat32(network.constant(node, 1))[0] ?? -1) >= 0
  return (
    ['MaxPool', 'AveragePool', 'Identity', 'Dropout'].includes(node.op) &&
    isNeverNegative(network, node.inputs[0] as string)
  )
}

const globalPool =
  (kind: string): Rule =>
  (network, node) => {
    const x = network.last(network.value(node, 0))
    const rank = x.shape.length
    const axes = numbersAttribute(node, 'axes', undefined)?.map((axis) => (axis < 0 ? axis + rank : axis))
    const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2)
    if (node.op.startsWith('Reduce') && [...(axes ?? [])].sort().join() !== spatial.join())
      return network.refuse(node, 'it reduces other axes than those of the picture')
    const keep = !node.op.startsWith('Reduce') || numberAttribute(node, 'keepdims', 1) === 1
    return network.add(
      `${kind}${dimension(rank - 2)}`,
      node.name,
      [x],
      { keepdims: keep, data_format: 'channels_last' },
      outputShape(network, node),
      keep,
    )
  }

const concat: Rule = (network, node) => {
  const parts = node.inputs.map((_, i) => network.value(node, i))
  const last = parts.some((part) => part.last)
  const rank = parts[0]?.shape.length ?? 0
  const given = numberAttribute(node, 'axis', 0)
  const axis = given < 0 ? given + rank : given
  const held = last ? fromFirst(rank).indexOf(axis) : axis
  return network.add(
    'Concatenate',
    node.name,
    parts.map((part) => (last ? network.last(part) : part)),
    { axis: held },
    outputShape(network, node),
    last,
  )
}

const pad: Rule = (network, node) => {
  const x = network.last(network.value(node, 0))
  const pads = pairsOf(toNumbers(network.constant(node, 1)))
  const fill = node.inputs[2] ? toFloat32(network.constant(node, 2))[0] : 0
  if (stringAttribute(node, 'mode', 'constant') !== 'constant' || fill !== 0)
    return network.refuse(node, 'Keras pads with zeros only')
  if (
    !x.last ||
    pads
      .slice(0, 2)
      .flat()
      .some((each) => each !== 0) ||
    pads.flat().some((each) => each < 0)
  )
    return network.refuse(node, 'Keras pads the axes of pictures only')
  return bordered(network, node.name, x, pads.slice(2))
}

const reshape: Rule = (network, node) => {
  const x = network.value(node, 0)
  const shape = outputShape(network, node)
  const target = shape.slice(1)
  const open = target.filter((dim) => typeof dim !== 'number').length
  if (typeof shape[0] === 'number' || open > 1) return network.refuse(node, 'it changes the batch')
  // A picture of one point lies the same in either order.
  const point = x.last && x.shape.slice(2).every((dim) => dim === 1)
  const dims = target.map((dim) => (typeof dim === 'number' ? dim : -1))
  return network.add('Reshape', node.name, [point ? x : network.plain(x)], { target_shape: dims }, shape, false)
}

const transpose: Rule = (network, node) => {
  const x = network.value(node, 0)
  const rank = x.shape.length
  const perm = numbersAttribute(node, 'perm', undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
  const shape = outputShape(network, node)
  if (perm[0] !== 0) return network.refuse(node, 'it moves the batch')
  // Turning to channels last is how Keras holds the value anyway.
  if (x.last && perm.join() === fromFirst(rank).join()) return { ...x, shape, last: false }
  return network.add('Permute', node.name, [network.plain(x)], { dims: perm.slice(1) }, shape, false)
}

const softmax: Rule = (network, node) => {
  const x = network.value(node, 0)
  const rank = x.shape.length
  const given = numberAttribute(node, 'axis', -1)
  const axis = given < 0 ? given + rank : given
  const held = x.last ? fromFirst(rank).indexOf(axis) : axis
  return network.add('Softmax', node.name, [x], { axis: held }, outputShape(network, node), x.last)
}

const logSoftmax: Rule = (network, node) => {
  const x = network.value(node, 0)
  const rank = x.shape.length
  const given = numberAttribute(node, 'axis', -1)
  const axis = given < 0 ? given + rank : given
  const wanted = x.last ? 1 : rank - 1
  if (axis !== wanted) return network.refuse(node, 'Keras takes it along the last axis only')
  return network.add('Activation', node.name, [x], { activation: 'log_softmax' }, outputShape(network, node), x.last)
}

/** Borders of pictures cut off. */
const slice: Rule = (network, node) => {
  const x = network.last(network.value(node, 0))
  const rank = x.shape.length
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) =>
    node.inputs[i] ? toNumbers(network.constant(node, i)) : undefined,
  )
  const cut = Array.from({ length: rank - 2 }, () => [0, 0])
  for (const [i, given] of (axes ?? starts?.map((_, axis) => axis) ?? []).entries()) {
    const axis = given < 0 ? given + rank : given
    const extent = x.shape[axis]
    const pictureAxis = x.last && axis >= 2 && typeof extent === 'number' && (steps?.[i] ?? 1) === 1
    if (!pictureAxis) return network.refuse(node, 'Keras cuts whole borders of pictures only')
    const place = (at: number) => Math.min(extent, Math.max(0, at < 0 ? at + extent : at))
    cut[axis - 2] = [place(starts?.[i] ?? 0), extent - place(ends?.[i] ?? extent)]
  }
  const config = { cropping: rank === 3 ? cut[0] : cut }
  return network.add(`Cropping${dimension(rank - 2)}`, node.name, [x], config, outputShape(network, node), true)
}

/** The operators of one GELU as the activation. */
export function gelu(network: KerasNetwork, node: GraphNode, input: string): Written {
  const x = network.value({ ...node, inputs: [input] }, 0)
  return network.add('Activation', node.name, [x], { activation: 'gelu' }, outputShape(network, node), x.last)
}

const resize: Rule = (network, node) => {
  const x = network.last(network.value(node, 0))
  const shape = outputShape(network, node)
  const factors = x.shape.slice(2).map((dim, i) => Number(shape[i + 2]) / Number(dim))
  const whole = x.shape.length === 4 && factors.every((factor) => Number.isInteger(factor) && factor >= 1)
  const mode = stringAttribute(node, 'mode', 'nearest')
  const coordinates = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel')
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor')
  const repeats =
    coordinates === 'asymmetric' ? rounding === 'floor' : coordinates === 'half_pixel' && rounding.startsWith('round')
  const nearest = mode === 'nearest' && repeats
  const linear = mode === 'linear' && coordinates === 'half_pixel'
  if (!whole || (!nearest && !linear))
    return network.refuse(node, 'Keras enlarges by whole factors only, by nearest or half-pixel bilinear interpolation')
  return network.add(
    'UpSampling2D',
    node.name,
    [x],
    { size: factors, interpolation: nearest ? 'nearest' : 'bilinear', data_format: 'channels_last' },
    shape,
    true,
  )
}

const gather: Rule = (network, node) => {
  const table = network.graph.constants.get(node.inputs[0] ?? '')
  if (table?.dims.length !== 2 || numberAttribute(node, 'axis', 0) !== 0 || !network.has(node.inputs[1] ?? ''))
    return network.refuse(node, 'Keras picks rows of a table by ids only')
  return network.add(
    'Embedding',
    node.name,
    [network.value(node, 1)],
    { input_dim: table.dims[0], output_dim: table.dims[1], mask_zero: false },
    outputShape(network, node),
    false,
    [table],
  )
}

const same: Rule = (network, node) => network.value(node, 0)

export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries<Rule>({
    Conv: conv,
    ConvTranspose: convTranspose,
    Gemm: gemm,
    MatMul: matMul,
    BatchNormalization: batchNormalization,
    LayerNormalization: layerNormalization,
    Relu: elementwise('ReLU', () => ({})),
    LeakyRelu: elementwise('LeakyReLU', (node) => ({ negative_slope: numberAttribute(node, 'alpha', 0.01) })),
    Elu: elementwise('ELU', (node) => ({ alpha: numberAttribute(node, 'alpha', 1) })),
    Sigmoid: activation('sigmoid'),
    Tanh: activation('tanh'),
    Softplus: activation('softplus'),
    Softsign: activation('softsign'),
    Exp: activation('exponential'),
    HardSwish: activation('hard_silu'),
    Mish: activation('mish'),
    HardSigmoid: hardSigmoid,
    Clip: clip,
    PRelu: prelu,
    Add: merging('Add'),
    Sub: merging('Subtract'),
    Mul: merging('Multiply'),
    Div: division,
    Max: merging('Maximum'),
    Min: merging('Minimum'),
    MaxPool: pool('MaxPooling'),
    AveragePool: pool('AveragePooling'),
    GlobalAveragePool: globalPool('GlobalAveragePooling'),
    GlobalMaxPool: globalPool('GlobalMaxPooling'),
    ReduceMean: globalPool('GlobalAveragePooling'),
    ReduceMax: globalPool('GlobalMaxPooling'),
    Concat: concat,
    Pad: pad,
    Reshape: reshape,
    Flatten: reshape,
    Squeeze: reshape,
    Unsqueeze: reshape,
    Transpose: transpose,
    Softmax: softmax,
    LogSoftmax: logSoftmax,
    Slice: slice,
    Gelu: geluOperator,
    Resize: resize,
    Gather: gather,
    Identity: same,
    Dropout: same,
  }),
)
