/** Graph -> ONNX file: names, metadata and opsets kept, the opset raised to what the operators need. */
import { type Attribute, type Dim, type Graph, type GraphNode, graphReads, type ValueInfo } from '../../graph/graph'
import { int64, type TensorData } from '../../graph/tensor'
import { findOp } from '../../ops'
import type { ModelFile, WriteOptions } from '../registry'
import { attributeProto } from './attributes'
import { dataTypeNumber } from './data-types'
import { writeMessage } from './message'
import {
  declaredOpset,
  declaredShape,
  graphDocumentation,
  inOutputOrder,
  metadataFields,
  nodeDocumentationKey,
} from './metadata'
import { canonicalOpset } from './normalise/fold'
import { storedAt } from './precision'
import { modelMessage, type NodeProto, type ValueInfoProto } from './schema'
import { ExternalWriter, tensorProto } from './tensors'

export interface OnnxWriteOptions {
  /** `declared` (default): a batch that the source file had as a number is written as that number again. */
  readonly batch?: 'declared' | 'free'
  /** Receives the larger weights instead of the file itself. */
  readonly external?: ExternalWriter
}

/** Protocol buffers end at 2 GiB; this leaves room for everything that is no weight. */
const defaultExternalAbove = 1.9e9

/** Smaller tensors stay in the model: shapes and the like, which loaders want there. */
const smallestExternal = 1024

/** The model file, and where its weights are too many for one the files that hold them. */
export function writeOnnxFiles(
  given: Graph,
  name: string,
  { externalAbove = defaultExternalAbove, precision = 'fp32', ...options }: WriteOptions = {},
): ModelFile[] {
  const graph = storedAt(given, precision)
  const total = [...graph.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
  const external = total > externalAbove ? new ExternalWriter(`${name}.onnx`, externalAbove) : undefined
  const bytes = writeOnnx(graph, { ...options, ...(external ? { external } : {}) })
  return [{ name: `${name}.onnx`, bytes }, ...(external?.files() ?? [])]
}

/** The first IR version that allows an opset (ONNX versioning table). */
const irVersionOf = (opset: number): number => {
  if (opset >= 23) return 11
  if (opset >= 21) return 10
  if (opset >= 19) return 9
  return 8
}

/** Operators whose axes moved from an attribute to an input with opset 18. */
const axesMoved = /^Reduce(Max|Mean|Min|Prod|L1|L2|LogSum|LogSumExp|SumSquare)$/

function opsetOf(graph: Graph): number {
  const needed = graph.nodes.map((node) => (node.domain === '' ? (findOp(node.op)?.since ?? 0) : 0))
  return Math.max(canonicalOpset, declaredOpset(graph.metadata), ...needed)
}

/** The canonical node as a newer opset spells it. */
function raise(node: GraphNode, opset: number, constants: Map<string, TensorData>): GraphNode {
  if (node.domain !== '') return node
  const attributes = new Map<string, Attribute>(node.attributes)
  if (opset >= 18 && axesMoved.test(node.op)) {
    const axes = attributes.get('axes')
    if (axes?.kind !== 'ints') return node
    attributes.delete('axes')
    let name = `${node.name}/axes`
    while (constants.has(name)) name += '_'
    constants.set(name, int64([axes.value.length], axes.value))
    return { ...node, attributes, inputs: [...node.inputs, name] }
  }
  return node
}

function nodeProto(node: GraphNode, documentation: string | undefined): NodeProto {
  // The last inputs stand for what subgraphs read from outside: a name that has changed changes in there.
  const reads = graphReads(node.attributes.values())
  const declared = node.inputs.length - reads.length
  const names = new Map(reads.map((name, i) => [name, node.inputs[declared + i] as string] as const))
  for (const [before, now] of names) if (before === now) names.delete(before)
  const attribute = [...node.attributes].map(([name, value]) => attributeProto(name, value, names))
  return {
    input: node.inputs.slice(0, declared),
    output: [...node.outputs],
    name: node.name,
    op_type: node.op,
    ...(attribute.length > 0 ? { attribute } : {}),
    ...(documentation === undefined ? {} : { doc_string: documentation }),
    ...(node.domain === '' ? {} : { domain: node.domain }),
  }
}

function valueProto(info: ValueInfo, shape: readonly Dim[] | null): ValueInfoProto {
  const dim = shape?.map((extent) => (typeof extent === 'number' ? { dim_value: extent } : { dim_param: extent }))
  const tensorType = { elem_type: dataTypeNumber(info.dtype), ...(dim ? { shape: { dim } } : {}) }
  return { name: info.name, type: { tensor_type: tensorType } }
}

/** The shape as it is now, with the batch as the source file declared it. */
function writtenShape(graph: Graph, info: ValueInfo, batch: 'declared' | 'free'): readonly Dim[] | null {
  const declared = declaredShape(graph.metadata, info.name)
  if (batch === 'free' || !info.shape) return info.shape
  return info.shape.map((dim, axis) => (typeof dim === 'number' ? dim : (declared?.[axis] ?? dim)))
}

/** The same graph always gives the same bytes. */
export function writeOnnx(graph: Graph, { batch = 'declared', external }: OnnxWriteOptions = {}): Uint8Array {
  const opset = opsetOf(graph)
  // Numbers that no node reads any more (shapes of what was cut) would make loaders complain.
  const read = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)])
  const constants = new Map([...graph.constants].filter(([name]) => read.has(name)))
  const node = graph.nodes.map((each) =>
    nodeProto(raise(each, opset, constants), graph.metadata.get(nodeDocumentationKey(each.name))),
  )
  const documentation = graphDocumentation(graph.metadata)
  const fields = metadataFields(graph.metadata)
  const opsets = [...new Map(graph.opsets).set('', opset)]
  return writeMessage(modelMessage, {
    ...fields,
    ir_version: Math.max(fields.ir_version ?? 0, irVersionOf(opset)),
    graph: {
      node,
      name: graph.name,
      initializer: [...constants].map(([name, tensor]) =>
        external && tensor.data.byteLength >= smallestExternal ? external.add(name, tensor) : tensorProto(name, tensor),
      ),
      ...(documentation === undefined ? {} : { doc_string: documentation }),
      input: graph.inputs.map((info) => valueProto(info, writtenShape(graph, info, batch))),
      output: inOutputOrder(graph.metadata, graph.outputs).map((info) =>
        valueProto(info, writtenShape(graph, info, batch)),
      ),
    },
    opset_import: opsets.map(([domain, version]) => ({ domain, version })),
  })
}
