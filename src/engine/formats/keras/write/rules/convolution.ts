/** Convolutions, plain and transposed, and pooling. */
import { numberAttribute, numbersAttribute } from '../../../../graph/graph'
import { toFloat32, toNumbers } from '../../../../graph/tensor'
import { permuteTensor, reshapeTensor } from '../../../lift/layout'
import type { KerasNetwork } from '../network'
import { bordered, dimension, isSame, outputShape, padsOf, type Rule } from './shared'

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
  const cropping = spatial === 1 ? cut[0] : cut
  return none ? y : network.add(`Cropping${dimension(spatial)}`, node.name, [y], { cropping }, shape, true)
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

/** Over all axes between the batch and the channels, wherever the graph has these. */
const globalPool =
  (kind: string): Rule =>
  (network, node) => {
    const given = network.value(node, 0)
    const rank = given.shape.length
    const reduces = node.op.startsWith('Reduce')
    const named = node.op === 'ReduceSum' && node.inputs[1] ? toNumbers(network.constant(node, 1)) : undefined
    const axes = (named ?? numbersAttribute(node, 'axes', undefined))?.map((axis) => (axis < 0 ? axis + rank : axis))
    const sorted = [...(axes ?? [])].sort((a, b) => a - b).join()
    const range = (from: number) => Array.from({ length: rank - 2 }, (_, i) => i + from).join()
    // [batch, steps, features], as sequences and turned pictures lie.
    const steps = reduces && rank > 2 && sorted === range(1)
    if (reduces && !steps && (rank < 3 || sorted !== range(2)))
      return network.refuse(node, 'it reduces other axes than those of the picture')
    const keep = !reduces || numberAttribute(node, 'keepdims', 1) === 1
    const x = steps ? network.plain(given) : network.last(given)
    const config = { keepdims: keep, data_format: 'channels_last' }
    const shape = outputShape(network, node)
    const pooled = network.add(`${kind}${dimension(rank - 2)}`, node.name, [x], config, shape, keep && !steps)
    if (node.op !== 'ReduceSum') return pooled
    // A sum is the mean of so many.
    const count = x.shape.reduce<number>((all, dim, axis) => (axes?.includes(axis) ? all * Number(dim) : all), 1)
    if (!Number.isFinite(count)) return network.refuse(node, 'the number of what it adds up is open')
    return network.add('Rescaling', `${node.name}_sum`, [pooled], { scale: count, offset: 0 }, shape, keep && !steps)
  }

export const convolutionRules: Readonly<Record<string, Rule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool('MaxPooling'),
  AveragePool: pool('AveragePooling'),
  GlobalAveragePool: globalPool('GlobalAveragePooling'),
  GlobalMaxPool: globalPool('GlobalMaxPooling'),
  ReduceMean: globalPool('GlobalAveragePooling'),
  ReduceSum: globalPool('GlobalAveragePooling'),
  ReduceMax: globalPool('GlobalMaxPooling'),
}
