/**
 * Dense layers that exporters run on flattened rows: Reshape to [rows, features], layers, Reshape back. Where the way
 * back is computed from free extents no width in it could shrink; on the unflattened value there is no way back.
 */
import { type Graph, type GraphNode, int, numberAttribute } from '../graph/graph'
import { int64, type TensorData } from '../graph/tensor'
import { dropUnused } from '../graph/topology'
import { multiplyDims } from '../ops/extents'
import { permuteTensor } from './lift/layout'

const activations =
  /^(Relu|LeakyRelu|Elu|Selu|Celu|Sigmoid|HardSigmoid|HardSwish|Mish|Gelu|Tanh|Softplus|Softsign|Erf|Sqrt|Exp|Neg|Clip|Identity|Cast)$/
const combining = /^(Add|Sub|Mul|Div|Pow|Min|Max|Where)$/

/** Rows that are read back whole, and the nodes between. */
interface Region {
  readonly nodes: readonly GraphNode[]
  /** The nodes that flatten what the region reads. */
  readonly flattening: readonly GraphNode[]
}

const isVector = (graph: Graph, value: string): boolean => {
  const dims = graph.constants.get(value)?.dims
  return dims !== undefined && (dims.length <= 1 || dims.slice(0, -1).every((dim) => dim === 1))
}

/** What a node of the region reads row by row; undefined where it is not such a node. */
function rowsRead(graph: Graph, node: GraphNode): readonly string[] | undefined {
  if (node.domain !== '') return undefined
  const [first = '', weight = ''] = node.inputs
  if (activations.test(node.op)) return [first]
  if (node.op === 'MatMul') return graph.constants.get(weight)?.dims.length === 2 ? [first] : undefined
  if (node.op === 'Gemm') {
    const plain = numberAttribute(node, 'transA', 0) === 0 && graph.constants.get(weight)?.dims.length === 2
    const scaled = ['alpha', 'beta'].some((name) => numberAttribute(node, name, 1) !== 1)
    return plain && !scaled && (!node.inputs[2] || isVector(graph, node.inputs[2])) ? [first] : undefined
  }
  if (node.op === 'LayerNormalization' || node.op === 'Softmax') {
    const axis = numberAttribute(node, 'axis', -1)
    return axis === -1 || axis === 1 ? [first] : undefined
  }
  if (!combining.test(node.op)) return undefined
  return node.inputs.filter((input) => !isVector(graph, input))
}

function regionBefore(graph: Graph, last: GraphNode): Region | undefined {
  const lead = graph.info(last.outputs[0] as string)?.shape?.slice(0, -1)
  const start = last.inputs[0] as string
  const width = graph.info(start)?.shape
  if (
    !lead ||
    lead.length < 2 ||
    width?.length !== 2 ||
    width[1] !== graph.info(last.outputs[0] as string)?.shape?.at(-1)
  )
    return undefined
  const nodes: GraphNode[] = []
  const flattening: GraphNode[] = []
  const waiting = [start]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const node = graph.producer(value)
    if (!node) return undefined
    if (nodes.includes(node) || flattening.includes(node)) continue
    const before = graph.info(node.inputs[0] as string)?.shape
    const flattens = node.op === 'Reshape' && before && before.slice(0, lead.length).join() === lead.join()
    if (flattens && multiplyDims(before.slice(lead.length)) === graph.info(value)?.shape?.at(-1)) {
      flattening.push(node)
      continue
    }
    const rows = rowsRead(graph, node)
    if (!rows || graph.info(value)?.shape?.length !== 2) return undefined
    nodes.push(node)
    waiting.push(...rows)
  }
  const inside = new Set([last, ...nodes])
  const closed = nodes.every((node) =>
    node.outputs.every(
      (output) => !graph.isOutput(output) && graph.consumers(output).every((reader) => inside.has(reader)),
    ),
  )
  return closed && nodes.length > 0 && flattening.length > 0 ? { nodes, flattening } : undefined
}

/** A node of the region as it works on whole values; weights that it turns are added to `constants`. */
function unflattened(
  node: GraphNode,
  fresh: (base: string) => string,
  constants: Map<string, TensorData>,
): GraphNode[] {
  if (node.op === 'LayerNormalization' || node.op === 'Softmax') {
    return [{ ...node, attributes: new Map(node.attributes).set('axis', int(-1)) }]
  }
  if (node.op !== 'Gemm') return [node]
  const [x = '', weight = '', bias = ''] = node.inputs
  const turned = numberAttribute(node, 'transB', 0) === 1 ? fresh(`${weight}/turned`) : weight
  const plain = { domain: '', attributes: new Map() }
  const nodes: GraphNode[] = []
  if (turned !== weight) constants.set(turned, permuteTensor(constants.get(weight) as TensorData, [1, 0]))
  const product = bias === '' ? (node.outputs[0] as string) : fresh(`${node.name}/product`)
  nodes.push({ ...plain, name: node.name, op: 'MatMul', inputs: [x, turned], outputs: [product] })
  if (bias !== '') {
    nodes.push({
      ...plain,
      name: fresh(`${node.name}/bias`),
      op: 'Add',
      inputs: [product, bias],
      outputs: node.outputs,
    })
  }
  return nodes
}

/** @param graph with inferred shapes. @returns the same graph where there is nothing to do; else without shapes */
export function unflattenRows(graph: Graph): Graph {
  const taken = new Set([...graph.constants.keys(), ...graph.nodes.flatMap((node) => [node.name, ...node.outputs])])
  const fresh = (base: string): string => {
    let name = base
    for (let i = 1; taken.has(name); i++) name = `${base}_${i}`
    taken.add(name)
    return name
  }
  const constants = new Map(graph.constants)
  const replaced = new Map<GraphNode, GraphNode[]>()
  const before = new Map<GraphNode, GraphNode>()
  const known = new Map<GraphNode, string>()
  for (const last of graph.nodes) {
    if (last.op !== 'Reshape' || graph.constants.has(last.inputs[1] ?? '')) continue
    const region = regionBefore(graph, last)
    if (!region || region.nodes.some((node) => replaced.has(node))) continue
    const whole = new Map<string, string>()
    for (const node of region.flattening) {
      const [flat = '', source = ''] = [node.outputs[0], node.inputs[0]]
      const lead = (graph.info(source)?.shape?.length ?? 0) - 1
      whole.set(flat, known.get(node) ?? source)
      const folds = graph.info(last.outputs[0] as string)?.shape?.length !== lead + 1
      if (!folds || known.has(node)) continue
      // Heads lie behind each other already: only they are joined.
      const rows = fresh(`${flat}/rows`)
      const target = fresh(`${flat}/rows/shape`)
      const kept =
        graph
          .info(last.outputs[0] as string)
          ?.shape?.slice(0, -1)
          .map(() => 0) ?? []
      constants.set(target, int64([kept.length + 1], [...kept, graph.info(flat)?.shape?.at(-1) as number]))
      before.set(node, {
        ...node,
        name: fresh(`${node.name}/rows`),
        inputs: [source, target],
        outputs: [rows],
        attributes: new Map(),
      })
      known.set(node, rows)
      whole.set(flat, rows)
    }
    const rename = (value: string) =>
      value === last.inputs[0] ? (last.outputs[0] as string) : (whole.get(value) ?? value)
    for (const node of region.nodes) {
      const moved = { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }
      replaced.set(node, unflattened(moved, fresh, constants))
    }
    replaced.set(last, [])
  }
  if (replaced.size === 0) return graph
  const nodes = graph.nodes.flatMap((node) => [
    ...(before.has(node) ? [before.get(node) as GraphNode] : []),
    ...(replaced.get(node) ?? [node]),
  ])
  return dropUnused(graph.with({ nodes, constants, values: new Map() }))
}
