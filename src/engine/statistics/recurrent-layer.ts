/** LSTM, GRU and RNN as least squares sees them: rows [x_t; h_(t-1); 1] against the gates before their activations. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer } from '../coupling/index'
import { type Graph, type GraphNode, numberAttribute } from '../graph/graph'
import { type TensorData, toFloat32 } from '../graph/tensor'
import { type RecurrentPart, recurrentValue } from '../ops/lower/recurrent'
import { gatesOf } from '../ops/recurrent'

/** What a block's rows are made of. */
export type RecurrentRows = 'input' | 'state' | 'both' | 'reset'

/**
 * Gates of one direction that read the same rows. A GRU's candidate is apart, as what the inputs give to it and what
 * the state gives to it meet only behind the reset gate.
 */
export interface RecurrentBlock {
  readonly direction: number
  readonly rows: RecurrentRows
  /** First column and number of columns among the 'gates' of the direction, in multiples of the hidden size. */
  readonly first: number
  readonly count: number
  /** Unit of each column of a row without the constant, and of each output; 0: stays. */
  readonly inputUnits: Int32Array
  readonly outputUnits: Int32Array
}

export interface RecurrentLayer extends Layer {
  readonly kind: 'recurrent'
  readonly directions: number
  /** A GRU whose reset gate comes behind the product with the state. */
  readonly resetsLast: boolean
  readonly blocks: readonly RecurrentBlock[]
}

export const isRecurrent = (layer: Layer): layer is RecurrentLayer => layer.kind === 'recurrent'

const [W, R, B] = [1, 2, 3] as const

const constantOf = (graph: Graph, node: GraphNode, i: number): TensorData | undefined =>
  graph.constants.get(node.inputs[i] ?? '')

const repeat = (ids: Int32Array, times: number): Int32Array =>
  Int32Array.from({ length: ids.length * times }, (_, i) => ids[i % ids.length] as number)

/** Recurrent operators with constant weights of their own, in topological order. */
export function recurrentLayers(graph: Graph, coupling: Coupling): RecurrentLayer[] {
  return graph.nodes.flatMap((node): RecurrentLayer[] => {
    if (gatesOf[node.op] === undefined) return []
    const [w, r] = [constantOf(graph, node, W), constantOf(graph, node, R)]
    if (!w || !r) return []
    // Weights that several operators share cannot be changed for one of them.
    if ([W, R].some((i) => graph.consumers(node.inputs[i] as string).length > 1)) return []
    const bound = (i: number, axis: number, extent: number) =>
      coupling.bindings.find(
        (each) => each.node.name === node.name && each.constant === node.inputs[i] && each.axis === axis,
      )?.units ?? new Int32Array(extent)
    const [directions, , features] = w.dims as [number, number, number]
    const hidden = r.dims[2] as number
    const x = bound(W, 2, features)
    const h = bound(R, 2, hidden)
    const resetsLast = numberAttribute(node, 'linear_before_reset', 0) === 1
    const both = Int32Array.from([...x, ...h])
    const blocks = Array.from({ length: directions }, (_, direction): RecurrentBlock[] => {
      const block = (rows: RecurrentRows, first: number, count: number, inputUnits: Int32Array) => ({
        direction,
        rows,
        first,
        count,
        inputUnits,
        outputUnits: repeat(h, count),
      })
      if (node.op !== 'GRU') return [block('both', 0, gatesOf[node.op] as number, both)]
      return [block('both', 0, 2, both), block('input', 2, 1, x), block(resetsLast ? 'state' : 'reset', 3, 1, h)]
    }).flat()
    return [
      {
        node,
        kind: 'recurrent',
        weightName: node.inputs[W] as string,
        biasName: node.inputs[B] || null,
        outputAxis: 1,
        inputAxis: 2,
        groups: 1,
        inputUnits: both,
        outputUnits: h,
        input: node.inputs[0] as string,
        output: node.outputs.find((name) => name !== '') as string,
        directions,
        resetsLast,
        blocks,
      },
    ]
  })
}

/** The session's name of a value inside the operator. */
export const insideOf = (layer: RecurrentLayer, part: RecurrentPart, direction: number): string =>
  recurrentValue(layer.node.name, part, direction)

/** Sizes and numbers of an operator as the graph holds it now. */
class Numbers {
  readonly features: number
  readonly hidden: number
  readonly gates: number
  readonly w: Float32Array
  readonly r: Float32Array
  readonly b: Float32Array
  readonly w3: TensorData
  readonly r3: TensorData

  constructor(graph: Graph, { node, directions }: RecurrentLayer) {
    const [w, r] = [constantOf(graph, node, W), constantOf(graph, node, R)]
    if (!w || !r) throw new EspalierError('INTERNAL', `The weights of "${node.name}" are not constants of the network.`)
    this.w3 = w
    this.r3 = r
    this.features = w.dims[2] as number
    this.hidden = r.dims[2] as number
    this.gates = gatesOf[node.op] as number
    this.w = toFloat32(w).slice()
    this.r = toFloat32(r).slice()
    const b = constantOf(graph, node, B)
    this.b = b ? toFloat32(b).slice() : new Float32Array(directions * 2 * this.gates * this.hidden)
  }

  /** Where row `row` (of all gates) of a direction begins in W, in R and in both halves of B. */
  at(direction: number, row: number): { w: number; r: number; input: number; state: number } {
    const rows = this.gates * this.hidden
    const line = direction * rows + row
    const bias = direction * 2 * rows + row
    return { w: line * this.features, r: line * this.hidden, input: bias, state: bias + rows }
  }
}

/** Row of W and R that output o of a block is computed by. */
const rowOf = (block: RecurrentBlock, hidden: number, o: number): number =>
  // The last two columns of a GRU's gates share the candidate's rows.
  block.rows === 'both' ? o : 2 * hidden + o

/** Columns of a block's rows without the constant. */
const columnsOf = (rows: RecurrentRows, features: number, hidden: number): number =>
  rows === 'both' ? features + hidden : rows === 'input' ? features : hidden

/** Weights of each block as [outputs, columns + 1], row-major, the bias in the last column. */
export function readRecurrent(graph: Graph, layer: RecurrentLayer): Float64Array[] {
  const numbers = new Numbers(graph, layer)
  const { features, hidden, w, r, b } = numbers
  return layer.blocks.map((block) => {
    const columns = columnsOf(block.rows, features, hidden)
    const outputs = block.count * hidden
    const result = new Float64Array(outputs * (columns + 1))
    for (let o = 0; o < outputs; o++) {
      const at = numbers.at(block.direction, rowOf(block, hidden, o))
      const to = o * (columns + 1)
      let c = 0
      if (block.rows !== 'state' && block.rows !== 'reset') {
        for (let j = 0; j < features; j++) result[to + c++] = w[at.w + j] as number
      }
      if (block.rows !== 'input') for (let j = 0; j < hidden; j++) result[to + c++] = r[at.r + j] as number
      result[to + columns] = biasOf(block, layer, b, at)
    }
    return result
  })
}

/** Which of the two biases a block's outputs add. */
function biasOf(
  { rows }: RecurrentBlock,
  { resetsLast }: RecurrentLayer,
  b: Float32Array,
  at: { input: number; state: number },
): number {
  if (rows === 'state') return b[at.state] as number
  if (rows === 'reset') return 0
  const state = rows === 'input' && resetsLast ? 0 : (b[at.state] as number)
  return (b[at.input] as number) + state
}

/**
 * The inverse of {@link readRecurrent}, as float32. Biases that are simply added go into the first half of B; without
 * a B the operator gets one.
 */
export function writeRecurrent(graph: Graph, layer: RecurrentLayer, weights: readonly Float64Array[]): Graph {
  const biased = withRecurrentBias(graph, layer)
  const numbers = new Numbers(biased.graph, biased.layer)
  const { features, hidden, w, r, b } = numbers
  layer.blocks.forEach((block, i) => {
    const columns = columnsOf(block.rows, features, hidden)
    const values = weights[i] as Float64Array
    for (let o = 0; o < block.count * hidden; o++) {
      const at = numbers.at(block.direction, rowOf(block, hidden, o))
      const from = o * (columns + 1)
      let c = 0
      if (block.rows !== 'state' && block.rows !== 'reset') {
        for (let j = 0; j < features; j++) w[at.w + j] = values[from + c++] as number
      }
      if (block.rows !== 'input') for (let j = 0; j < hidden; j++) r[at.r + j] = values[from + c++] as number
      const bias = values[from + columns] as number
      if (block.rows === 'state') b[at.state] = bias
      else if (block.rows !== 'reset') {
        b[at.input] = bias
        if (block.rows === 'both' || !layer.resetsLast) b[at.state] = 0
      }
    }
  })
  const { node } = biased.layer
  const constants = new Map(biased.graph.constants)
  const put = (i: number, data: Float32Array, dims: readonly number[]) =>
    constants.set(node.inputs[i] as string, { dtype: 'float32', dims, data })
  put(W, w, numbers.w3.dims)
  put(R, r, numbers.r3.dims)
  put(B, b, [layer.directions, 2 * numbers.gates * hidden])
  return biased.graph.with({ constants })
}

/** A graph whose operator has a bias B, zeros where it had none. */
export function withRecurrentBias(graph: Graph, layer: RecurrentLayer): { graph: Graph; layer: RecurrentLayer } {
  if (layer.biasName !== null) return { graph, layer }
  const { gates, hidden } = new Numbers(graph, layer)
  let biasName = `${layer.node.name}/bias`
  for (let k = 2; graph.info(biasName) !== undefined; k++) biasName = `${layer.node.name}/bias_${k}`
  const dims = [layer.directions, 2 * gates * hidden]
  const bias: TensorData = { dtype: 'float32', dims, data: new Float32Array(layer.directions * 2 * gates * hidden) }
  const inputs = [...graph.node(layer.node.name).inputs]
  while (inputs.length <= B) inputs.push('')
  inputs[B] = biasName
  const node = { ...graph.node(layer.node.name), inputs }
  return {
    graph: graph.with({
      nodes: graph.nodes.map((other) => (other.name === node.name ? node : other)),
      constants: new Map(graph.constants).set(biasName, bias),
    }),
    layer: { ...layer, node, biasName },
  }
}
