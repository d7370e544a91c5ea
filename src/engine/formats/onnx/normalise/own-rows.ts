/**
 * Exporters write `x[arange(n), i]`, one row of every sample, with the numbers of the samples as a constant: as coordinates
 * (GatherND), or as rows of all samples laid one behind the other (Gather). GatherElements says the same without them.
 */
import { type Attribute, type Graph, type GraphNode, int, numberAttribute } from '../../../graph/graph'
import { toNumbers } from '../../../graph/tensor'
import { Rewriter } from './rewriter'

interface Picked {
  /** [n, rows, ...] */
  readonly data: string
  /** One row a sample, in any shape. */
  readonly rows: string
}

const shapeOf = (graph: Graph, value: string | undefined): readonly number[] | undefined => {
  const shape = graph.info(value ?? '')?.shape ?? graph.constants.get(value ?? '')?.dims
  return shape?.every((dim) => typeof dim === 'number') ? (shape as readonly number[]) : undefined
}

/** Whether a constant is 0, step, 2 step and so on, one number a sample. */
function counts(graph: Graph, value: string | undefined, samples: number, step: number): boolean {
  const stored = graph.constants.get(value ?? '')
  return stored?.data.length === samples && toNumbers(stored).every((number, i) => number === i * step)
}

/** GatherND whose coordinates are [[0, i], [1, j], ...]. */
function byCoordinates(graph: Graph, node: GraphNode, samples: number): Picked | undefined {
  const [data = '', coordinates = ''] = node.inputs
  const pair = graph.producer(coordinates)
  const shape = shapeOf(graph, coordinates)
  if (pair?.op !== 'Concat' || pair.inputs.length !== 2 || shape?.join() !== `${samples},2`) return undefined
  if (numberAttribute(node, 'batch_dims', 0) !== 0 || !counts(graph, pair.inputs[0], samples, 1)) return undefined
  return { data, rows: pair.inputs[1] as string }
}

/** Gather along rows of all samples whose places are [i, rows + j, 2 rows + k, ...]. */
function byOffsets(graph: Graph, node: GraphNode, samples: number): Picked | undefined {
  const laid = graph.producer(node.inputs[0] ?? '')
  const sum = graph.producer(node.inputs[1] ?? '')
  if (laid?.op !== 'Flatten' && laid?.op !== 'Reshape') return undefined
  if (sum?.op !== 'Add' || numberAttribute(node, 'axis', 0) !== 0) return undefined
  const [data = ''] = laid.inputs
  const [before, after] = [shapeOf(graph, data), shapeOf(graph, node.inputs[0])]
  const [, rows, ...rest] = before ?? []
  if (rows === undefined || after?.join() !== [samples * rows, ...rest].join()) return undefined
  const stored = sum.inputs.findIndex((name) => counts(graph, name, samples, rows))
  return stored < 0 ? undefined : { data, rows: sum.inputs[1 - stored] as string }
}

function emitPicked(node: GraphNode, { data, rows }: Picked, shape: readonly number[], rewriter: Rewriter): void {
  const emit = (op: string, role: string, inputs: string[], attributes: ReadonlyMap<string, Attribute> = new Map()) => {
    const output = rewriter.fresh(`${node.name}/${role}`)
    rewriter.emit({ name: output, op, domain: '', inputs, outputs: [output], attributes })
    return output
  }
  const [samples = 1, , ...rest] = shape
  const ones = shape.slice(1).map(() => 1)
  const apart = emit('Reshape', 'rows', [rows, rewriter.addInts(node, 'rows_shape', [samples, ...ones])])
  const wide = emit('Expand', 'wide', [apart, rewriter.addInts(node, 'wide_shape', [1, 1, ...rest])])
  const found = emit('GatherElements', 'found', [data, wide], new Map([['axis', int(1)]]))
  const inputs = [found, rewriter.addInts(node, 'shape', [samples, ...rest])]
  rewriter.emit({ ...node, op: 'Reshape', inputs, attributes: new Map() })
}

/** @param graph for this number of samples, with inferred shapes; the result needs them anew */
export function pickOwnRows(graph: Graph, samples: number): Graph {
  const rewriter = new Rewriter(graph, [])
  let found = false
  for (const node of graph.nodes) {
    const picked =
      node.op === 'GatherND'
        ? byCoordinates(graph, node, samples)
        : node.op === 'Gather'
          ? byOffsets(graph, node, samples)
          : undefined
    const shape = shapeOf(graph, picked?.data)
    const rows = shapeOf(graph, picked?.rows)?.reduce((a, b) => a * b, 1)
    if (picked && shape && shape.length > 2 && shape[0] === samples && rows === samples) {
      emitPicked(node, picked, shape, rewriter)
      found = true
    } else rewriter.emit(node)
  }
  return found ? rewriter.finish() : graph
}
