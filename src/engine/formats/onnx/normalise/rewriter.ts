/** One pass over a graph's nodes in order: rules emit nodes and constants, or let a value stand for another. */
import { EspalierError } from '../../../../contract/errors'
import type { Sentence } from '../../../../contract/sentences'
import type { Attribute, Graph, GraphNode } from '../../../graph/graph'
import type { DataType, TensorData } from '../../../graph/tensor'
import { dropUnused } from '../../../graph/topology'
import { fromNumbers } from './evaluate/numbers'

export class Rewriter {
  readonly nodes: GraphNode[] = []
  readonly constants: Map<string, TensorData>
  private readonly standsFor = new Map<string, string>()
  private readonly names: Set<string>
  private readonly outputs: Set<string>
  private readonly types = new Map<string, DataType>()
  private readonly skipped = new Set<string>()
  private reported = 0

  constructor(
    readonly source: Graph,
    readonly notes: Sentence[],
  ) {
    this.constants = new Map(source.constants)
    this.outputs = new Set(source.outputs.map((output) => output.name))
    this.names = new Set([...source.constants.keys(), ...source.inputs.map((input) => input.name)])
    for (const input of source.inputs) this.types.set(input.name, input.dtype)
    for (const node of source.nodes) {
      this.names.add(node.name)
      for (const output of node.outputs) this.names.add(output)
    }
  }

  /** A name nobody has yet. */
  fresh(base: string): string {
    let name = base
    for (let i = 1; this.names.has(name); i++) name = `${base}_${i}`
    this.names.add(name)
    return name
  }

  /** What a value was replaced by. */
  resolve(value: string): string {
    return this.standsFor.get(value) ?? value
  }

  /** The node with its inputs resolved. */
  current(node: GraphNode): GraphNode {
    return node.inputs.some((input) => this.standsFor.has(input))
      ? { ...node, inputs: node.inputs.map((input) => this.resolve(input)) }
      : node
  }

  constant(value: string | undefined): TensorData | undefined {
    return value === undefined ? undefined : this.constants.get(value)
  }

  /** The type of a value, as far as `setType` has been told. */
  dtype(value: string | undefined): DataType | undefined {
    return value === undefined ? undefined : (this.constants.get(value)?.dtype ?? this.types.get(value))
  }

  setType(value: string, dtype: DataType): void {
    this.types.set(value, dtype)
  }

  /** Adds a constant under a new name and returns that. */
  addConstant(base: string, data: TensorData): string {
    const name = this.fresh(base)
    this.constants.set(name, data)
    return name
  }

  addInts(node: GraphNode, role: string, values: readonly number[]): string {
    return this.addConstant(`${node.name}/${role}`, fromNumbers('int64', [values.length], values))
  }

  emit(node: GraphNode): void {
    this.nodes.push(node)
  }

  /** The nodes since it was last asked. */
  emitted(): readonly GraphNode[] {
    const from = this.reported
    this.reported = this.nodes.length
    return this.nodes.slice(from)
  }

  /** A later node whose work is done already. */
  skip(node: GraphNode): void {
    this.skipped.add(node.name)
  }

  isSkipped(node: GraphNode): boolean {
    return this.skipped.has(node.name)
  }

  isOutput(value: string): boolean {
    return this.outputs.has(value)
  }

  /** The value is another one from here on; an output of the network keeps its name through an Identity. */
  alias(node: GraphNode, value: string, by: string): void {
    if (this.outputs.has(value)) {
      this.emit({ name: node.name, op: 'Identity', domain: '', inputs: [by], outputs: [value], attributes: new Map() })
    } else {
      this.standsFor.set(value, this.resolve(by))
    }
  }

  /** The value is known now. */
  define(node: GraphNode, value: string, data: TensorData): void {
    if (this.outputs.has(value)) this.alias(node, value, this.addConstant(`${value}/constant`, data))
    else this.constants.set(value, data)
  }

  unsupported(node: GraphNode, sentence: string): never {
    throw new EspalierError('MODEL_UNSUPPORTED_FEATURE', `${node.op} "${node.name}" ${sentence}`)
  }

  finish(opsets: ReadonlyMap<string, number> = this.source.opsets): Graph {
    const { nodes, constants } = this
    return dropUnused(this.source.with({ nodes, constants, opsets, values: new Map() }))
  }
}

/** A node with some attributes set (or, with undefined, removed). */
export function withAttributes(node: GraphNode, changes: Readonly<Record<string, Attribute | undefined>>): GraphNode {
  const attributes = new Map(node.attributes)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) attributes.delete(name)
    else attributes.set(name, value)
  }
  return { ...node, attributes }
}

/** A node with input i replaced; the gaps before it are left-out inputs. */
export function withInput(node: GraphNode, i: number, value: string): GraphNode {
  const inputs = [...node.inputs]
  while (inputs.length <= i) inputs.push('')
  inputs[i] = value
  while (inputs.at(-1) === '') inputs.pop()
  return { ...node, inputs }
}
