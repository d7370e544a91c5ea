/** AttributeProto <-> Attribute. */
import { EspalierError } from '../../../contract/errors'
import type { Attribute, ValueInfo } from '../../graph/graph'
import { fedExtent } from '../../ops/extents'
import { dataTypeOf } from './data-types'
import { type AttributeProto, attributeTypes, type ValueInfoProto } from './schema'
import { lookThrough, renameReads } from './subgraph'
import { type ExternalData, readTensor, tensorOf, tensorProto } from './tensors'

const utf8 = new TextDecoder('utf-8')
const toUtf8 = new TextEncoder()

/** Old files leave the type out; then the field that is there tells. */
function typeOf(proto: AttributeProto): number | undefined {
  if (proto.type) return proto.type
  const present = [
    ['f', 'float'],
    ['i', 'int'],
    ['s', 'string'],
    ['t', 'tensor'],
    ['g', 'graph'],
    ['floats', 'floats'],
    ['ints', 'ints'],
    ['strings', 'strings'],
  ] as const
  const found = present.find(([field]) => proto[field] !== undefined)
  return found && attributeTypes[found[1]]
}

/**
 * @param node describes the node in sentences: `Conv "conv1"`.
 * @throws MODEL_UNSUPPORTED_FEATURE for sparse tensors, types and lists of subgraphs; MODEL_INVALID
 */
export async function readAttribute(proto: AttributeProto, node: string, external: ExternalData): Promise<Attribute> {
  if (typeOf(proto) !== attributeTypes.tensor) return attributeOf(proto, node)
  const owner = `The attribute "${proto.name ?? ''}" of ${node}`
  return { kind: 'tensor', value: await readTensor(proto.t ?? {}, owner, external) }
}

/** {@link readAttribute} where no tensor lies in another file. */
export function attributeOf(proto: AttributeProto, node: string): Attribute {
  const name = proto.name ?? ''
  switch (typeOf(proto)) {
    case attributeTypes.float:
      return { kind: 'float', value: proto.f ?? 0 }
    case attributeTypes.int:
      return { kind: 'int', value: proto.i ?? 0 }
    case attributeTypes.string:
      return { kind: 'string', value: utf8.decode(proto.s ?? new Uint8Array()) }
    case attributeTypes.tensor:
      return { kind: 'tensor', value: tensorOf(proto.t ?? {}, `The attribute "${name}" of ${node}`) }
    case attributeTypes.floats:
      return { kind: 'floats', value: Array.from(proto.floats ?? []) }
    case attributeTypes.ints:
      return { kind: 'ints', value: proto.ints ?? [] }
    case attributeTypes.strings:
      return { kind: 'strings', value: (proto.strings ?? []).map((bytes) => utf8.decode(bytes)) }
    case attributeTypes.graph:
      return subgraph(proto.g ?? new Uint8Array(), node)
    default:
      throw new EspalierError(
        'MODEL_UNSUPPORTED_FEATURE',
        `The attribute "${name}" of ${node} is of a kind that Espalier cannot keep (type ${proto.type ?? 'unknown'}). Export the network with a newer exporter, or without this operator.`,
      )
  }
}

function subgraph(value: Uint8Array, node: string): Attribute {
  const { reads, outputs } = lookThrough(value, node)
  return { kind: 'graph', value, reads, outputs: outputs.map((output) => answer(output, node)) }
}

/** Type and shape of what a subgraph answers with, where it says both; what it does not say of an extent has a name. */
function answer({ name = '', type }: ValueInfoProto, node: string): ValueInfo | null {
  const given = type?.tensor_type
  if (!given?.elem_type) return null
  const dims = given.shape?.dim ?? []
  const shape = given.shape
    ? dims.map(({ dim_param, dim_value }, axis) => dim_param || dim_value || fedExtent(name, axis))
    : null
  return { name, dtype: dataTypeOf(given.elem_type, `The result "${name}" of ${node}`), shape }
}

/** @param names of outer values that are called otherwise by now than in the subgraphs */
export function attributeProto(
  name: string,
  attribute: Attribute,
  names: ReadonlyMap<string, string> = new Map(),
): AttributeProto {
  switch (attribute.kind) {
    case 'float':
      return { name, f: attribute.value, type: attributeTypes.float }
    case 'int':
      return { name, i: attribute.value, type: attributeTypes.int }
    case 'string':
      return { name, s: toUtf8.encode(attribute.value), type: attributeTypes.string }
    case 'tensor':
      return { name, t: tensorProto('', attribute.value), type: attributeTypes.tensor }
    case 'floats':
      return { name, floats: Float32Array.from(attribute.value), type: attributeTypes.floats }
    case 'ints':
      return { name, ints: [...attribute.value], type: attributeTypes.ints }
    case 'strings':
      return { name, strings: attribute.value.map((value) => toUtf8.encode(value)), type: attributeTypes.strings }
    case 'graph':
      return { name, g: renameReads(attribute.value, names), type: attributeTypes.graph }
  }
}
