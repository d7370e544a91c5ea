/** A linear operator as least squares sees it: blocks, taps, and its weights as plain matrices with the bias last. */
import { EspalierError } from '../../contract/errors'
import type { Layer } from '../coupling/index'
import { type Graph, type GraphNode, numberAttribute, stringAttribute } from '../graph/graph'
import { type TensorData, toFloat32 } from '../graph/tensor'
import { windowOf } from '../ops/shapes'
import { isRecurrent, readRecurrent, withRecurrentBias, writeRecurrent } from './recurrent-layer'

export interface LinearShape {
  /** Blocks that share nothing: the groups of a grouped convolution, 1 otherwise. */
  readonly blocks: number
  /** Input channels and output channels of one block. */
  readonly channels: number
  readonly outputs: number
  /** Columns a channel: kernel extents multiplied; 1 for a dense operator. */
  readonly taps: number
  /** channels x taps. */
  readonly columns: number
}

/** How a convolution's window walks over its input; null for a dense operator. */
export interface SlidingWindow {
  /** Strides and pads are those of the output: a position reads the inputs whose windows reach it, zeros for other taps. */
  readonly transposed: boolean
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Starts first, then ends. */
  readonly pads: readonly number[]
}

const weightOf = (graph: Graph, layer: Layer): TensorData => {
  const weight = graph.constants.get(layer.weightName)
  if (weight) return weight
  throw new EspalierError('INTERNAL', `The weight of "${layer.node.name}" is not a constant of the network.`)
}

export const isTransposed = (layer: Layer): boolean => layer.node.op === 'ConvTranspose'

/**
 * Whether the operator's rows can be observed: depthwise operators pass units through. A ConvTranspose whose pads follow
 * from the output it wants is not run either.
 */
export function isObservable({ kind, node }: Layer): boolean {
  if (kind === 'dense') return true
  if (kind !== 'conv') return false
  if (node.op !== 'ConvTranspose') return node.op === 'Conv'
  return stringAttribute(node, 'auto_pad', 'NOTSET') === 'NOTSET' && !node.attributes.has('output_shape')
}

/** Whether least squares can refit the operator, bias included: what a Gemm adds must be a constant. */
export const isRefittable = (graph: Graph, layer: Layer): boolean => {
  const added = layer.node.op === 'Gemm' ? (layer.node.inputs[2] ?? '') : ''
  return isObservable(layer) && (added === '' || graph.constants.has(added))
}

export function shapeOfLayer(graph: Graph, layer: Layer): LinearShape {
  const { dims } = weightOf(graph, layer)
  const blocks = layer.kind === 'conv' ? layer.groups : 1
  // Of [C, M / groups, ...] all inputs are there and one block's outputs; of [M, C / groups, ...] it is the other way round.
  const transposed = isTransposed(layer)
  const channels = (dims[layer.inputAxis] as number) / (transposed ? blocks : 1)
  const outputs = (dims[layer.outputAxis] as number) / (transposed ? 1 : blocks)
  const taps = layer.kind === 'conv' ? dims.slice(2).reduce((a, b) => a * b, 1) : 1
  return { blocks, channels, outputs, taps, columns: channels * taps }
}

/** @param spatial extents of the operator's input as it runs. */
export function windowOfLayer(graph: Graph, layer: Layer, spatial: readonly number[]): SlidingWindow | null {
  if (layer.kind !== 'conv') return null
  const window = windowOf(layer.node, weightOf(graph, layer).dims.slice(2), spatial)
  return { ...window, transposed: isTransposed(layer) }
}

/** Whether the weight holds the columns of an output one after the other, output by output. */
const holdsRows = (layer: Layer): boolean => !isTransposed(layer) && !(layer.kind === 'dense' && layer.outputAxis === 1)

/** Where the weight holds column j of output o of a block. */
function placeIn(layer: Layer, { blocks, channels, outputs, taps, columns }: LinearShape) {
  if (isTransposed(layer)) {
    return (block: number, o: number, j: number) =>
      ((block * channels + Math.floor(j / taps)) * outputs + o) * taps + (j % taps)
  }
  return holdsRows(layer)
    ? (block: number, o: number, j: number) => (block * outputs + o) * columns + j
    : (block: number, o: number, j: number) => (j * blocks + block) * outputs + o
}

/** Columns that are visited of one output after the other: what lies apart in the weight then stays in the cache. */
const BLOCK = 32

function eachPlace(outputs: number, columns: number, visit: (o: number, j: number) => void): void {
  for (let first = 0; first < columns; first += BLOCK) {
    const last = Math.min(columns, first + BLOCK)
    for (let o = 0; o < outputs; o++) for (let j = first; j < last; j++) visit(o, j)
  }
}

/** Factors that Gemm applies to its product and its bias. */
const factors = (layer: Layer): { product: number; bias: number } =>
  layer.node.op === 'Gemm'
    ? { product: numberAttribute(layer.node, 'alpha', 1), bias: numberAttribute(layer.node, 'beta', 1) }
    : { product: 1, bias: 1 }

/**
 * Weights of each block as [outputs, columns + 1], row-major: columns are channel by channel, the taps of a channel
 * together, and the last column is the bias (0 where there is none).
 */
export function readWeights(graph: Graph, layer: Layer): Float64Array[] {
  if (isRecurrent(layer)) return readRecurrent(graph, layer)
  const shape = shapeOfLayer(graph, layer)
  const { blocks, outputs, columns } = shape
  const place = placeIn(layer, shape)
  const { product, bias: biasFactor } = factors(layer)
  const weight = toFloat32(weightOf(graph, layer))
  // A Gemm may add one number to all outputs; it is no bias of units, but part of what the operator computes.
  const added = layer.biasName ?? (layer.node.op === 'Gemm' ? (layer.node.inputs[2] ?? '') : '')
  const constant = graph.constants.get(added)
  const bias = constant ? toFloat32(constant) : null
  const width = columns + 1
  const whole = holdsRows(layer) && product === 1
  return Array.from({ length: blocks }, (_, block) => {
    const result = new Float64Array(outputs * width)
    for (let o = 0; o < outputs; o++) {
      const output = block * outputs + o
      if (whole) result.set(weight.subarray(output * columns, (output + 1) * columns), o * width)
      if (bias) result[o * width + columns] = biasFactor * (bias[bias.length === 1 ? 0 : output] as number)
    }
    if (!whole) {
      eachPlace(outputs, columns, (o, j) => {
        result[o * width + j] = product * (weight[place(block, o, j)] as number)
      })
    }
    return result
  })
}

/**
 * The inverse of {@link readWeights}: a graph whose operator has these weights, as float32. An operator without a bias
 * gets one, unless all of it is zero; see {@link withBias}.
 */
export function writeWeights(graph: Graph, layer: Layer, weights: readonly Float64Array[]): Graph {
  if (isRecurrent(layer)) return writeRecurrent(graph, layer, weights)
  const shape = shapeOfLayer(graph, layer)
  const { outputs, columns } = shape
  const place = placeIn(layer, shape)
  // A bias that is made here counts once, whatever factor the operator had for the one that it lacked.
  const { product, bias } = factors(layer)
  const biasFactor = layer.biasName === null ? 1 : bias
  const old = weightOf(graph, layer)
  const width = columns + 1
  const data = new Float32Array(old.data.length)
  const biases = new Float32Array(outputs * weights.length)
  const whole = holdsRows(layer) && product === 1
  weights.forEach((block, b) => {
    for (let o = 0; o < outputs; o++) {
      const output = b * outputs + o
      if (whole) data.set(block.subarray(o * width, o * width + columns), output * columns)
      biases[output] = (block[o * width + columns] as number) / biasFactor
    }
    if (!whole) {
      eachPlace(outputs, columns, (o, j) => {
        data[place(b, o, j)] = (block[o * width + j] as number) / product
      })
    }
  })
  const weight: TensorData = { dtype: 'float32', dims: old.dims, data }
  const replaced = graph.with({ constants: new Map(graph.constants).set(layer.weightName, weight) })
  if (layer.biasName === null && biases.every((value) => value === 0)) return replaced
  const biased = withBias(replaced, layer)
  const name = biased.layer.biasName as string
  const dims = biased.graph.constants.get(name)?.dims ?? [biases.length]
  return biased.graph.with({
    constants: new Map(biased.graph.constants).set(name, { dtype: 'float32', dims, data: biases }),
  })
}

/**
 * A graph whose operator has a bias of its own, zeros where it had none: an input of Conv and Gemm, an Add behind a
 * MatMul.
 * @returns the graph, and the operator with the bias's name.
 */
export function withBias(graph: Graph, layer: Layer): { graph: Graph; layer: Layer } {
  if (isRecurrent(layer)) return withRecurrentBias(graph, layer)
  if (layer.biasName !== null) return { graph, layer }
  const { blocks, outputs } = shapeOfLayer(graph, layer)
  const added = layer.node.op === 'Gemm' ? graph.constants.get(layer.node.inputs[2] ?? '') : undefined
  // What a Gemm multiplies its bias by is part of the number, or means nothing where there was none (tf2onnx writes 0 then).
  const factor = factors(layer).bias
  const bias = new Float32Array(blocks * outputs).fill(added ? factor * (toFloat32(added)[0] as number) : 0)
  const biasName = freshName(graph, `${layer.node.name}/bias`)
  const constants = new Map(graph.constants).set(biasName, { dtype: 'float32', dims: [bias.length], data: bias })
  const own = { ...layer, biasName }
  if (layer.node.op !== 'MatMul') {
    const withInput = (node: GraphNode): GraphNode => {
      const [input = '', weight = ''] = node.inputs
      const attributes = new Map([...node.attributes].filter(([name]) => node.op !== 'Gemm' || name !== 'beta'))
      return { ...node, inputs: [input, weight, biasName], attributes }
    }
    const nodes = graph.nodes.map((node) => (node.name === layer.node.name ? withInput(node) : node))
    return { graph: graph.with({ nodes, constants }), layer: { ...own, node: withInput(layer.node) } }
  }
  const product = freshName(graph, `${layer.output}/product`)
  const add = {
    name: freshName(graph, `${layer.node.name}/add_bias`),
    op: 'Add',
    domain: '',
    inputs: [product, biasName],
    outputs: [layer.output],
    attributes: new Map(),
  }
  const nodes = graph.nodes.flatMap((node) =>
    node.name === layer.node.name ? [{ ...node, outputs: [product] }, add] : [node],
  )
  const values = new Map(graph.values)
  const info = values.get(layer.output)
  if (info) values.set(product, { ...info, name: product })
  return { graph: graph.with({ nodes, constants, values }), layer: own }
}

function freshName(graph: Graph, wanted: string): string {
  const taken = (name: string) => graph.info(name) !== undefined || graph.hasNode(name) || graph.producer(name)
  let name = wanted
  for (let k = 2; taken(name); k++) name = `${wanted}_${k}`
  return name
}
