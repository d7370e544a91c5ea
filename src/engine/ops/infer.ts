/** Shape inference over a whole graph, shape arithmetic with symbols included. */
import { EspalierError } from '../../contract/errors'
import type { Dim, Graph, GraphNode, Shape, ValueInfo } from '../graph/graph'
import { type TensorData, toNumbers } from '../graph/tensor'
import { findOp, type InferContext, type Inferred } from './index'
import { showShape } from './shapes'

/** Integer constants up to this many elements take part in shape arithmetic. */
const elementLimit = 256

export interface InferenceResult {
  /** The graph with `values` filled in. */
  readonly graph: Graph
  /** Known elements of small integer values that nodes compute (shape arithmetic), symbols included. */
  readonly elements: ReadonlyMap<string, readonly Dim[]>
  /** Nodes whose operator is not known: everything behind them has no shape. */
  readonly unknown: readonly GraphNode[]
  /** Nodes whose shape depends on data, and why; everything behind them has no shape either. */
  readonly undecided: readonly { readonly node: GraphNode; readonly why: string }[]
}

const constantInfo = (constant: TensorData): Inferred => {
  const small = constant.data.length <= elementLimit && /int|bool/.test(constant.dtype)
  return { dtype: constant.dtype, shape: constant.dims, ...(small ? { elements: toNumbers(constant) } : {}) }
}

/** Thrown by a shape rule whose operands are not known; caught here. */
class Undecided extends Error {}

/**
 * Infers type and shape of every value, once through the nodes. What lies behind operands (pads, axes, targets) that are
 * not constant, or not yet, is left out.
 * @throws SHAPE_MISMATCH where operands do not fit, MODEL_INVALID where a required input is missing.
 */
export function infer(graph: Graph): InferenceResult {
  const undecided: { node: GraphNode; why: string }[] = []
  const known = new Map<string, Inferred>()
  const unknown: GraphNode[] = []
  for (const input of graph.inputs) if (input.shape) known.set(input.name, { dtype: input.dtype, shape: input.shape })
  const lookUp = (name: string): Inferred | undefined => {
    const found = known.get(name)
    if (found) return found
    const constant = graph.constants.get(name)
    if (!constant) return undefined
    const info = constantInfo(constant)
    known.set(name, info)
    return info
  }
  const values = new Map<string, ValueInfo>()
  for (const node of graph.nodes) {
    const op = findOp(node.op, node.domain)
    if (!op) {
      unknown.push(node)
      continue
    }
    if (node.inputs.some((name) => name !== '' && !lookUp(name))) continue
    let results: readonly Inferred[]
    try {
      results = op.infer(contextOf(graph, node, lookUp))
    } catch (error) {
      if (!(error instanceof Undecided)) throw error
      undecided.push({ node, why: error.message })
      continue
    }
    node.outputs.forEach((name, i) => {
      const result = results[i]
      if (name === '' || !result) return
      known.set(name, result)
      values.set(name, { name, dtype: result.dtype, shape: result.shape })
    })
  }
  const outputs = graph.outputs.map((output) => values.get(output.name) ?? output)
  const elements = new Map<string, readonly Dim[]>()
  for (const [name, info] of known) if (info.elements && !graph.constants.has(name)) elements.set(name, info.elements)
  return { graph: graph.with({ values, outputs }), elements, unknown, undecided }
}

/** {@link infer} for callers that only want the graph. */
export const inferShapes = (graph: Graph): Graph => infer(graph).graph

function contextOf(graph: Graph, node: GraphNode, lookUp: (name: string) => Inferred | undefined): InferContext {
  const fail = (sentence: string): never => {
    throw new EspalierError(
      'SHAPE_MISMATCH',
      `Node "${node.name}" (${node.op}) does not fit the network: ${sentence}. The file is damaged or was exported for other inputs; export it again.`,
    )
  }
  const has = (i: number) => (node.inputs[i] ?? '') !== ''
  const input = (i: number): Inferred => {
    const found = has(i) ? lookUp(node.inputs[i] as string) : undefined
    if (found) return found
    throw new EspalierError(
      'MODEL_INVALID',
      `Node "${node.name}" (${node.op}) lacks its input ${i}. The file is damaged; export the network again.`,
    )
  }
  return {
    node,
    fail,
    await: (sentence) => {
      throw new Undecided(sentence)
    },
    has,
    input,
    shape: (i) => input(i).shape,
    constant: (i) => (has(i) ? graph.constants.get(node.inputs[i] as string) : undefined),
    elements: (i) => (has(i) ? input(i).elements : undefined),
  }
}

/** The inferred shape of a value. @throws GRAPH_INVALID when inference has not reached it. */
export function shapeOf(graph: Graph, value: string): Shape {
  const shape = graph.info(value)?.shape
  if (shape) return shape
  throw new EspalierError(
    'GRAPH_INVALID',
    `The shape of "${value}" is not known, because an operator before it is unknown to Espalier or the input has no declared shape.`,
  )
}

export const describe = (graph: Graph, value: string): string => {
  const info = graph.info(value)
  return info ? `${info.dtype} ${info.shape ? showShape(info.shape) : '[?]'}` : 'unknown'
}
