/**
 * Networks inside attributes (the branches of If, the bodies of Loop and Scan) are kept as bytes: found out is only which
 * values from outside they read, which then are inputs of the node, and what they answer with. When such a value gets
 * another name outside, the bytes are copied with that name.
 */
import { EspalierError } from '../../../contract/errors'
import { readMessage } from './message'
import { type ValueInfoProto, valueInfoMessage } from './schema'
import { BYTES, WireReader, WireWriter } from './wire'

/** Nesting beyond this is taken for a hostile file. */
const deepest = 32

const graphFields = { node: 1, initializer: 5, input: 11, output: 12, sparse: 15 }
const nodeFields = { input: 1, output: 2, operator: 4, attribute: 5, domain: 7 }
const attributeFields = { tensor: 5, graph: 6, graphs: 11, reference: 21 }
const tensorFields = { name: 8, location: 14 }
const nameField = 1

export interface Subgraph {
  /** Names of outer values that it reads, in the order of reading. */
  readonly reads: readonly string[]
  readonly outputs: readonly ValueInfoProto[]
  /** Operators it calls, as `domain::operator`. */
  readonly operators: ReadonlySet<string>
}

type Visit = (field: number, wireType: number, reader: WireReader) => void

/** Calls `visit` with the reader before the value of each field; what it leaves unread is skipped. */
function eachField(bytes: Uint8Array, visit: Visit): void {
  const reader = new WireReader(bytes)
  while (!reader.done) {
    const tag = reader.unsigned()
    const before = reader.position
    visit(Math.floor(tag / 8), tag % 8, reader)
    if (reader.position === before) reader.skip(tag % 8)
  }
}

const unsupported = (owner: string, what: string): never => {
  throw new EspalierError(
    'MODEL_UNSUPPORTED_FEATURE',
    `${owner} holds a network of its own that ${what}, which Espalier cannot keep. Export the network without it, or with its weights in one file.`,
  )
}

const checkDepth = (depth: number, owner: string): void => {
  if (depth > deepest) {
    throw new EspalierError(
      'MODEL_INVALID',
      `${owner} holds networks within networks without end. The file is damaged; export the network again.`,
    )
  }
}

/** Name of a value info or of a tensor. */
function nameIn(bytes: Uint8Array, field: number): string {
  let name = ''
  eachField(bytes, (id, wireType, reader) => {
    if (id === field && wireType === BYTES) name = reader.string()
  })
  return name
}

function checkTensor(bytes: Uint8Array, owner: string): void {
  eachField(bytes, (id, _, reader) => {
    if (id === tensorFields.location && reader.unsigned() === 1) unsupported(owner, 'has weights in another file')
  })
}

/**
 * Looks through the bytes of a GraphProto.
 * @param owner describes the node that holds it in sentences: `If "branch"`
 * @throws FILE_TRUNCATED, FILE_UNREADABLE, MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE for weights that lie elsewhere
 */
export function lookThrough(bytes: Uint8Array, owner: string, depth = 0): Subgraph {
  checkDepth(depth, owner)
  const own = new Set<string>([''])
  const reads: string[] = []
  const outputs: ValueInfoProto[] = []
  const operators = new Set<string>()
  const node: Visit = (id, wireType, reader) => {
    if (wireType !== BYTES) return
    if (id === nodeFields.input) reads.push(reader.string())
    else if (id === nodeFields.output) own.add(reader.string())
    else if (id === nodeFields.attribute) eachField(reader.view(), attribute)
  }
  const attribute: Visit = (id, wireType, reader) => {
    if (wireType !== BYTES) return
    if (id === attributeFields.tensor) checkTensor(reader.view(), owner)
    else if (id === attributeFields.reference) unsupported(owner, 'takes attributes of the function around it')
    else if (id === attributeFields.graph || id === attributeFields.graphs) {
      const inner = lookThrough(reader.view(), owner, depth + 1)
      reads.push(...inner.reads)
      for (const operator of inner.operators) operators.add(operator)
    }
  }
  eachField(bytes, (id, wireType, reader) => {
    if (wireType !== BYTES) return
    if (id === graphFields.sparse) unsupported(owner, 'has sparse weights')
    else if (id === graphFields.node) {
      const view = reader.view()
      eachField(view, node)
      operators.add(`${nameIn(view, nodeFields.domain)}::${nameIn(view, nodeFields.operator)}`)
    } else if (id === graphFields.input) own.add(nameIn(reader.view(), nameField))
    else if (id === graphFields.initializer) {
      const view = reader.view()
      checkTensor(view, owner)
      own.add(nameIn(view, tensorFields.name))
    } else if (id === graphFields.output) outputs.push(readMessage(valueInfoMessage, new WireReader(reader.view())))
  })
  reads.push(...outputs.map(({ name = '' }) => name))
  return { reads: [...new Set(reads)].filter((name) => !own.has(name)), outputs, operators }
}

/** The bytes with outer values under other names. @param names outer name to new name */
export function renameReads(bytes: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array {
  if (names.size === 0) return bytes
  return copied(bytes, (field, view, writer) => {
    if (field === graphFields.node) writer.bytes(renameInNode(view, names))
    else if (field === graphFields.output) writer.bytes(renameValue(view, names))
    else writer.bytes(view)
  })
}

const renameValue = (bytes: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array =>
  copied(bytes, (field, view, writer) => {
    const name = field === nameField ? names.get(nameIn(bytes, nameField)) : undefined
    if (name === undefined) writer.bytes(view)
    else writer.string(name)
  })

const renameInNode = (bytes: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array =>
  copied(bytes, (field, view, writer) => {
    if (field === nodeFields.input) {
      const name = new TextDecoder().decode(view)
      writer.string(names.get(name) ?? name)
    } else if (field === nodeFields.attribute) {
      writer.bytes(
        copied(view, (id, inner, nested) => {
          const graph = id === attributeFields.graph || id === attributeFields.graphs
          nested.bytes(graph ? renameReads(inner, unshadowed(inner, names)) : inner)
        }),
      )
    } else writer.bytes(view)
  })

/** A name that the inner network gives to a value of its own means that one there. */
function unshadowed(bytes: Uint8Array, names: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const read = new Set(lookThrough(bytes, 'A node').reads)
  return new Map([...names].filter(([name]) => read.has(name)))
}

/** A message copied field by field; length-delimited ones are written by `write`, behind their tag. */
function copied(bytes: Uint8Array, write: (field: number, view: Uint8Array, writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter()
  const reader = new WireReader(bytes)
  while (!reader.done) {
    const start = reader.position
    const tag = reader.unsigned()
    if (tag % 8 === BYTES) {
      const view = reader.view()
      writer.tag(Math.floor(tag / 8), BYTES)
      write(Math.floor(tag / 8), view, writer)
    } else {
      reader.skip(tag % 8)
      writer.raw(bytes.subarray(start, reader.position))
    }
  }
  return writer.finish()
}
