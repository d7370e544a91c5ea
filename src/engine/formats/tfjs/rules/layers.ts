/** Operators with weights: convolutions, products, biases, BatchNorm. */
import { float, int } from '../../../graph/graph'
import { activation } from '../../lift/activations'
import type { Lifted } from '../../lift/builder'
import {
  absorbBias,
  batchNorm,
  convolution,
  dense,
  depthwise,
  reduce,
  transposedConvolution,
  type Window,
} from '../../lift/operators'
import { NORMALISED } from '../spelled'
import type { Rule, RuleContext } from './rule'

/** Attributes of a window are lists over [N, ..., C]. */
const inner = (list: readonly number[], rank: number): number[] =>
  list.length === rank ? list.slice(1, -1) : Array<number>(rank - 2).fill(1)

export function channelsLast({ node, lift, name }: RuleContext): void {
  const layout = node.text('data_format', 'NHWC')
  if (layout.startsWith('NC')) {
    lift.refuse(
      `Node "${name}" (${node.op}) works with channels first (${layout}), which TensorFlow.js does not run either. Convert the network with channels last.`,
    )
  }
}

function windowOf(context: RuleContext, rank: number): Window {
  const { node, lift, name } = context
  channelsLast(context)
  const padding = node.text('padding', 'VALID')
  if (padding === 'EXPLICIT') {
    const explicit = node.numbers('explicit_paddings')
    if (explicit.length !== 2 * rank) lift.invalid(`The padding of node "${name}" does not fit its input.`)
    return {
      strides: inner(node.numbers('strides'), rank),
      dilations: inner(node.numbers('dilations'), rank),
      padding: explicit.slice(2, -2),
    }
  }
  if (padding !== 'SAME' && padding !== 'VALID') lift.invalid(`Node "${name}" has the unknown padding "${padding}".`)
  return {
    strides: inner(node.numbers('strides'), rank),
    dilations: inner(node.numbers('dilations'), rank),
    padding: padding as 'SAME' | 'VALID',
  }
}

/** What a fused operator does after its product, in order. */
const fusedActivations: Readonly<Record<string, string>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
}

function fused(context: RuleContext, make: (bias: Lifted | undefined) => Lifted): Lifted {
  const { lift, node, name } = context
  const steps = node.texts('fused_ops')
  const known = ['BiasAdd', 'LeakyRelu', 'Prelu', ...Object.keys(fusedActivations)]
  const odd = steps.find((step) => !known.includes(step))
  if (odd !== undefined)
    lift.refuse(
      `Node "${name}" fuses "${odd}", which Espalier does not know. Convert the network without fused operators.`,
    )
  const biased = steps.includes('BiasAdd')
  let x = make(biased ? context.input(2) : undefined)
  for (const step of steps) {
    if (step === 'BiasAdd') continue
    const own = `${name}/${step}`
    if (step === 'Prelu') x = lift.elementwise('PRelu', own, [x, context.input(biased ? 3 : 2)])
    else if (step === 'LeakyRelu')
      x = lift.unary('LeakyRelu', own, x, { alpha: float(node.number('leakyrelu_alpha', 0.2)) })
    else x = activation(lift, fusedActivations[step] as string, own, x)
  }
  return x
}

const conv2d: Rule = (context) =>
  fused(context, (bias) => {
    const x = context.input(0)
    const kernel = context.input(1)
    const inputs = kernel.data?.dims.at(-2) ?? 1
    return convolution(
      context.lift,
      context.name,
      x,
      kernel,
      bias,
      windowOf(context, x.rank),
      groupsOf(context, x, inputs),
    )
  })

/** TensorFlow tells groups by the weight having fewer input channels than the value; the value's are in the placeholder or weights. */
function groupsOf({ lift, name }: RuleContext, x: Lifted, inputs: number): number {
  const producer = x.first ? lift.producer(x.value) : undefined
  const channels = producer?.op === 'Conv' ? lift.dimsOf(producer.inputs[1] as string)?.[0] : undefined
  if (channels === undefined || channels === inputs) return 1
  return channels % inputs === 0 ? channels / inputs : lift.invalid(`The weight of "${name}" does not fit its input.`)
}

const depthwise2d: Rule = (context) =>
  fused(context, (bias) => {
    const x = context.input(0)
    return depthwise(context.lift, context.name, x, context.input(1), bias, windowOf(context, x.rank))
  })

/** Inputs: sizes of the result, weight [..., out, in], value. */
const conv2dBackprop: Rule = (context) => {
  const x = context.input(2)
  return transposedConvolution(context.lift, context.name, x, context.input(1), undefined, windowOf(context, x.rank))
}

const matMul: Rule = (context) =>
  fused(context, (bias) => {
    const { lift, node, name } = context
    const a = context.input(0)
    const b = context.input(1)
    const [turnA, turnB] = [node.flag('transpose_a'), node.flag('transpose_b')]
    if (b.data && !turnA && !turnB) return dense(lift, name, a, b, bias)
    const inputs = [lift.last(a), lift.last(b), ...(bias ? [lift.last(bias)] : [])]
    const flags = { transA: int(turnA ? 1 : 0), transB: int(turnB ? 1 : 0) }
    return { value: lift.node('Gemm', name, inputs, flags), rank: 2, first: false, dtype: 'float' }
  })

const batchMatMul: Rule = (context) => {
  const { lift, node, name } = context
  const turned = (x: Lifted, flag: string): Lifted => {
    if (!node.flag(flag)) return x
    const order = Array.from({ length: x.rank }, (_, i) => i)
    const perm = [...order.slice(0, -2), x.rank - 1, x.rank - 2]
    return lift.transposed(`${name}/${flag}`, x, perm)
  }
  const a = turned(context.input(0), 'adj_x')
  const b = turned(context.input(1), 'adj_y')
  const rank = Math.max(a.rank, b.rank)
  return { value: lift.node('MatMul', name, [lift.last(a), lift.last(b)]), rank, first: false, dtype: 'float' }
}

const biasAdd: Rule = (context) => {
  channelsLast(context)
  return add(context)
}

/** A bias becomes part of the layer before it where nothing else reads that. */
export const add: Rule = (context) => {
  const { lift, name } = context
  for (const [layer, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const bias = context.input(other)
    if (!bias.data || context.input(layer).data || context.readers(layer) !== 1) continue
    const absorbed = absorbBias(lift, context.input(layer), bias)
    if (absorbed) return absorbed
  }
  return lift.elementwise('Add', name, [context.input(0), context.input(1)])
}

const fusedBatchNorm: Rule = (context) => {
  const { lift, node, name } = context
  channelsLast(context)
  if (node.flag('is_training')) {
    lift.refuse(`Node "${name}" normalises by the batch it sees, as in training. Convert the network for inference.`)
  }
  const parameters = [1, 2, 3, 4].map((i) => context.input(i))
  return batchNorm(lift, name, context.input(0), parameters, node.number('epsilon', 0.001))
}

/** (x - mean) / sqrt(variance + epsilon) over the axes from `axis` on. */
const layerNormalised: Rule = ({ lift, node, name, input }) => {
  const x = input(0)
  const from = node.number('axis', x.rank - 1)
  const axes = Array.from({ length: x.rank - from }, (_, i) => from + i)
  const mean = reduce(lift, 'ReduceMean', `${name}/mean`, x, axes, true)
  const centred = lift.elementwise('Sub', `${name}/centred`, [x, mean])
  const squares = lift.elementwise('Mul', `${name}/squares`, [centred, centred])
  const variance = reduce(lift, 'ReduceMean', `${name}/variance`, squares, axes, true)
  const shifted = lift.elementwise('Add', `${name}/shifted`, [variance, lift.scalar(node.number('epsilon', 0.001))])
  return lift.elementwise('Div', name, [centred, lift.unary('Sqrt', `${name}/root`, shifted)])
}

export const layerRules: Readonly<Record<string, Rule>> = {
  Conv1D: conv2d,
  Conv2D: conv2d,
  Conv3D: conv2d,
  _FusedConv2D: conv2d,
  DepthwiseConv2d: depthwise2d,
  DepthwiseConv2dNative: depthwise2d,
  FusedDepthwiseConv2dNative: depthwise2d,
  Conv2DBackpropInput: conv2dBackprop,
  MatMul: matMul,
  _FusedMatMul: matMul,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  BiasAdd: biasAdd,
  BiasAddV1: biasAdd,
  Add: add,
  AddV2: add,
  [NORMALISED]: layerNormalised,
  FusedBatchNorm: fusedBatchNorm,
  FusedBatchNormV2: fusedBatchNorm,
  FusedBatchNormV3: fusedBatchNorm,
}
