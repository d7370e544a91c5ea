/** AttributeProto <-> Attribute. */
import { EspalierError } from '../../../contract/errors'
import type { Attribute } from '../../graph/graph'
import { type AttributeProto, attributeTypes } from './schema'
import { type ExternalData, readTensor, tensorProto } from './tensors'

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
 * @throws MODEL_UNSUPPORTED_FEATURE for subgraphs (control flow), sparse tensors and types; MODEL_INVALID
 */
export async function readAttribute(proto: AttributeProto, node: string, external: ExternalData): Promise<Attribute> {
  const name = proto.name ?? ''
  switch (typeOf(proto)) {
    case attributeTypes.float:
      return { kind: 'float', value: proto.f ?? 0 }
    case attributeTypes.int:
      return { kind: 'int', value: proto.i ?? 0 }
    case attributeTypes.string:
      return { kind: 'string', value: utf8.decode(proto.s ?? new Uint8Array()) }
    case attributeTypes.tensor:
      return { kind: 'tensor', value: await readTensor(proto.t ?? {}, `The attribute "${name}" of ${node}`, external) }
    case attributeTypes.floats:
      return { kind: 'floats', value: Array.from(proto.floats ?? []) }
    case attributeTypes.ints:
      return { kind: 'ints', value: proto.ints ?? [] }
    case attributeTypes.strings:
      return { kind: 'strings', value: (proto.strings ?? []).map((bytes) => utf8.decode(bytes)) }
    case attributeTypes.graph:
      throw new EspalierError(
        'MODEL_UNSUPPORTED_FEATURE',
        `${node} holds a network of its own (control flow: If, Loop or Scan), which cannot be pruned. Export the network without branches that depend on its input.`,
      )
    default:
      throw new EspalierError(
        'MODEL_UNSUPPORTED_FEATURE',
        `The attribute "${name}" of ${node} is of a kind that Espalier cannot keep (type ${proto.type ?? 'unknown'}). Export the network with a newer exporter, or without this operator.`,
      )
  }
}

export function attributeProto(name: string, attribute: Attribute): AttributeProto {
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
  }
}
