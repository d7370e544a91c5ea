/**
 * ONNX bytes of a graph of a few nodes whose extents stay open. The writer in `formats/onnx` writes networks of the graph
 * representation; these graphs use operators and domains that it does not know.
 */

export type NodeAttribute = number | string | readonly number[] | { readonly floats: readonly number[] }

/** Versions of the operators, by domain. */
const domains = { '': 17, 'com.microsoft': 1, 'com.microsoft.nchwc': 1 } as const
type Domain = keyof typeof domains

export interface SmallNode {
  readonly op: string
  /** `''` is ONNX's own. */
  readonly domain?: Domain
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Whole numbers, lists of them, texts; floats are marked. */
  readonly attributes?: Readonly<Record<string, NodeAttribute>>
}

export type SmallType = 'float' | 'int32' | 'int64'

export interface SmallGraph {
  readonly nodes: readonly SmallNode[]
  readonly inputs: Readonly<Record<string, SmallType>>
  readonly outputs: Readonly<Record<string, SmallType>>
  /** Vectors of whole numbers (int64). */
  readonly constants?: Readonly<Record<string, readonly number[]>>
}

const IR_VERSION = 8
const elementTypes = { float: 1, int32: 6, int64: 7 } as const
/** AttributeProto.AttributeType */
const kinds = { int: 2, string: 3, floats: 6, ints: 7 } as const

const text = new TextEncoder()

/** Bytes of a message, field by field (protobuf wire format). */
class Message {
  readonly bytes: number[] = []

  private varint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.bytes.push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.bytes.push(Number(rest))
  }

  int(field: number, value: number): this {
    this.varint(field << 3)
    this.varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5)
    this.bytes.push(...new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  raw(field: number, bytes: ArrayLike<number>): this {
    this.varint((field << 3) | 2)
    this.varint(bytes.length)
    for (let i = 0; i < bytes.length; i++) this.bytes.push(bytes[i] as number)
    return this
  }

  string(field: number, value: string): this {
    return this.raw(field, text.encode(value))
  }

  message(field: number, value: Message): this {
    return this.raw(field, value.bytes)
  }
}

function attribute(name: string, value: NodeAttribute): Message {
  const message = new Message().string(1, name)
  if (typeof value === 'number') return message.int(3, value).int(20, kinds.int)
  if (typeof value === 'string') return message.string(4, value).int(20, kinds.string)
  if ('floats' in value) {
    for (const one of value.floats) message.float(7, one)
    return message.int(20, kinds.floats)
  }
  for (const one of value) message.int(8, one)
  return message.int(20, kinds.ints)
}

function node({ op, domain = '', inputs, outputs, attributes = {} }: SmallNode): Message {
  const message = new Message()
  for (const input of inputs) message.string(1, input)
  for (const output of outputs) message.string(2, output)
  message.string(4, op)
  for (const [name, value] of Object.entries(attributes)) message.message(5, attribute(name, value))
  return message.string(7, domain)
}

/** A value whose type alone is known. */
const valueInfo = (name: string, type: SmallType): Message =>
  new Message().string(1, name).message(2, new Message().message(1, new Message().int(1, elementTypes[type])))

const constant = (name: string, values: readonly number[]): Message =>
  new Message()
    .int(1, values.length)
    .int(2, elementTypes.int64)
    .string(8, name)
    .raw(9, new Uint8Array(BigInt64Array.from(values, BigInt).buffer))

/** A ModelProto. */
export function encodeGraph({ nodes, inputs, outputs, constants = {} }: SmallGraph): Uint8Array {
  const graph = new Message()
  for (const one of nodes) graph.message(1, node(one))
  graph.string(2, 'kernel')
  for (const [name, values] of Object.entries(constants)) graph.message(5, constant(name, values))
  for (const [name, type] of Object.entries(inputs)) graph.message(11, valueInfo(name, type))
  for (const [name, type] of Object.entries(outputs)) graph.message(12, valueInfo(name, type))
  const model = new Message().int(1, IR_VERSION).message(7, graph)
  // Those that are not used may be unknown to this ONNX Runtime.
  for (const domain of new Set<Domain>(['', ...nodes.map((one) => one.domain ?? '')])) {
    model.message(8, new Message().string(1, domain).int(2, domains[domain]))
  }
  return Uint8Array.from(model.bytes)
}
