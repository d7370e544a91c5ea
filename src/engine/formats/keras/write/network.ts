/** Grows a functional Keras network: layers in order, each value knowing how its axes lie. */
import { EspalierError } from '../../../../contract/errors'
import type { Dim, Graph, GraphNode } from '../../../graph/graph'
import { numbersAttribute } from '../../../graph/graph'
import { sizeOf, type TensorData, toFloat32 } from '../../../graph/tensor'
import { fromFirst, toFirst } from '../../lift/layout'

/** A value of the graph as a Keras tensor. */
export interface Written {
  readonly layer: string
  /** Extents as in the graph. */
  readonly shape: readonly Dim[]
  /** Whether Keras holds it with channels last. */
  readonly last: boolean
  readonly dtype: 'float32' | 'int32' | 'bool'
  /**
   * What the graph's axes are where they do not lie as Keras holds them: t steps, b batch, d directions, h hidden units,
   * f features. Keras holds [b, t, f] or [b, f].
   */
  readonly lay?: readonly string[]
}

export interface WrittenLayer {
  readonly kind: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly inputs: readonly Written[]
  readonly weights: readonly TensorData[]
  /** Where each weight lies below the layer's folder. */
  readonly places: readonly string[]
  readonly output: Written
  /** Where an operation of keras.ops lies, and what it is called with: values, numbers and tables. */
  readonly call?: { readonly module: string; readonly args: readonly unknown[] }
}

/** How far a network had grown. */
export interface Mark {
  readonly layers: number
  readonly values: ReadonlyMap<string, Written>
  readonly turned: ReadonlyMap<string, Written>
}

/** [N, C, ...] as Keras orders it. */
const heldShape = ({ shape, last }: Written): readonly Dim[] =>
  last ? fromFirst(shape.length).map((axis) => shape[axis] as Dim) : shape

export const kerasShape = (value: Written): (number | null)[] =>
  heldShape(value).map((dim) => (typeof dim === 'number' ? dim : null))

export class KerasNetwork {
  readonly layers: WrittenLayer[] = []
  private readonly names = new Set<string>()
  private readonly values = new Map<string, Written>()
  private readonly turned = new Map<string, Written>()

  constructor(readonly graph: Graph) {
    // Outputs keep their names: Keras calls an output by its layer.
    for (const { name } of graph.outputs) this.names.add(plainName(name))
  }

  /** @throws EXPORT_FAILED naming the node */
  refuse(node: GraphNode, why: string): never {
    throw new EspalierError(
      'EXPORT_FAILED',
      `Keras has no layer for ${node.op} "${node.name}": ${why}. Export to ONNX or TensorFlow.js instead.`,
    )
  }

  /**
   * Names of layers may not hold slashes, on PyTorch no dots either, and on TensorFlow neither begin with a line nor hold
   * anything but letters, digits, lines and dashes (as the colons of its own exporters).
   */
  unique(wanted: string): string {
    const base = plainName(wanted)
    let name = base
    for (let i = 1; this.names.has(name); i++) name = `${base}_${i}`
    this.names.add(name)
    return name
  }

  set(value: string, written: Written): void {
    this.values.set(value, written)
  }

  /** The Keras tensor of a value that is computed or fed. */
  value(node: GraphNode, i: number): Written {
    const found = this.held(node, i)
    return found.lay ? this.refuse(node, 'it reads a sequence whose steps come before its batch') : found
  }

  /** The same, however its axes lie. */
  held(node: GraphNode, i: number): Written {
    const name = node.inputs[i] ?? ''
    const found = this.values.get(name)
    return found ?? this.refuse(node, `its input "${name}" is a constant where a layer needs a value`)
  }

  has(value: string): boolean {
    return this.values.has(value)
  }

  constant(node: GraphNode, i: number): TensorData {
    const found = this.graph.constants.get(node.inputs[i] ?? '')
    return found ?? this.refuse(node, `its weights are computed while the network runs`)
  }

  shapeOf(node: GraphNode, value: string): readonly Dim[] {
    return this.graph.info(value)?.shape ?? this.refuse(node, `the shape of "${value}" is not known`)
  }

  add(
    kind: string,
    wanted: string,
    inputs: readonly Written[],
    config: WrittenLayer['config'],
    shape: readonly Dim[],
    last: boolean,
    weights: readonly TensorData[] = [],
    places = weights.map((_, i) => `vars/${i}`),
  ): Written {
    const name = this.unique(wanted)
    const output: Written = { layer: name, shape, last, dtype: 'float32' }
    const plain = weights.map(
      (weight): TensorData => ({ dtype: 'float32', dims: weight.dims, data: toFloat32(weight) }),
    )
    this.layers.push({ kind, name, config: { name, ...config }, inputs, weights: plain, places, output })
    return output
  }

  /** An operation of keras.ops (`kind`), called with `args`; `inputs` are the values among these. */
  operation(
    { kind, module, args }: { readonly kind: string; readonly module: string; readonly args: readonly unknown[] },
    wanted: string,
    inputs: readonly Written[],
    config: WrittenLayer['config'],
    shape: readonly Dim[],
    last: boolean,
    dtype: Written['dtype'],
  ): Written {
    const name = this.unique(wanted)
    const output: Written = { layer: name, shape, last, dtype }
    const call = { module, args }
    this.layers.push({ kind, name, config: { name, ...config }, inputs, weights: [], places: [], output, call })
    return output
  }

  mark(): Mark {
    return { layers: this.layers.length, values: new Map(this.values), turned: new Map(this.turned) }
  }

  /** Forgets what was written since. */
  backTo({ layers, values, turned }: Mark): void {
    this.layers.length = layers
    for (const [own, before] of [
      [this.values, values],
      [this.turned, turned],
    ] as const) {
      own.clear()
      for (const [name, value] of before) own.set(name, value)
    }
  }

  input(name: string, shape: readonly Dim[], dtype: 'float32' | 'int32', last: boolean): void {
    const own = this.unique(name)
    const output: Written = { layer: own, shape, last, dtype }
    const batchShape = kerasShape(output)
    this.layers.push({
      kind: 'InputLayer',
      name: own,
      config: { batch_shape: batchShape, dtype, name: own },
      inputs: [],
      weights: [],
      places: [],
      output,
    })
    this.values.set(name, output)
  }

  /** The value with channels last. */
  last(x: Written): Written {
    if (x.last || x.shape.length < 3) return x
    return this.turn(x, fromFirst(x.shape.length), true)
  }

  /** The value with its axes as in the graph. */
  plain(x: Written): Written {
    return x.last ? this.turn(x, toFirst(x.shape.length), false) : x
  }

  private turn(x: Written, perm: readonly number[], last: boolean): Written {
    const known = this.turned.get(x.layer)
    if (known && known.last === last) return known
    const turned = this.add(
      'Permute',
      `${x.layer}_${last ? 'last' : 'first'}`,
      [x],
      { dims: perm.slice(1) },
      x.shape,
      last,
    )
    this.turned.set(x.layer, turned)
    this.turned.set(turned.layer, x)
    return turned
  }

  output(name: string): Written {
    const value = this.values.get(name)
    if (!value)
      throw new EspalierError(
        'EXPORT_FAILED',
        `The output "${name}" is computed by no layer that Keras has. Export to ONNX instead.`,
      )
    if (value.lay)
      throw new EspalierError(
        'EXPORT_FAILED',
        `The output "${name}" has its steps before its batch, which Keras does not give. Export to ONNX instead.`,
      )
    const plain = this.plain(value)
    const own = plainName(name)
    const output: Written = { ...plain, layer: own }
    this.layers.push({
      kind: 'Activation',
      name: own,
      config: { name: own, activation: 'linear' },
      inputs: [plain],
      weights: [],
      places: [],
      output,
    })
    return output
  }

  /** Spatial attributes, or 1 for each axis. */
  spatial(node: GraphNode, name: string, rank: number): readonly number[] {
    return numbersAttribute(node, name, undefined) ?? Array<number>(rank - 2).fill(1)
  }
}

const plainName = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]/g, '_').replace(/^[_-]+/, '') || 'layer'

/** A constant that scales or shifts each channel, by its elements; undefined where it is anything else. */
export function perChannel(data: TensorData, rank: number, last: boolean): number[] | number | undefined {
  const count = sizeOf(data.dims)
  const values = Array.from(toFloat32(data))
  if (count === 1) return values[0]
  const axis = data.dims.findIndex((dim) => dim !== 1)
  const fromEnd = data.dims.length - axis
  const single = data.dims.filter((dim) => dim !== 1).length === 1
  return single && fromEnd === (last ? rank - 1 : 1) ? values : undefined
}
