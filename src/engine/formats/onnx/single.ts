/**
 * Networks that compute in 16 bits are read in 32: what a refit or training finds is stored as it was found, and every
 * runtime answers alike. Files that only store their weights in 16 bits, each behind a Cast, are none of these.
 */
import { type Sentence, say } from '../../../contract/sentences'
import { type Attribute, type Graph, type GraphNode, int, numberAttribute, type ValueInfo } from '../../graph/graph'
import { type DataType, float32, type TensorData, toFloat32 } from '../../graph/tensor'

const isHalf = (dtype: DataType): boolean => dtype === 'float16' || dtype === 'bfloat16'

/** Numbers of ONNX' types: float, and the two that are read as it. */
const SINGLE = 1
const halves = new Set([10, 16])

const widened = (data: TensorData): TensorData => (isHalf(data.dtype) ? float32(data.dims, toFloat32(data)) : data)

const single = <T extends ValueInfo>(value: T): T => (isHalf(value.dtype) ? { ...value, dtype: 'float32' } : value)

function singleNode(node: GraphNode): GraphNode {
  const changed = [...node.attributes].map(([name, attribute]): [string, Attribute] => {
    if (attribute.kind === 'tensor') return [name, { ...attribute, value: widened(attribute.value) }]
    const type = (name === 'to' && node.op === 'Cast') || (name === 'dtype' && attribute.kind === 'int')
    return [name, type && halves.has(numberAttribute(node, name, SINGLE)) ? int(SINGLE) : attribute]
  })
  return { ...node, attributes: new Map(changed) }
}

/** Whether a layer computes with a weight in 16 bits, or the network is fed or answers with such. */
function computesInHalf(graph: Graph): boolean {
  const border = [...graph.inputs, ...graph.outputs].some(({ dtype }) => isHalf(dtype))
  const layer = ({ op, inputs }: GraphNode) =>
    op !== 'Cast' &&
    op !== 'DequantizeLinear' &&
    inputs.some((name) => isHalf(graph.constants.get(name)?.dtype ?? 'float32'))
  return border || graph.nodes.some(layer)
}

/**
 * @param graph as imported
 * @param notes receives a sentence where the network is read so
 */
export function inSingle(graph: Graph, notes: Sentence[]): Graph {
  // What inner networks hold stays bytes, so that nothing around them may change its type.
  const inner = graph.nodes.some(({ attributes }) => [...attributes.values()].some(({ kind }) => kind === 'graph'))
  if (inner || !computesInHalf(graph)) return graph
  notes.push(say('model.half-as-single'))
  return graph.with({
    inputs: graph.inputs.map(single),
    outputs: graph.outputs.map(single),
    nodes: graph.nodes.map(singleNode),
    constants: new Map([...graph.constants].map(([name, data]) => [name, widened(data)])),
    declared: new Map([...graph.declared].map(([name, value]) => [name, single(value)])),
  })
}
