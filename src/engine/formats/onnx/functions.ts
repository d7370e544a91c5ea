/** Local functions of a model file (FunctionProto) are written out where they are called. */
import { EspalierError } from '../../../contract/errors'
import type { AttributeProto, FunctionProto, NodeProto } from './schema'
import { lookThrough, renameReads } from './subgraph'

/** Nested calls deeper than this, or more nodes than this, are taken for a hostile file. */
const deepest = 32
const mostNodes = 200_000

const keyOf = (domain: string | undefined, name: string | undefined, overload: string | undefined) =>
  `${domain ?? ''}::${name ?? ''}::${overload ?? ''}`

/** Attributes of an inner node, with references replaced by what the call (or the function's default) gives. */
function bindAttributes(
  attributes: readonly AttributeProto[],
  given: ReadonlyMap<string, AttributeProto>,
): AttributeProto[] {
  return attributes.flatMap((attribute) => {
    if (!attribute.ref_attr_name) return [attribute]
    const value = given.get(attribute.ref_attr_name)
    return value ? [{ ...value, ...(attribute.name === undefined ? {} : { name: attribute.name }) }] : []
  })
}

/** An attribute whose subgraph, if it has one, reads the values of the function by their new names. */
function renamed(attribute: AttributeProto, rename: (name: string) => string): AttributeProto {
  if (!attribute.g) return attribute
  const { reads } = lookThrough(attribute.g, 'A function')
  return { ...attribute, g: renameReads(attribute.g, new Map(reads.map((name) => [name, rename(name)]))) }
}

/** Calls inside subgraphs are not written out, and their functions would be missing. */
function refuseCallsInside(node: NodeProto, bodies: ReadonlyMap<string, FunctionProto>): void {
  for (const { g } of node.attribute ?? []) {
    const called =
      g && [...lookThrough(g, `${node.op_type} "${node.name}"`).operators].find((key) => bodies.has(`${key}::`))
    if (!called) continue
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `${node.op_type} "${node.name}" holds a network of its own that calls the function ${called}, which Espalier cannot keep. Export the network with its functions written out (onnx.inliner does that).`,
    )
  }
}

function expandCall(call: NodeProto, body: FunctionProto, prefix: string): NodeProto[] {
  const values = new Map<string, string>([['', '']])
  body.input?.forEach((name, i) => {
    values.set(name, call.input?.[i] ?? '')
  })
  body.output?.forEach((name, i) => {
    values.set(name, call.output?.[i] || `${prefix}/${name}`)
  })
  const rename = (name: string) => values.get(name) ?? `${prefix}/${name}`
  const given = new Map(
    [...(body.attribute_proto ?? []), ...(call.attribute ?? [])].map((attribute) => [attribute.name ?? '', attribute]),
  )
  return (body.node ?? []).map((node, i) => ({
    ...node,
    name: `${prefix}/${node.name || `${node.op_type}_${i}`}`,
    input: (node.input ?? []).map(rename),
    output: (node.output ?? []).map(rename),
    attribute: bindAttributes(node.attribute ?? [], given).map((attribute) => renamed(attribute, rename)),
  }))
}

/** @throws MODEL_INVALID where functions call each other without end */
export function inlineFunctions(
  nodes: readonly NodeProto[],
  functions: readonly FunctionProto[],
): readonly NodeProto[] {
  if (functions.length === 0) return nodes
  const bodies = new Map(functions.map((body) => [keyOf(body.domain, body.name, body.overload), body]))
  const result: NodeProto[] = []
  let visited = 0
  const visit = (list: readonly NodeProto[], depth: number) => {
    visited += list.length
    if (depth > deepest || visited > mostNodes) {
      throw new EspalierError(
        'MODEL_INVALID',
        'The functions in the file call each other without end. The file is damaged; export the network again.',
      )
    }
    for (const node of list) {
      refuseCallsInside(node, bodies)
      const body = bodies.get(keyOf(node.domain, node.op_type, node.overload))
      if (body) visit(expandCall(node, body, node.name || `${node.op_type}_${result.length}`), depth + 1)
      else result.push(node)
    }
  }
  visit(nodes, 0)
  return result
}
