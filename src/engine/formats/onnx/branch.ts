/** Networks inside attributes as nodes, for those that are known to be taken: the branch of an If, the steps of a Loop or Scan. */
import { EspalierError } from '../../../contract/errors'
import { type Attribute, type GraphNode, graphReads } from '../../graph/graph'
import type { TensorData } from '../../graph/tensor'
import { attributeOf } from './attributes'
import { readMessage } from './message'
import { graphMessage } from './schema'
import { checkSignatures } from './signatures'
import { tensorOf } from './tensors'
import { WireReader } from './wire'

/** Both spellings of the default domain are one. */
export const domainOf = (domain: string | undefined) => (domain === undefined || domain === 'ai.onnx' ? '' : domain)

export interface Branch {
  readonly nodes: readonly GraphNode[]
  readonly constants: ReadonlyMap<string, TensorData>
  /** What it is given, by its own names. */
  readonly inputs: readonly string[]
  /** What it answers with, by the names of its own values. */
  readonly outputs: readonly string[]
}

/**
 * The nodes of an inner network.
 * @param owner describes the node that holds it in sentences: `If "branch"`
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE, FILE_TRUNCATED
 */
export function readBranch(bytes: Uint8Array, owner: string): Branch {
  const graph = readMessage(graphMessage, new WireReader(bytes))
  const constants = new Map<string, TensorData>()
  for (const proto of graph.initializer ?? []) {
    constants.set(proto.name ?? '', tensorOf(proto, `The weight "${proto.name ?? ''}" in ${owner}`))
  }
  const nodes = (graph.node ?? []).map((proto, index): GraphNode => {
    const op = proto.op_type ?? ''
    if (op === '') {
      throw new EspalierError('MODEL_INVALID', `${owner} holds a node without an operator. Export the network again.`)
    }
    const name = proto.name || `${op}_${index}`
    const attributes = new Map<string, Attribute>()
    for (const attribute of proto.attribute ?? []) {
      attributes.set(attribute.name ?? '', attributeOf(attribute, `${op} "${name}"`))
    }
    const inputs = [...(proto.input ?? []), ...graphReads(attributes.values())]
    return { name, op, domain: domainOf(proto.domain), inputs, outputs: proto.output ?? [], attributes }
  })
  checkSignatures(nodes)
  const inputs = (graph.input ?? []).map(({ name = '' }) => name)
  return { nodes, constants, inputs, outputs: (graph.output ?? []).map(({ name = '' }) => name) }
}
