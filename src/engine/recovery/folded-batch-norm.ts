/** BatchNorm written into the operators before it and taken out again: one set of numbers to move instead of two. */
import { type Graph, type GraphNode, numberAttribute } from '../graph/graph'
import { type TensorData, toFloat32 } from '../graph/tensor'

export interface Folded {
  /** Without the BatchNorms that could be folded; the same function. */
  readonly graph: Graph
  /** The network as it was given, with the numbers of a moved `graph`: the same function as that. */
  unfold(moved: Graph): Graph
}

/** A BatchNorm and the operator it goes into. */
interface Fold {
  readonly node: GraphNode
  readonly operator: GraphNode
  readonly scale: Float64Array
  /** Of the operator's outputs without its bias. */
  readonly constant: Float64Array
  readonly outputAxis: number
  readonly biasName: string
}

/** What BatchNorm on running statistics does to each channel: y = scale (x - mean) + shift. */
export interface BatchNormNumbers {
  readonly scale: Float64Array
  readonly mean: Float32Array
  readonly shift: Float32Array
}

/** Null where its numbers are no constants. */
export function batchNormNumbers(graph: Graph, node: GraphNode): BatchNormNumbers | null {
  const constants = node.inputs.slice(1, 5).map((name) => graph.constants.get(name))
  if (constants.some((constant) => !constant)) return null
  const [gamma, shift, mean, variance] = (constants as TensorData[]).map(toFloat32) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  const epsilon = numberAttribute(node, 'epsilon', 1e-5)
  const scale = Float64Array.from(gamma, (value, i) => value / Math.sqrt((variance[i] as number) + epsilon))
  return { scale, mean, shift }
}

/** A channel whose scale is smaller than this share of the largest would be divided by almost nothing. */
const LEAST_SCALE = 1e-3

/** Folds every BatchNorm that alone reads a linear operator whose numbers nobody else reads. */
export function foldBatchNorm(graph: Graph): Folded {
  const folds = new Map<GraphNode, Fold>()
  for (const node of graph.nodes) {
    const fold = foldable(graph, node)
    if (fold) folds.set(fold.operator, fold)
  }
  const gone = new Set([...folds.values()].map(({ node }) => node))
  const constants = new Map(graph.constants)
  for (const { operator, scale, constant, outputAxis, biasName, node } of folds.values()) {
    const weight = operator.inputs[1] as string
    const own = graph.constants.get(weight) as TensorData
    constants.set(
      weight,
      scaled(own, outputAxis, (o) => scale[o] as number),
    )
    const beta = numbers(graph, node.inputs[2] as string)
    const bias = Float32Array.from(beta, (value, o) => value + (constant[o] as number))
    constants.set(biasName, { dtype: 'float32', dims: [scale.length], data: bias })
  }
  const nodes = graph.nodes
    .filter((node) => !gone.has(node))
    .map((node) => {
      const fold = folds.get(node)
      if (!fold) return node
      return {
        ...node,
        inputs: [node.inputs[0] as string, node.inputs[1] as string, fold.biasName],
        outputs: [fold.node.outputs[0] as string],
      }
    })
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)])
  for (const name of constants.keys()) if (!read.has(name)) constants.delete(name)
  return {
    graph: graph.with({ nodes, constants }),
    unfold(moved) {
      const result = new Map(graph.constants)
      for (const [name, value] of moved.constants) if (graph.constants.has(name)) result.set(name, value)
      for (const { operator, node, scale, constant, outputAxis, biasName } of folds.values()) {
        const [, weight, bias] = operator.inputs
        result.set(
          weight as string,
          scaled(moved.constants.get(weight as string) as TensorData, outputAxis, (o) => 1 / (scale[o] as number)),
        )
        if (bias) result.set(bias, graph.constants.get(bias) as TensorData)
        const shift = toFloat32(moved.constants.get(biasName) as TensorData)
        const beta = node.inputs[2] as string
        const { dims } = graph.constants.get(beta) as TensorData
        result.set(beta, {
          dtype: 'float32',
          dims,
          data: Float32Array.from(shift, (value, o) => value - (constant[o] as number)),
        })
      }
      return graph.with({ constants: result })
    },
  }
}

const numbers = (graph: Graph, name: string): Float32Array => toFloat32(graph.constants.get(name) as TensorData)

function foldable(graph: Graph, node: GraphNode): Fold | null {
  const found = node.op === 'BatchNormalization' ? batchNormNumbers(graph, node) : null
  if (!found) return null
  const { scale, mean } = found
  const [x, , beta] = node.inputs as [string, string, string]
  const operator = graph.producer(x)
  const outputAxis = operator ? outputAxisOf(operator) : null
  if (!operator || outputAxis === null || graph.consumers(x).length > 1 || graph.isOutput(x)) return null
  const [, weight, bias] = operator.inputs as [string, string, string | undefined]
  const own = [weight, beta, ...(bias ? [bias] : [])]
  if (own.some((name) => graph.constants.get(name)?.dtype !== 'float32' || graph.consumers(name).length > 1))
    return null
  const largest = scale.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (scale.some((value) => !(Math.abs(value) > LEAST_SCALE * largest))) return null
  const before = bias ? numbers(graph, bias) : new Float32Array(scale.length)
  if (before.length !== scale.length) return null
  const constant = scale.map((value, o) => ((before[o] as number) - (mean[o] as number)) * value)
  return { node, operator, scale, constant, outputAxis, biasName: bias || `${operator.name}.folded` }
}

/** Axis of the weight that runs over the channels BatchNorm sees; null where it is not the weight's alone. */
function outputAxisOf(node: GraphNode): number | null {
  const is = (attribute: string, value: number, otherwise: number) =>
    numberAttribute(node, attribute, otherwise) === value
  if (node.op === 'Conv') return 0
  if (node.op === 'ConvTranspose') return is('group', 1, 1) ? 1 : null
  if (node.op !== 'Gemm' || !is('alpha', 1, 1) || !is('beta', 1, 1)) return null
  return is('transB', 1, 0) ? 0 : 1
}

function scaled(weight: TensorData, axis: number, factor: (index: number) => number): TensorData {
  const inner = weight.dims.slice(axis + 1).reduce((product, extent) => product * extent, 1)
  const extent = weight.dims[axis] as number
  return { ...weight, data: toFloat32(weight).map((value, i) => value * factor(Math.floor(i / inner) % extent)) }
}
