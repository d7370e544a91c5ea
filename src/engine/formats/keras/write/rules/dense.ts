/** Dense layers and tables. */
import { type GraphNode, numberAttribute } from '../../../../graph/graph'
import type { TensorData } from '../../../../graph/tensor'
import { permuteTensor, reshapeTensor } from '../../../lift/layout'
import type { KerasNetwork, Written } from '../network'
import { product } from './product'
import { outputShape, type Rule } from './shared'

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
  if (!network.has(node.inputs[0] ?? '') || !network.has(node.inputs[1] ?? ''))
    return network.refuse(node, 'Keras multiplies no value by a stack of stored matrices')
  return product(network, node)
}

export const denseRules: Readonly<Record<string, Rule>> = { Gemm: gemm, MatMul: matMul }
