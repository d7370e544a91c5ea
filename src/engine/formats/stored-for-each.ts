/**
 * Formats that know no number of samples inside the network cannot stretch a stored value over them (a class token,
 * queries, first states). There it is what a dense layer without weights answers to each sample: its bias.
 */
import { type Attribute, type Graph, type GraphNode, int } from '../graph/graph'
import { gatherStrided, stridesOf } from '../graph/strided'
import { float32, sizeOf, type TensorData } from '../graph/tensor'
import { inferShapes } from '../ops/infer'
import { Rewriter } from './onnx/normalise/rewriter'

const none: ReadonlyMap<string, Attribute> = new Map()

/** The stored value as it is for one sample, where a node stretches it over the samples, its first axis, and no other open one. */
function storedForEach(graph: Graph, node: GraphNode): TensorData | undefined {
  const stored = graph.constants.get(node.inputs[0] ?? '')
  const [samples, ...rest] = graph.info(node.outputs[0] ?? '')?.shape ?? []
  const batch = graph.inputs[0]?.shape?.[0]
  const known = rest.every((dim) => typeof dim === 'number')
  if (node.op !== 'Expand' || stored?.dtype !== 'float32' || typeof batch !== 'string' || !known) return undefined
  if (samples !== batch || (stored.dims.length > rest.length && stored.dims[0] !== 1)) return undefined
  const missing = rest.length - stored.dims.length
  const strides = stridesOf(stored.dims)
  const own = (axis: number) => (stored.dims[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0))
  return gatherStrided(
    stored,
    rest as number[],
    rest.map((_, axis) => (axis < missing ? 0 : own(axis))),
  )
}

/** A few numbers of every sample, [samples, width]; their values do not matter. */
function anyNumbers(graph: Graph, rewriter: Rewriter): { readonly value: string; readonly width: number } | undefined {
  const input = graph.inputs.find(({ dtype, shape }) => dtype === 'float32' && typeof shape?.[1] === 'number')
  const width = input?.shape?.[1]
  if (!input || typeof width !== 'number') return undefined
  if (input.shape?.length === 2) return { value: input.name, width }
  const emit = (op: string, from: string) => {
    const output = rewriter.fresh(`${input.name}/${op}`)
    rewriter.emit({ name: output, op, domain: '', inputs: [from], outputs: [output], attributes: none })
    return output
  }
  return { value: emit('Flatten', emit('GlobalAveragePool', input.name)), width }
}

/** The same network without stored values that are stretched over the samples, where it reads numbers to answer to. */
export function withoutStretching(graph: Graph): Graph {
  const found = new Map(
    graph.nodes.flatMap((node) => {
      const stored = storedForEach(graph, node)
      return stored ? [[node.name, stored] as const] : []
    }),
  )
  if (found.size === 0) return graph
  const rewriter = new Rewriter(graph, [])
  const numbers = anyNumbers(graph, rewriter)
  if (!numbers) return graph
  for (const node of graph.nodes) {
    const stored = found.get(node.name)
    if (!stored) {
      rewriter.emit(node)
      continue
    }
    const size = sizeOf(stored.dims)
    const weight = rewriter.addConstant(
      `${node.name}/nothing`,
      float32([numbers.width, size], new Float32Array(numbers.width * size)),
    )
    const bias = rewriter.addConstant(`${node.name}/stored`, { ...stored, dims: [size] })
    const dense = rewriter.fresh(`${node.name}/each`)
    rewriter.emit({
      name: dense,
      op: 'Gemm',
      domain: '',
      inputs: [numbers.value, weight, bias],
      outputs: [dense],
      attributes: new Map([['transB', int(0)]]),
    })
    const shape = rewriter.addInts(node, 'each_shape', [-1, ...stored.dims])
    rewriter.emit({ ...node, op: 'Reshape', inputs: [dense, shape], attributes: none })
  }
  return inferShapes(rewriter.finish())
}
