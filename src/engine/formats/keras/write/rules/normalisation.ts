/** Normalisation with stored statistics or over the last axis. */
import { numberAttribute } from '../../../../graph/graph'
import { type TensorData, toFloat32 } from '../../../../graph/tensor'
import { outputShape, type Rule, zeros } from './shared'

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

const groupNormalization: Rule = (network, node) => {
  const x = network.last(network.value(node, 0))
  const [gamma, beta] = [1, 2].map((i) => network.constant(node, i)) as [TensorData, TensorData]
  const channels = x.shape[1]
  const groups = node.op === 'InstanceNormalization' ? Number(channels) : numberAttribute(node, 'num_groups', 1)
  // Before opset 21 scale and shift are one a group.
  const each = (data: TensorData): TensorData => {
    const count = Number(channels) / data.data.length
    const values = toFloat32(data)
    return {
      dtype: 'float32',
      dims: [Number(channels)],
      data: Float32Array.from({ length: Number(channels) }, (_, c) => values[Math.floor(c / count)] as number),
    }
  }
  const config = { groups, axis: -1, epsilon: numberAttribute(node, 'epsilon', 1e-5), center: true, scale: true }
  return network.add('GroupNormalization', node.name, [x], config, outputShape(network, node), x.last, [
    each(gamma),
    each(beta),
  ])
}

export const normalisationRules: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  InstanceNormalization: groupNormalization,
}
