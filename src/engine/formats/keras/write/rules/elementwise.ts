/** Activations, sums, products and the like. */
import { type GraphNode, numberAttribute, stringAttribute } from '../../../../graph/graph'
import { type TensorData, toFloat32 } from '../../../../graph/tensor'
import { fromFirst } from '../../../lift/layout'
import { type KerasNetwork, perChannel, type Written } from '../network'
import { finite, outputShape, type Rule } from './shared'

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

const selu: Rule = (network, node) => {
  const usual = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }
  const other = Object.entries(usual).some(([key, value]) => Math.abs(numberAttribute(node, key, value) - value) > 1e-5)
  return other ? network.refuse(node, 'Keras has other numbers in it') : activation('selu')(network, node)
}

/** Whole numbers stay whole numbers: Keras' tables take either kind. */
const cast: Rule = (network, node) => {
  const x = network.held(node, 0)
  const whole = [6, 7].includes(numberAttribute(node, 'to', 1))
  return whole && x.dtype === 'int32' ? x : network.refuse(node, 'Keras has no layer that changes the kind of numbers')
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

/**
 * A table added to every sample, as positions are: Normalization subtracts its mean and divides by 1.
 * @returns undefined where the table does not have the extents of one sample
 */
function shiftedBy(
  network: KerasNetwork,
  node: GraphNode,
  x: Written,
  constant: TensorData,
  sign: number,
): Written | undefined {
  const plain = network.plain(x)
  const rank = plain.shape.length
  const dims = [...Array<number>(Math.max(0, rank - constant.dims.length)).fill(1), ...constant.dims]
  if (dims.length !== rank || dims[0] !== 1) return undefined
  const axes = dims.flatMap((dim, axis) => (dim === 1 ? [] : [axis]))
  if (axes.length === 0 || axes.some((axis) => plain.shape[axis] !== dims[axis])) return undefined
  const own = axes.map((axis) => dims[axis] as number)
  const mean = Float32Array.from(finite(constant), (value) => -sign * value)
  const weights: TensorData[] = [
    { dtype: 'float32', dims: own, data: mean },
    { dtype: 'float32', dims: own, data: new Float32Array(mean.length).fill(1) },
    { dtype: 'float32', dims: [], data: Float32Array.of(1) },
  ]
  const config = { axis: axes, mean: null, variance: null, invert: false }
  return network.add('Normalization', node.name, [plain], config, outputShape(network, node), false, weights)
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
    if (x && numbers === undefined && ['Add', 'Sub'].includes(node.op)) {
      const shifted = shiftedBy(network, node, x, constant, node.op === 'Sub' && at === 0 ? -1 : 1)
      if (shifted && !(node.op === 'Sub' && at === 1)) return shifted
    }
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

/** The operators of one GELU as the activation. */
export function gelu(network: KerasNetwork, node: GraphNode, input: string): Written {
  const x = network.value({ ...node, inputs: [input] }, 0)
  return network.add('Activation', node.name, [x], { activation: 'gelu' }, outputShape(network, node), x.last)
}

const same: Rule = (network, node) => network.held(node, 0)

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Relu: elementwise('ReLU', () => ({})),
  LeakyRelu: elementwise('LeakyReLU', (node) => ({ negative_slope: numberAttribute(node, 'alpha', 0.01) })),
  Elu: elementwise('ELU', (node) => ({ alpha: numberAttribute(node, 'alpha', 1) })),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  Softplus: activation('softplus'),
  Selu: selu,
  Cast: cast,
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
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  Gelu: geluOperator,
  Identity: same,
  Dropout: same,
}
