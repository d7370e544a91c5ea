/** ModelProto -> Graph as the file has it: nothing rewritten yet, but every name resolved and every tensor checked. */
import { EspalierError } from '../../../contract/errors'
import { type Attribute, type Dim, Graph, type GraphNode, graphReads, type ValueInfo } from '../../graph/graph'
import type { TensorData } from '../../graph/tensor'
import { dropUnused, topologicalOrder, verify } from '../../graph/topology'
import { findOp } from '../../ops/index'
import { readAttribute } from './attributes'
import { domainOf } from './branch'
import { scoresFirst } from './classifiers'
import { dataTypeOf, hasDataType } from './data-types'
import { inlineFunctions } from './functions'
import { readMessage } from './message'
import { nodeDocumentationKey, readMetadata, setDeclaredOpset } from './metadata'
import { type GraphProto, type ModelProto, type NodeProto, type ValueInfoProto, valueInfoMessage } from './schema'
import { checkSignatures } from './signatures'
import { ExternalData, type Resolve, readTensor } from './tensors'
import { WireReader } from './wire'

export const oldestOpset = 7
export const newestOpset = 23
const oldestSubgraphOpset = 13

function opsetsOf(model: ModelProto): Map<string, number> {
  const opsets = new Map<string, number>()
  for (const { domain, version } of model.opset_import ?? []) opsets.set(domainOf(domain), version ?? 1)
  const version = opsets.get('')
  if (version === undefined) {
    throw new EspalierError(
      'MODEL_INVALID',
      'The file does not say which version of the ONNX operators it uses, so it cannot be understood. Export it with a current exporter.',
    )
  }
  if (version < oldestOpset || version > newestOpset) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `The network uses version ${version} of the ONNX operators; Espalier reads versions ${oldestOpset} to ${newestOpset}. Export it again with one of these (opset_version=17 is a good choice).`,
    )
  }
  return opsets
}

/** Unnamed axes get a name of their own; the first is taken to be the batch. */
function shapeOf(proto: ValueInfoProto): Dim[] | null {
  const dims = proto.type?.tensor_type?.shape
  if (!dims) return null
  return (dims.dim ?? []).map((dim, axis): Dim => {
    if (dim.dim_param) return dim.dim_param
    const value = dim.dim_value
    if (value !== undefined && value > 0 && Number.isSafeInteger(value)) return value
    return axis === 0 ? 'batch' : `${proto.name}_${axis}`
  })
}

function valueInfo(proto: ValueInfoProto, role: string): ValueInfo {
  const name = proto.name ?? ''
  if (name === '') throw new EspalierError('MODEL_INVALID', `The file has an ${role} without a name. It is damaged.`)
  if (proto.type && !proto.type.tensor_type) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `The ${role} "${name}" is not a tensor (a sequence, a map or the like), which Espalier cannot feed. Export the network with tensors only.`,
    )
  }
  const dtype = dataTypeOf(proto.type?.tensor_type?.elem_type, `The ${role} "${name}"`)
  return { name, dtype, shape: shapeOf(proto) }
}

/** Names every node: kept where it is given and unique, else made from the operator and its place. */
function namer() {
  const taken = new Set<string>()
  return (node: NodeProto, index: number): string => {
    const given = node.name || `${node.op_type}_${index}`
    let name = given
    for (let i = 1; taken.has(name); i++) name = `${given}_${i}`
    taken.add(name)
    return name
  }
}

async function readNodes(
  nodes: readonly NodeProto[],
  external: ExternalData,
  metadata: Map<string, string>,
): Promise<GraphNode[]> {
  const nameOf = namer()
  const result: GraphNode[] = []
  for (const [index, proto] of nodes.entries()) {
    const op = proto.op_type ?? ''
    const name = nameOf(proto, index)
    if (op === '') {
      throw new EspalierError('MODEL_INVALID', `Node "${name}" has no operator. The file is damaged; export it again.`)
    }
    const attributes = new Map<string, Attribute>()
    for (const attribute of proto.attribute ?? []) {
      attributes.set(attribute.name ?? '', await readAttribute(attribute, `${op} "${name}"`, external))
    }
    if (proto.doc_string) metadata.set(nodeDocumentationKey(name), proto.doc_string)
    const { input: inputs = [], output: outputs = [] } = proto
    // What subgraphs read from outside counts as read by their node.
    const reads = graphReads(attributes.values())
    result.push({ name, op, domain: domainOf(proto.domain), inputs: [...inputs, ...reads], outputs, attributes })
  }
  return result
}

async function readConstants(graph: GraphProto, external: ExternalData): Promise<Map<string, TensorData>> {
  const constants = new Map<string, TensorData>()
  for (const proto of graph.initializer ?? []) {
    const name = proto.name ?? ''
    if (constants.has(name)) {
      throw new EspalierError('MODEL_INVALID', `The file holds two weights named "${name}". It is damaged.`)
    }
    constants.set(name, await readTensor(proto, `The weight "${name}"`, external))
  }
  return constants
}

/** What the file declares of values that operators unknown here compute. */
function declarationsOf(graph: GraphProto, nodes: readonly GraphNode[]): Map<string, ValueInfo> {
  const wanted = new Set(nodes.filter(({ op, domain }) => !findOp(op, domain)).flatMap(({ outputs }) => outputs))
  const declared = new Map<string, ValueInfo>()
  if (wanted.size === 0) return declared
  for (const bytes of graph.value_info ?? []) {
    const proto = readMessage(valueInfoMessage, new WireReader(bytes))
    const known = hasDataType(proto.type?.tensor_type?.elem_type)
    if (wanted.has(proto.name ?? '') && known) declared.set(proto.name ?? '', valueInfo(proto, 'value'))
  }
  return declared
}

const refuseSparse = () => {
  throw new EspalierError(
    'MODEL_UNSUPPORTED_FEATURE',
    'The network holds sparse weights, which Espalier cannot read. Export it with dense weights.',
  )
}

/** Subgraphs are written back as they are, in a file of opset 17 or later: only what means the same there may stay. */
function requireSubgraphOpset(nodes: readonly GraphNode[], opset: number): void {
  const holder = nodes.find(({ attributes }) => [...attributes.values()].some(({ kind }) => kind === 'graph'))
  if (!holder || opset >= oldestSubgraphOpset) return
  throw new EspalierError(
    'MODEL_UNSUPPORTED_FEATURE',
    `${holder.op} "${holder.name}" holds a network of its own in version ${opset} of the ONNX operators; such are kept from version ${oldestSubgraphOpset} on. Export the network with that version or a later one.`,
  )
}

/**
 * The graph of a model file in its own opset, nodes in topological order, without what no output needs.
 * @param movable the bytes behind `model` may be changed
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE, GRAPH_INVALID, FILE_TRUNCATED, FILE_NOT_FOUND
 */
export async function importModel(model: ModelProto, resolve: Resolve | undefined, movable = false): Promise<Graph> {
  const { graph } = model
  if (!graph) {
    throw new EspalierError('MODEL_INVALID', 'The ONNX file holds no network. It is damaged or empty; export it again.')
  }
  if (graph.sparse_initializer) refuseSparse()
  const opsets = opsetsOf(model)
  const metadata = readMetadata(model)
  setDeclaredOpset(metadata, opsets.get('') as number)
  const external = new ExternalData(resolve, movable)
  const constants = await readConstants(graph, external)
  // Files before IR version 4 list their weights among the inputs.
  const inputs = (graph.input ?? [])
    .filter((proto) => !constants.has(proto.name ?? ''))
    .map((p) => valueInfo(p, 'input'))
  const answers = (graph.output ?? []).map((proto) => valueInfo(proto, 'output'))
  const outputs = scoresFirst(answers, metadata)
  const nodes = await readNodes(inlineFunctions(graph.node ?? [], model.functions ?? []), external, metadata)
  requireSubgraphOpset(nodes, opsets.get('') as number)
  checkSignatures(nodes)
  const name = graph.name ?? ''
  const declared = declarationsOf(graph, nodes)
  const parts = { name, inputs, outputs, nodes: topologicalOrder(nodes), constants, declared, opsets, metadata }
  return dropUnused(verify(new Graph(parts)))
}
