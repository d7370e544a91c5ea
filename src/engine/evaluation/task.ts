/** What a network's output means: which distribution it parametrises and how its classes are laid out. */
import { EspalierError } from '../../contract/errors'
import { labelsAsked } from '../data/meaning'
import type { DataSource } from '../data/types'
import type { Graph, Shape } from '../graph/graph'

export type ResultKind = 'softmax' | 'bernoulli' | 'gaussian'

export interface Task {
  readonly kind: ResultKind
  /** The output holds probabilities (a terminal Softmax or Sigmoid), not logits. */
  readonly probabilities: boolean
  readonly metric: 'accuracy' | 'f1' | 'mean-iou' | 'perplexity' | 'rmse' | 'none'
  /**
   * Where the classes of a position lie: behind the samples, as in ONNX (the default), or last; none where every number
   * is a yes or no of its own.
   */
  readonly classAxis?: 'second' | 'last' | 'none'
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
  const each =
    labels instanceof Int32Array
      ? labels.length / Math.max(1, data.train.labels ? data.train.count : (data.test?.count ?? 0))
      : 1
  if (each > 1 && each === labelsAsked(shape)) {
    if (last === 'Softmax') {
      throw new EspalierError(
        'DATA_INVALID',
        `The data has ${each} labels a sample, several of which may be 1, but the network ends in a Softmax, whose answers exclude each other. Choose the data set this network was trained on, or export the network without the Softmax.`,
      )
    }
    return { kind: 'bernoulli', probabilities, metric: 'f1', classAxis: 'none' }
  }
  const dense = shape && shape.length > 2 && labels instanceof Int32Array ? denseTask(shape, data, labels) : undefined
  if (dense) {
    const classes = dense.classAxis === 'second' ? shape?.[1] : shape?.at(-1)
    // A softmax over one class would always be sure.
    return { kind: last === 'Sigmoid' || classes === 1 ? 'bernoulli' : 'softmax', probabilities, ...dense }
  }
  if (labels instanceof Float32Array) return { kind: 'gaussian', probabilities: false, metric: 'rmse' }
  const metric = labels ? 'accuracy' : 'none'
  if (last === 'Softmax') return { kind: 'softmax', probabilities, metric }
  if (last === 'Sigmoid') return { kind: 'bernoulli', probabilities, metric }
  if (width === 1) return { kind: labels ? 'bernoulli' : 'gaussian', probabilities, metric }
  return { kind: 'softmax', probabilities, metric }
}

/**
 * A label for every position: the classes lie where the other extents make as many positions. Of texts it is the token
 * that follows, of pictures the class of each pixel.
 */
function denseTask(shape: Shape, data: DataSource, labels: Int32Array): Pick<Task, 'metric' | 'classAxis'> | undefined {
  const count = data.train.labels ? data.train.count : (data.test?.count ?? 0)
  const positions = count > 0 ? labels.length / count : 1
  if (positions <= 1) return undefined
  const behind = shape.slice(2)
  const second =
    behind.every((dim) => typeof dim === 'number') && behind.reduce<number>((a, b) => a * Number(b), 1) === positions
  const text = data.kind === 'jsonl' || (shape.length === 3 && (data.kind === 'csv' || namesWhatFollows(data)))
  const metric = text ? 'perplexity' : shape.length > 3 ? 'mean-iou' : 'accuracy'
  return { metric, classAxis: second && !text ? 'second' : 'last' }
}

/** Samples that show whether labels are the tokens that follow. */
const looked = 64

/** Whether each label is the token that the input has one step later, as language models are taught. */
function namesWhatFollows({ train, test }: DataSource): boolean {
  const table = train.labels || !test ? train : test
  const rows = Int32Array.from({ length: Math.min(looked, table.count) }, (_, i) => i)
  const { inputs, labels } = table.read(rows)
  if (!labels) return false
  return [...inputs.values()].some(({ dims: [samples = 0, steps = 0, ...more], data }) => {
    if (!(data instanceof Int32Array) || more.length > 0 || samples * steps !== labels.length) return false
    const places = Array.from(labels.keys()).filter((i) => (i + 1) % steps !== 0 && (labels[i] as number) >= 0)
    return places.length > 0 && places.every((i) => labels[i] === data[i + 1])
  })
}

const passing = new Set(['Identity', 'Flatten', 'Reshape', 'Squeeze'])

/** The operator that shapes a result's numbers, seen through what only moves them. */
function activationOf(graph: Graph, value: string): string | undefined {
  const node = graph.producer(value)
  if (!node) return undefined
  return passing.has(node.op) ? activationOf(graph, node.inputs[0] as string) : node.op
}
