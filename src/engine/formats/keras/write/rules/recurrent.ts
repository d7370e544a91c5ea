/** LSTM, GRU and simple recurrent layers. The graph's come with the steps first, Keras' with the batch. */
import { type GraphNode, numberAttribute, stringAttribute } from '../../../../graph/graph'
import { type TensorData, toFloat32 } from '../../../../graph/tensor'
import { activationsInside } from '../../../../ops/lower/recurrent'
import { permuteTensor } from '../../../lift/layout'
import type { KerasNetwork, Written } from '../network'
import type { Rule } from './shared'

type Operator = 'LSTM' | 'GRU' | 'RNN'

/** ONNX' gates in Keras' order: i o f c to i f c o; z r h the same. */
const gateOrder: Readonly<Record<Operator, readonly number[]>> = { LSTM: [0, 2, 3, 1], GRU: [0, 1, 2], RNN: [0] }
const classes: Readonly<Record<Operator, string>> = { LSTM: 'LSTM', GRU: 'GRU', RNN: 'SimpleRNN' }

/** Direction d of [directions, ...], with its gates in Keras' order. */
function gatesOf(op: Operator, data: TensorData, d: number): TensorData {
  const [, rows = 0, columns = 1] = data.dims
  const all = toFloat32(data).subarray(d * rows * columns, (d + 1) * rows * columns)
  const count = gateOrder[op].length
  const size = (rows * columns) / count
  const values = new Float32Array(all.length)
  gateOrder[op].forEach((from, to) => {
    values.set(all.subarray(from * size, (from + 1) * size), to * size)
  })
  return { dtype: 'float32', dims: [rows, columns], data: values }
}

/** Kernel, recurrent kernel and bias of one direction. */
function weightsOf(network: KerasNetwork, node: GraphNode, op: Operator, d: number): TensorData[] {
  const [w, r] = [1, 2].map((i) => permuteTensor(gatesOf(op, network.constant(node, i), d), [1, 0])) as [
    TensorData,
    TensorData,
  ]
  const width = w.dims[1] as number
  const given = node.inputs[3] ? network.constant(node, 3) : undefined
  const half = (from: number): Float32Array => {
    if (!given) return new Float32Array(width)
    const data = toFloat32(given).subarray(d * 2 * width + from, d * 2 * width + from + width)
    return gatesOf(op, { dtype: 'float32', dims: [1, width, 1], data }, 0).data as Float32Array
  }
  const [own, again] = [half(0), half(width)]
  const separate = op === 'GRU' && numberAttribute(node, 'linear_before_reset', 0) === 1
  const data = separate ? Float32Array.from([...own, ...again]) : own.map((value, i) => value + (again[i] as number))
  return [w, r, { dtype: 'float32', dims: separate ? [2, width] : [width], data }]
}

function refuseOptions(network: KerasNetwork, node: GraphNode): void {
  const has = (i: number) => (node.inputs[i] ?? '') !== ''
  if (has(4) || has(5) || has(6) || has(7))
    network.refuse(node, 'it starts from a state, or is told the lengths of its sequences')
  const plain = !node.attributes.has('clip') && numberAttribute(node, 'input_forget', 0) === 0
  if (!plain || numberAttribute(node, 'layout', 0) !== 0) network.refuse(node, 'its gates are not the usual ones')
}

/** What Keras calls an activation of ONNX, with the numbers that it has there. */
const insides: Readonly<Record<string, readonly [name: string, alpha?: number, beta?: number]>> = {
  Tanh: ['tanh'],
  Sigmoid: ['sigmoid'],
  Relu: ['relu'],
  Softsign: ['softsign'],
  Softplus: ['softplus'],
  Elu: ['elu', 1],
  Affine: ['linear', 1, 0],
  HardSigmoid: ['hard_sigmoid', 1 / 6, 0.5],
}

/** Activations of direction d: that of the gates, where there are any, and the main one. */
function activationsOf(network: KerasNetwork, node: GraphNode, d: number): Record<string, string> {
  const names = activationsInside(node, d + 1)[d]?.map(({ name, alpha, beta }) => {
    const known = Object.hasOwn(insides, name) ? insides[name] : undefined
    const close = (own: number | undefined, wanted: number | undefined) =>
      own === undefined || (wanted !== undefined && Math.abs(own - wanted) < 1e-6)
    // Numbers that the node leaves out are ONNX' own, which only the hard sigmoid has otherwise than Keras.
    const usual = alpha === undefined && beta === undefined && name === 'HardSigmoid'
    if (!known || usual || !close(alpha, known[1]) || !close(beta, known[2]))
      return network.refuse(node, `Keras has no activation ${name} with these numbers`)
    return known[0]
  }) as string[]
  const [gate = '', main = gate, shown = main] = names
  if (main !== shown) network.refuse(node, 'its two main activations differ')
  return node.op === 'RNN' ? { activation: gate } : { activation: main, recurrent_activation: gate }
}

const isRead = (network: KerasNetwork, value: string | undefined): boolean =>
  value !== undefined && value !== '' && (network.graph.isOutput(value) || network.graph.consumers(value).length > 0)

export const recurrent: Rule = (network, node) => {
  const op = node.op as Operator
  const x = network.held(node, 0)
  refuseOptions(network, node)
  if (x.lay?.join() !== 't,b,f') return network.refuse(node, 'its input does not come as a batch of sequences')
  if (isRead(network, node.outputs[2])) return network.refuse(node, 'its cells are read')
  const direction = stringAttribute(node, 'direction', 'forward')
  const both = direction === 'bidirectional' ? 2 : 1
  if (direction === 'reverse' && isRead(network, node.outputs[0]))
    return network.refuse(node, 'every step of a backward layer is read')
  const units = numberAttribute(node, 'hidden_size', (network.constant(node, 2).dims[2] as number) ?? 1)
  const directions = Array.from({ length: both }, (_, d) => weightsOf(network, node, op, d))
  const [time, batch] = x.shape as [Written['shape'][number], Written['shape'][number]]
  const layer = (sequences: boolean, backwards: boolean, d = backwards ? both - 1 : 0) => ({
    units,
    ...activationsOf(network, node, d),
    ...(op === 'GRU' ? { reset_after: numberAttribute(node, 'linear_before_reset', 0) === 1 } : {}),
    use_bias: true,
    return_sequences: sequences,
    return_state: false,
    go_backwards: backwards,
    stateful: false,
    unroll: false,
  })
  const write = (sequences: boolean): Written => {
    const name = sequences ? node.name : `${node.name}_last`
    const shape = sequences ? [time, both, batch, units] : [both, batch, units]
    const kind = classes[op]
    const places = (prefix: string) => [0, 1, 2].map((i) => `${prefix}cell/vars/${i}`)
    const made =
      both === 1
        ? network.add(
            kind,
            name,
            [x],
            layer(sequences, direction === 'reverse'),
            shape,
            false,
            directions[0],
            places(''),
          )
        : network.add(
            'Bidirectional',
            name,
            [x],
            {
              merge_mode: 'concat',
              layer: nested(kind, 'forward', layer(sequences, false)),
              backward_layer: nested(kind, 'backward', layer(sequences, true)),
            },
            shape,
            false,
            directions.flat(),
            [...places('forward_layer/'), ...places('backward_layer/')],
          )
    return { ...made, lay: sequences ? ['t', 'd', 'b', 'h'] : ['d', 'b', 'h'] }
  }
  if (isRead(network, node.outputs[1])) network.set(node.outputs[1] as string, write(false))
  if (isRead(network, node.outputs[0])) network.set(node.outputs[0] as string, write(true))
  return network.held({ ...node, inputs: node.outputs.filter((output) => isRead(network, output)) }, 0)
}

const nested = (kind: string, name: string, config: object) => ({
  module: 'keras.layers',
  class_name: kind,
  config: { name, trainable: true, dtype: 'float32', ...config },
  registered_name: null,
})

/** Axes named after how Keras holds them: plain again once they lie so. */
function named(x: Written, shape: Written['shape'], lay: readonly string[]): Written {
  const joined = lay.map((letter) => (letter === 'h' && !lay.includes('d') ? 'f' : letter))
  const { lay: _, ...plain } = x
  return joined.join() === 'b,t,f' || joined.join() === 'b,f' ? { ...plain, shape } : { ...plain, shape, lay: joined }
}

/** A Transpose that moves the batch: how a sequence gets its steps first, and back. */
export function turnSteps(x: Written, perm: readonly number[], shape: Written['shape']): Written | undefined {
  if (x.lay)
    return named(
      x,
      shape,
      perm.map((axis) => x.lay?.[axis] as string),
    )
  return perm.join() === '1,0,2' && !x.last ? { ...x, shape, lay: ['t', 'b', 'f'] } : undefined
}

/** Directions joined with the hidden units, or left out where there is one. */
export function joinDirections(x: Written, shape: Written['shape']): Written | undefined {
  const at = x.lay?.indexOf('d') ?? -1
  if (!x.lay || at < 0 || shape.length !== x.lay.length - 1) return undefined
  if (x.shape[at] !== 1 && x.lay[at + 1] !== 'h') return undefined
  const lay = x.lay.filter((letter) => letter !== 'd')
  return named(x, shape, lay)
}

export const recurrentRules: Readonly<Record<string, Rule>> = { LSTM: recurrent, GRU: recurrent, RNN: recurrent }
