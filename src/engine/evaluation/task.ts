/** What a network's output means: which distribution it parametrises and how its classes are laid out. */
import type { DataSource } from '../data/types'
import type { Graph } from '../graph/graph'

export type ResultKind = 'softmax' | 'bernoulli' | 'gaussian'

export interface Task {
  readonly kind: ResultKind
  /** The output holds probabilities (a terminal Softmax or Sigmoid), not logits. */
  readonly probabilities: boolean
  readonly metric: 'accuracy' | 'rmse' | 'none'
}

/**
 * Reads the task off the network's last operator and the data's labels: integer labels mean classes, real ones
 * regression. Without labels, one output or none of the two activations is told by its width: several columns are
 * taken for logits of classes, a single one for a regression.
 */
export function describeTask(graph: Graph, data: DataSource): Task {
  const output = graph.outputs[0]
  const last = output ? activationOf(graph, output.name) : undefined
  const shape = output ? graph.info(output.name)?.shape : undefined
  const width = shape && shape.length > 1 ? shape[1] : 1
  const labels = data.train.labels ?? data.test?.labels ?? null
  const probabilities = last === 'Softmax' || last === 'Sigmoid'
  if (labels instanceof Float32Array) return { kind: 'gaussian', probabilities: false, metric: 'rmse' }
  const metric = labels ? 'accuracy' : 'none'
  if (last === 'Softmax') return { kind: 'softmax', probabilities, metric }
  if (last === 'Sigmoid') return { kind: 'bernoulli', probabilities, metric }
  if (width === 1) return { kind: labels ? 'bernoulli' : 'gaussian', probabilities, metric }
  return { kind: 'softmax', probabilities, metric }
}

const passing = new Set(['Identity', 'Flatten', 'Reshape', 'Squeeze'])

/** The operator that shapes a result's numbers, seen through what only moves them. */
function activationOf(graph: Graph, value: string): string | undefined {
  const node = graph.producer(value)
  if (!node) return undefined
  return passing.has(node.op) ? activationOf(graph, node.inputs[0] as string) : node.op
}
