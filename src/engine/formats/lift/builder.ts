/** Builds the channels-first graph from a network written with channels last: every value remembers how it lies. */
import { EspalierError } from '../../../contract/errors'
import type { Sentence } from '../../../contract/sentences'
import { type Attribute, Graph, type GraphNode, ints, type Shape, type ValueInfo } from '../../graph/graph'
import type { DataType, TensorData } from '../../graph/tensor'
import { dropUnused, topologicalOrder, verify } from '../../graph/topology'
import { Inference } from '../../ops/infer'
import { canonicalise } from '../canonical'
import { verifyFinite } from '../onnx/finite'
import { normalise } from '../onnx/normalise'
import { fromFirst, permuteTensor, reshapeTensor, toFirst } from './layout'

/** A value of the source network. Axes are always spoken of as the source orders them. */
export interface Lifted {
  readonly value: string
  readonly rank: number
  /** Whether the graph holds it with its last axis behind the first: [N, C, ...] for [N, ..., C]. */
  readonly first: boolean
  readonly dtype: 'float' | 'integer' | 'bool'
  /** Set for constants, as the source holds them. */
  readonly data?: TensorData
  /** How many elements a vector of whole numbers has, where it is known: shapes computed in the network. */
  readonly length?: number
  /** Which steps of a sequence count, where Keras says so: a value of [batch, steps]. */
  readonly mask?: string | undefined
}

export type Attributes = Readonly<Record<string, Attribute>>

/** Where an axis of a channels-last value lies when channels come first. */
export const physicalAxis = (axis: number, rank: number): number => (axis === 0 ? 0 : axis === rank - 1 ? 1 : axis + 1)

export class Lift {
  private readonly nodes: GraphNode[] = []
  /** Place of the node that computes a value. */
  private readonly places = new Map<string, number>()
  private readonly reserved = new Set<string>()
  private readonly constants = new Map<string, TensorData>()
  private readonly inputs: ValueInfo[] = []
  private readonly outputs: ValueInfo[] = []
  /** Names of values, and of nodes: a node keeps the name it has in the source beside an output of that name. */
  private readonly taken = new Set<string>()
  private readonly takenByNodes = new Set<string>()
  /** Both lies of a value, by its name. */
  private readonly turned = new Map<string, string>()
  private readonly stored = new Map<TensorData, Map<string, string>>()
  readonly metadata = new Map<string, string>()

  constructor(
    private readonly name: string,
    private readonly format: string,
  ) {}

  unique(wanted: string, taken = this.taken): string {
    const base = wanted === '' ? 'value' : wanted
    let name = base
    for (let i = 1; taken.has(name); i++) name = `${base}_${i}`
    taken.add(name)
    return name
  }

  /** @throws MODEL_UNSUPPORTED_FEATURE */
  refuse(sentence: string): never {
    throw new EspalierError('MODEL_UNSUPPORTED_FEATURE', sentence)
  }

  /** @throws MODEL_INVALID */
  invalid(sentence: string): never {
    throw new EspalierError('MODEL_INVALID', `${sentence} The file is damaged or was written by a faulty exporter.`)
  }

  /** An input of the network; images are read with channels first, and the file's order is remembered. */
  input(name: string, shape: Shape, dtype: DataType, first: boolean): Lifted {
    const value = this.unique(name)
    const rank = shape.length
    const turned = first && rank > 2
    this.inputs.push({ name: value, dtype, shape: turned ? toFirst(rank).map((axis) => shape[axis] as number) : shape })
    if (turned) this.metadata.set(`layout.${value}`, 'channels-last')
    return { value, rank, first: turned, dtype: /float/.test(dtype) ? 'float' : dtype === 'bool' ? 'bool' : 'integer' }
  }

  /** A constant as the source holds it; it enters the graph where it is used. */
  constant(name: string, data: TensorData): Lifted {
    const dtype = /float/.test(data.dtype) ? 'float' : data.dtype === 'bool' ? 'bool' : 'integer'
    return { value: name, rank: data.dims.length, first: false, dtype, data }
  }

  scalar(value: number, name = 'constant'): Lifted {
    return this.constant(name, { dtype: 'float32', dims: [], data: Float32Array.of(value) })
  }

  /** Puts a constant into the graph; the same data in the same form once. */
  store(name: string, data: TensorData, form = '', source: TensorData = data): string {
    const forms = this.stored.get(source) ?? new Map<string, string>()
    this.stored.set(source, forms)
    const known = forms.get(form)
    if (known !== undefined) return known
    const value = this.unique(name)
    this.constants.set(value, data)
    forms.set(form, value)
    return value
  }

  /** Whole numbers that an operator takes as an input. */
  numbers(name: string, values: readonly number[], scalar = false): string {
    const data = BigInt64Array.from(values, BigInt)
    return this.store(name, { dtype: 'int64', dims: scalar ? [] : [values.length], data })
  }

  /** Adds a node and returns the name of its first output. */
  node(op: string, name: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodeOf(op, name, inputs, attributes, 1)[0] as string
  }

  nodeOf(op: string, name: string, inputs: readonly string[], attributes: Attributes, count: number): string[] {
    const own = this.unique(name, this.takenByNodes)
    const outputs = Array.from({ length: count }, (_, i) => this.unique(i === 0 ? name : `${name}:${i}`))
    for (const output of outputs) this.places.set(output, this.nodes.length)
    this.nodes.push({ name: own, op, domain: '', inputs, outputs, attributes: new Map(Object.entries(attributes)) })
    return outputs
  }

  /** The node that computes a value, for rewrites while the graph grows. */
  producer(value: string): GraphNode | undefined {
    return this.nodes[this.places.get(value) ?? -1]
  }

  replace(old: GraphNode, node: GraphNode): void {
    this.nodes[this.places.get(old.outputs[0] as string) as number] = node
  }

  /** The value's name with channels first. */
  first(x: Lifted): string {
    if (x.rank < 3) return this.plain(x)
    if (x.data) return this.store(x.value, permuteTensor(x.data, toFirst(x.rank)), 'first', x.data)
    return x.first ? x.value : this.turn(x, toFirst(x.rank), 'channels_first')
  }

  /** The value's name in the order of the source. */
  last(x: Lifted): string {
    if (x.data || !x.first) return this.plain(x)
    return this.turn(x, fromFirst(x.rank), 'channels_last')
  }

  private plain(x: Lifted): string {
    return x.data ? this.store(x.value, x.data) : x.value
  }

  private turn(x: Lifted, perm: readonly number[], suffix: string): string {
    const known = this.turned.get(x.value)
    if (known !== undefined) return known
    const turned = this.node('Transpose', `${x.value}/${suffix}`, [x.value], { perm: ints(perm) })
    this.turned.set(x.value, turned)
    this.turned.set(turned, x.value)
    return turned
  }

  /** Extents of a value as the graph holds it, where what is built so far tells them. */
  shapeOf(value: string): Shape | undefined {
    const inference = new Inference(this.inputs, this.constants)
    for (const node of this.nodes) inference.step(node)
    return inference.of(value)?.shape
  }

  /** Extents of a constant that the graph holds. */
  dimsOf(value: string): readonly number[] | undefined {
    return this.constants.get(value)?.dims
  }

  /** The value with its axes in another order of the source's. */
  transposed(name: string, x: Lifted, perm: readonly number[]): Lifted {
    return {
      value: this.node('Transpose', name, [this.last(x)], { perm: ints(perm) }),
      rank: x.rank,
      first: false,
      dtype: x.dtype,
    }
  }

  /** An elementwise operator of one operand. */
  unary(op: string, name: string, x: Lifted, attributes: Attributes = {}, dtype = x.dtype): Lifted {
    const plain = x.data ? this.last(x) : x.value
    return { value: this.node(op, name, [plain], attributes), rank: x.rank, first: x.first, dtype }
  }

  /** An elementwise operator with broadcasting, after numpy's rules on the source's axes. */
  elementwise(op: string, name: string, operands: readonly Lifted[], dtype?: Lifted['dtype']): Lifted {
    const rank = Math.max(...operands.map((operand) => operand.rank))
    const first = rank > 2 && operands.some((operand) => operand.first)
    const names = operands.map((operand) => this.broadcast(operand, rank, first))
    const own = dtype ?? operands.at(-1)?.dtype ?? 'float'
    return { value: this.node(op, name, names), rank, first, dtype: own }
  }

  private broadcast(x: Lifted, rank: number, first: boolean): string {
    if (!first || (x.data && x.data.data.length === 1)) return this.last(x)
    if (x.rank === rank) return this.first(x)
    const missing = rank - x.rank
    if (x.data) {
      const dims = [...Array<number>(missing).fill(1), ...x.data.dims]
      const turned = permuteTensor(reshapeTensor(x.data, dims), toFirst(rank))
      const leading = turned.dims.findIndex((dim) => dim !== 1)
      return this.store(x.value, reshapeTensor(turned, turned.dims.slice(leading)), `first ${rank}`, x.data)
    }
    const axes = Array.from({ length: missing }, (_, i) => i)
    const grown = this.node('Unsqueeze', `${x.value}/grown`, [this.last(x), this.numbers('axes', axes)])
    return this.first({ ...x, value: grown, rank, first: false })
  }

  /** Keeps the names of the outputs for them. */
  reserve(names: readonly string[]): void {
    for (const name of names) {
      if (this.taken.has(name)) continue
      this.taken.add(name)
      this.reserved.add(name)
    }
  }

  /** An output of the network, its axes as in the source: their order is part of what it means. */
  output(name: string, x: Lifted): void {
    const wanted = this.reserved.delete(name) ? name : this.unique(name)
    const dtype = x.dtype === 'float' ? 'float32' : x.dtype === 'bool' ? 'bool' : 'int64'
    this.nodes.push({
      name: this.unique(`${wanted}/output`, this.takenByNodes),
      op: 'Identity',
      domain: '',
      inputs: [this.last(x)],
      outputs: [wanted],
      attributes: new Map(),
    })
    this.outputs.push({ name: wanted, dtype, shape: null })
  }

  finish(notes: Sentence[]): Graph {
    this.metadata.set('source.format', this.format)
    const graph = new Graph({
      name: this.name,
      inputs: this.inputs,
      outputs: this.outputs,
      nodes: topologicalOrder(this.nodes),
      constants: this.constants,
      metadata: this.metadata,
    })
    const checked = dropUnused(verify(graph))
    verifyFinite(checked)
    return canonicalise(normalise(checked, notes))
  }
}
