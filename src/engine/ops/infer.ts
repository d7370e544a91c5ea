/** Shape inference over a whole graph, shape arithmetic with symbols included. */
import { EspalierError } from '../../contract/errors'
import type { Graph, GraphNode, Shape, ValueInfo } from '../graph/graph'
import { type TensorData, toNumbers } from '../graph/tensor'
import { isFed } from './extents'
import { findOp, type InferContext, type Inferred } from './index'
import { showShape } from './shapes'

/** Integer constants up to this many elements take part in shape arithmetic. */
const elementLimit = 256

export interface InferenceResult {
  /** The graph with `values` filled in. */
  readonly graph: Graph
  /** Nodes whose operator is not known: what lies behind them has a shape only where the file declares theirs. */
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

/** Type and shape of one value after the other, in the order of the nodes; constants may join on the way. */
export class Inference {
  readonly values = new Map<string, ValueInfo>()
  readonly unknown: GraphNode[] = []
  readonly undecided: { node: GraphNode; why: string }[] = []
  private readonly known = new Map<string, Inferred>()

  constructor(
    inputs: readonly ValueInfo[],
    readonly constants: ReadonlyMap<string, TensorData>,
    private readonly declared: ReadonlyMap<string, ValueInfo> = new Map(),
  ) {
    for (const { name, dtype, shape } of inputs) if (shape) this.known.set(name, { dtype, shape })
  }

  /** What is known of a value or a constant. */
  of(name: string): Inferred | undefined {
    const found = this.known.get(name)
    if (found) return found
    const constant = this.constants.get(name)
    if (!constant) return undefined
    const info = constantInfo(constant)
    this.known.set(name, info)
    return info
  }

  /** Whether the shape of a value, or its elements, depend on what the network is fed. */
  isFed(name: string): boolean {
    const info = name === '' ? undefined : this.of(name)
    return info !== undefined && (info.shape.some(isFed) || info.elements?.some(isFed) === true)
  }

  /** A value that nodes computed is a constant now, which says more. */
  replaced(name: string): void {
    this.known.delete(name)
    this.values.delete(name)
  }

  /** Infers what a node computes, if all it reads is known. @throws SHAPE_MISMATCH, MODEL_INVALID */
  step(node: GraphNode): void {
    const op = findOp(node.op, node.domain)
    if (!op) {
      this.unknown.push(node)
      for (const name of node.outputs) {
        const info = this.declared.get(name)
        if (!info?.shape) continue
        this.known.set(name, { dtype: info.dtype, shape: info.shape })
        this.values.set(name, info)
      }
      return
    }
    if (node.inputs.some((name) => name !== '' && !this.of(name))) return
    let results: readonly Inferred[]
    try {
      results = op.infer(contextOf(this, node))
    } catch (error) {
      if (!(error instanceof Undecided)) throw error
      this.undecided.push({ node, why: error.message })
      return
    }
    node.outputs.forEach((name, i) => {
      const result = results[i]
      if (name === '' || !result) return
      this.known.set(name, result)
      this.values.set(name, { name, dtype: result.dtype, shape: result.shape })
    })
  }

  /** @param graph whose nodes were stepped through */
  result(graph: Graph): InferenceResult {
    const { values, unknown, undecided } = this
    const outputs = graph.outputs.map((output) => values.get(output.name) ?? output)
    return { graph: graph.with({ values, outputs }), unknown, undecided }
  }
}

/**
 * Infers type and shape of every value, once through the nodes. What lies behind operands (pads, axes, targets) that are
 * not constant, or not yet, is left out.
 * @throws SHAPE_MISMATCH where operands do not fit, MODEL_INVALID where a required input is missing.
 */
export function infer(graph: Graph): InferenceResult {
  const inference = new Inference(graph.inputs, graph.constants, graph.declared)
  for (const node of graph.nodes) inference.step(node)
  return inference.result(graph)
}

/** {@link infer} for callers that only want the graph. */
export const inferShapes = (graph: Graph): Graph => infer(graph).graph

function contextOf(known: Inference, node: GraphNode): InferContext {
  const fail = (sentence: string): never => {
    // What the network is fed may make it fit.
    if (node.inputs.some((name) => known.isFed(name))) throw new Undecided(sentence)
    throw new EspalierError(
      'SHAPE_MISMATCH',
      `Node "${node.name}" (${node.op}) does not fit the network: ${sentence}. The file is damaged or was exported for other inputs; export it again.`,
    )
  }
  const has = (i: number) => (node.inputs[i] ?? '') !== ''
  const input = (i: number): Inferred => {
    const found = has(i) ? known.of(node.inputs[i] as string) : undefined
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
    constant: (i) => (has(i) ? known.constants.get(node.inputs[i] as string) : undefined),
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
