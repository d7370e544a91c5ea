/** The intermediate representation: a read-only graph that speaks ONNX semantics (NCHW). */
import { EspalierError } from '../../contract/errors'
import type { DataType, TensorData } from './tensor'

/** A known extent, or the name of one that is only known at run time (`batch`). */
export type Dim = number | string
export type Shape = readonly Dim[]

export interface ValueInfo {
  readonly name: string
  readonly dtype: DataType
  /** null until shape inference has been run, or where it cannot be known. */
  readonly shape: Shape | null
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: TensorData }
  | {
      /** A network of its own (If, Loop, Scan), encoded as the file has it. */
      readonly kind: 'graph'
      readonly value: Uint8Array
      /** Values from outside by the names that stand in it; the node's last inputs (see `graphReads`) are what they are now. */
      readonly reads: readonly string[]
      /** What it answers with; null where the file does not say it. */
      readonly outputs: readonly (ValueInfo | null)[]
    }

export interface GraphNode {
  /** Unique in the graph. */
  readonly name: string
  /** Operator type as ONNX spells it, in canonical form (see docs/graph.md). */
  readonly op: string
  /** '' for the default ONNX domain. */
  readonly domain: string
  /** Value names; '' where an optional input is left out. */
  readonly inputs: readonly string[]
  /** Value names; '' where an optional output is left out. */
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
}

export interface GraphParts {
  readonly name: string
  /** What the caller feeds; never constants. */
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  /** In topological order. */
  readonly nodes: readonly GraphNode[]
  readonly constants: ReadonlyMap<string, TensorData>
  /** Inferred type and shape of what nodes compute. */
  readonly values?: ReadonlyMap<string, ValueInfo>
  /** Type and shape of what operators compute that are not known here, as the file declares them. */
  readonly declared?: ReadonlyMap<string, ValueInfo>
  /** Domain to version. */
  readonly opsets?: ReadonlyMap<string, number>
  /** Producer, documentation and metadata properties, kept through a round trip. */
  readonly metadata?: ReadonlyMap<string, string>
}

/** Immutable; every rewrite makes a new graph (see `GraphEditor`) and is followed by `verify`. */
export class Graph implements Required<GraphParts> {
  readonly name: string
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly nodes: readonly GraphNode[]
  readonly constants: ReadonlyMap<string, TensorData>
  readonly values: ReadonlyMap<string, ValueInfo>
  readonly declared: ReadonlyMap<string, ValueInfo>
  readonly opsets: ReadonlyMap<string, number>
  readonly metadata: ReadonlyMap<string, string>
  /** Made when first asked for: most of the graphs on the way through an import are never asked. */
  private producers: ReadonlyMap<string, GraphNode> | undefined
  private readers: ReadonlyMap<string, GraphNode[]> | undefined
  private byName: ReadonlyMap<string, GraphNode> | undefined

  constructor(parts: GraphParts) {
    this.name = parts.name
    this.inputs = parts.inputs
    this.outputs = parts.outputs
    this.nodes = parts.nodes
    this.constants = parts.constants
    this.values = parts.values ?? new Map()
    this.declared = parts.declared ?? new Map()
    this.opsets = parts.opsets ?? new Map([['', 17]])
    this.metadata = parts.metadata ?? new Map()
  }

  /** The node that computes a value; undefined for inputs and constants. */
  producer(value: string): GraphNode | undefined {
    this.producers ??= producersOf(this.nodes)
    return this.producers.get(value)
  }

  /** The nodes that read a value, each once, in topological order. */
  consumers(value: string): readonly GraphNode[] {
    this.readers ??= readersOf(this.nodes)
    return this.readers.get(value) ?? []
  }

  /** @throws NOT_FOUND */
  node(name: string): GraphNode {
    const node = this.named().get(name)
    if (!node) throw new EspalierError('NOT_FOUND', `There is no node named "${name}" in this network.`)
    return node
  }

  hasNode(name: string): boolean {
    return this.named().has(name)
  }

  private named(): ReadonlyMap<string, GraphNode> {
    this.byName ??= new Map(this.nodes.map((node) => [node.name, node]))
    return this.byName
  }

  isOutput(value: string): boolean {
    return this.outputs.some((output) => output.name === value)
  }

  /** Type and shape of any value: input, constant or computed; undefined where inference has not been run. */
  info(value: string): ValueInfo | undefined {
    const constant = this.constants.get(value)
    if (constant) return { name: value, dtype: constant.dtype, shape: constant.dims }
    return this.values.get(value) ?? this.inputs.find((input) => input.name === value)
  }

  /** A copy with some parts replaced. */
  with(parts: Partial<GraphParts>): Graph {
    return new Graph({
      name: this.name,
      inputs: this.inputs,
      outputs: this.outputs,
      nodes: this.nodes,
      constants: this.constants,
      values: this.values,
      declared: this.declared,
      opsets: this.opsets,
      metadata: this.metadata,
      ...parts,
    })
  }
}

function producersOf(nodes: readonly GraphNode[]): Map<string, GraphNode> {
  const result = new Map<string, GraphNode>()
  for (const node of nodes) for (const output of node.outputs) if (output !== '') result.set(output, node)
  return result
}

function readersOf(nodes: readonly GraphNode[]): Map<string, GraphNode[]> {
  const result = new Map<string, GraphNode[]>()
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (input === '') continue
      const list = result.get(input)
      if (!list) result.set(input, [node])
      // A node that reads a value twice is one reader.
      else if (list.at(-1) !== node) list.push(node)
    }
  }
  return result
}

const wrongKind = (node: GraphNode, name: string, wanted: string): never => {
  throw new EspalierError(
    'MODEL_INVALID',
    `Attribute "${name}" of ${node.op} "${node.name}" should be ${wanted}, but the file holds a ${node.attributes.get(name)?.kind}. The file is damaged or was written by a faulty exporter.`,
  )
}

/** An integer (or float) attribute, or the default. */
export function numberAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes.get(name)
  if (!attribute) return fallback
  return attribute.kind === 'int' || attribute.kind === 'float' ? attribute.value : wrongKind(node, name, 'a number')
}

/** A list attribute, or the default. */
export function numbersAttribute<T extends readonly number[] | undefined>(
  node: GraphNode,
  name: string,
  fallback: T,
): readonly number[] | T {
  const attribute = node.attributes.get(name)
  if (!attribute) return fallback
  return attribute.kind === 'ints' || attribute.kind === 'floats'
    ? attribute.value
    : wrongKind(node, name, 'a list of numbers')
}

export function stringAttribute(node: GraphNode, name: string, fallback: string): string {
  const attribute = node.attributes.get(name)
  if (!attribute) return fallback
  return attribute.kind === 'string' ? attribute.value : wrongKind(node, name, 'a string')
}

/** Names of the values from outside that the networks in a node's attributes read: its last inputs, in this order. */
export const graphReads = (attributes: Iterable<Attribute>): readonly string[] => [
  ...new Set([...attributes].flatMap((attribute) => (attribute.kind === 'graph' ? attribute.reads : []))),
]

/** Attribute map from plain values: integers and integer lists become int and ints, the rest as written. */
export function attributes(values: Record<string, Attribute>): ReadonlyMap<string, Attribute> {
  return new Map(Object.entries(values))
}

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value })
export const float = (value: number): Attribute => ({ kind: 'float', value })
export const text = (value: string): Attribute => ({ kind: 'string', value })
