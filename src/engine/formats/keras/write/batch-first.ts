/**
 * Keras' values begin with their samples. PyTorch's attention works on [steps, samples, features] and folds heads into the
 * samples: such values are held with their samples first, and what turns and folds them is only kept in mind until a
 * value begins with its samples again.
 */
import {
  type Dim,
  type Graph,
  type GraphNode,
  int,
  ints,
  numberAttribute,
  numbersAttribute,
  type Shape,
} from '../../../graph/graph'
import { sizeOf, type TensorData, toNumbers } from '../../../graph/tensor'
import { factorsOf } from '../../../ops/extents'
import { inferShapes } from '../../../ops/infer'
import { permuteTensor, reshapeTensor } from '../../lift/layout'
import { Rewriter } from '../../onnx/normalise/rewriter'

/** A value of the new graph whose axes are those of the old value, split and in another order. */
interface Held {
  readonly value: string
  /** Extents of its axes; the first is that of the samples. */
  readonly dims: readonly Dim[]
  /** For every axis of the old value, the axes that it is made of, in order. Axes of one are none. */
  readonly axes: readonly (readonly number[])[]
}

/** Operators that treat every number alike. */
const pointwise = new Set(
  'Relu LeakyRelu Elu Selu Sigmoid HardSigmoid HardSwish Tanh Erf Gelu Softplus Softsign Exp Log Sqrt Neg Abs Identity Clip Cast Dropout'.split(
    ' ',
  ),
)
const merging = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'])

const isTurning = (node: GraphNode) => /^(Transpose|Reshape|Flatten|Squeeze|Unsqueeze)$/.test(node.op)

/** A part along some axes; what is one long is no axis any more. */
const cut = (held: Held, value: string, dims: readonly Dim[]): Held => ({
  value,
  dims,
  axes: held.axes.map((list) => list.filter((axis) => dims[axis] !== 1)),
})

class BatchFirst {
  private readonly rewriter: Rewriter
  private readonly held = new Map<string, Held>()
  /** Held values that are also there as they were. */
  private readonly there = new Set<string>()

  constructor(
    private readonly graph: Graph,
    private readonly batch: string,
  ) {
    this.rewriter = new Rewriter(graph, [])
  }

  private shape(value: string): Shape | undefined {
    return this.graph.info(value)?.shape ?? this.graph.constants.get(value)?.dims
  }

  private startsWithSamples(value: string): boolean {
    const shape = this.shape(value)
    return shape?.[0] === this.batch && shape.slice(1).every((dim) => typeof dim === 'number')
  }

  private emit(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes: GraphNode['attributes'] = new Map(),
  ): string {
    const output = this.rewriter.fresh(`${name}/${op}`)
    this.rewriter.emit({ name: output, op, domain: '', inputs, outputs: [output], attributes })
    return output
  }

  private reshaped(value: string, dims: readonly Dim[], name: string): string {
    const target = this.rewriter.addConstant(`${name}/dims`, {
      dtype: 'int64',
      dims: [dims.length],
      data: BigInt64Array.from(dims, (dim, i) => BigInt(i === 0 ? 0 : typeof dim === 'number' ? dim : -1)),
    })
    return this.emit('Reshape', [value, target], name)
  }

  /** How the old value is held; one that begins with its samples is held as it is. */
  private heldOf(value: string): Held | undefined {
    const known = this.held.get(value)
    if (known) return known
    const dims = this.shape(value)
    if (!dims || !this.startsWithSamples(value)) return undefined
    return { value: this.rewriter.resolve(value), dims, axes: dims.map((dim, i) => (dim === 1 ? [] : [i])) }
  }

  /** With these axes in this order, and several of them as one. */
  private arranged(held: Held, groups: readonly (readonly number[])[], name: string): Held {
    const spoken = new Set(groups.flat())
    const rest = held.dims.flatMap((_, i) => (spoken.has(i) ? [] : [i]))
    const order = [...groups.flat(), ...rest]
    let value = held.value
    if (order.some((axis, i) => axis !== i)) {
      value = this.emit('Transpose', [value], name, new Map([['perm', ints(order)]]))
    }
    const dims = groups.map((group) =>
      group.length === 1 ? held.dims[group[0] as number] : sizeOf(group.map((axis) => held.dims[axis] as number)),
    ) as Dim[]
    if (dims.length !== order.length) value = this.reshaped(value, dims, name)
    const places = new Map(groups.flatMap((group, i) => group.map((axis) => [axis, i] as const)))
    const axes = held.axes.map((list) => [...new Set(list.map((axis) => places.get(axis) as number))])
    return { value, dims, axes }
  }

  /** The value as it was, under its own name; where its samples come first it is held so from here on. */
  private settle(value: string, name: string): void {
    const held = this.held.get(value)
    if (!held || this.there.has(value)) return
    this.there.add(value)
    const dims = this.shape(value) as Shape
    // Axes of one are turned along where there are as many: a sequence of single features stays one.
    const spoken = new Set(held.axes.flat())
    const spare = held.dims.flatMap((_, axis) => (spoken.has(axis) ? [] : [axis]))
    const alike = dims.length === held.dims.length
    const order = held.axes.flatMap((list) => (alike && list.length === 0 ? spare.splice(0, 1) : list))
    const plain = this.arranged(
      held,
      order.map((axis) => [axis]),
      name,
    )
    let result = plain.value
    if (plain.dims.length !== dims.length || plain.dims.some((dim, i) => dim !== dims[i])) {
      const target = this.rewriter.addConstant(`${name}/dims`, {
        dtype: 'int64',
        dims: [dims.length],
        data: BigInt64Array.from(dims, (dim) => BigInt(typeof dim === 'number' ? dim : -1)),
      })
      result = this.emit('Reshape', [result, target], name)
    }
    this.rewriter.alias({ ...this.graph.node(name), name: this.rewriter.fresh(`${name}/as_it_was`) }, value, result)
  }

  /** Axes of a new shape out of the old ones, in order; those that it cuts are split. Undefined where samples would be. */
  private regrouped(held: Held, shape: Shape, name: string): Held | undefined {
    const order = held.axes.flat()
    // What is left of every axis, as parts.
    const parts = order.map((axis) => ({ axis, sizes: [held.dims[axis] as Dim] }))
    const made: { axis: number; part: number }[][] = []
    let at = 0
    let part = 0
    for (const dim of shape) {
      const { number, symbols } = factorsOf(dim)
      let left = number
      let samples = symbols.length
      const group: { axis: number; part: number }[] = []
      while (left > 1 || samples > 0) {
        const current = parts[at]
        const size = current?.sizes[part]
        if (!current || size === undefined) return undefined
        if (typeof size === 'string') {
          if (samples !== 1 || size !== this.batch) return undefined
          samples = 0
        } else if (left % size === 0) left /= size
        else if (left > 1 && size % left === 0) {
          current.sizes.splice(part, 1, left, size / left)
          left = 1
        } else return undefined
        group.push({ axis: current.axis, part })
        part++
        if (part === current.sizes.length) {
          at++
          part = 0
        }
      }
      made.push(group)
    }
    if (at !== parts.length) return undefined
    const sizesOf = new Map(parts.map(({ axis, sizes }) => [axis, sizes]))
    const dims = held.dims.flatMap((dim, axis) => sizesOf.get(axis) ?? [dim])
    const starts = held.dims.map((_, axis) =>
      held.dims.slice(0, axis).reduce<number>((sum, __, i) => sum + (sizesOf.get(i)?.length ?? 1), 0),
    )
    const value = dims.length === held.dims.length ? held.value : this.reshaped(held.value, dims, name)
    return { value, dims, axes: made.map((group) => group.map((each) => (starts[each.axis] as number) + each.part)) }
  }

  private turned(node: GraphNode, held: Held): Held | undefined {
    if (node.op !== 'Transpose') return this.regrouped(held, this.shape(node.outputs[0] as string) as Shape, node.name)
    const perm = numbersAttribute(node, 'perm', undefined) ?? held.axes.map((_, i) => held.axes.length - 1 - i)
    return { ...held, axes: perm.map((axis) => held.axes[axis] as readonly number[]) }
  }

  /** Samples, then every other axis by itself, and the features as one at the end. */
  private byFeatures(held: Held, name: string): Held | undefined {
    const features = held.axes.at(-1)
    if (!features || features.length === 0) return undefined
    const others = held.axes
      .slice(0, -1)
      .flat()
      .filter((axis) => axis !== 0)
    return this.arranged(held, [[0], ...others.map((axis) => [axis]), features], name)
  }

  private withLast(held: Held, value: string, extent: number): Held {
    return { ...held, value, dims: [...held.dims.slice(0, -1), extent] }
  }

  private dense(node: GraphNode, held: Held): Held | undefined {
    const weight = this.graph.constants.get(node.inputs[1] ?? '')
    const on = weight?.dims.length === 2 ? this.byFeatures(held, node.name) : undefined
    if (!weight || !on) return undefined
    const isGemm = node.op === 'Gemm'
    const plain = ['alpha', 'beta'].every((name) => numberAttribute(node, name, 1) === 1)
    if (isGemm && (!plain || numberAttribute(node, 'transA', 0) === 1)) return undefined
    const turns = isGemm && numberAttribute(node, 'transB', 0) === 1
    const columns = turns ? permuteTensor(weight, [1, 0]) : weight
    const stored = turns ? this.rewriter.addConstant(`${node.name}/weight`, columns) : (node.inputs[1] as string)
    const product = this.emit('MatMul', [on.value, stored], node.name)
    const bias = isGemm ? node.inputs[2] : undefined
    const value = bias ? this.emit('Add', [product, bias], node.name) : product
    return this.withLast(on, value, columns.dims[1] as number)
  }

  /** A stored value as it is combined with a held one: its axes split and turned as that one's. */
  private constantFor(held: Held, stored: TensorData, name: string): string | undefined {
    const missing = held.axes.length - stored.dims.length
    if (missing < 0) return undefined
    const sizes: number[] = []
    const places: number[] = []
    for (const [i, axes] of held.axes.entries()) {
      const dim = stored.dims[i - missing] ?? 1
      if (dim === 1) continue
      const own = axes.map((axis) => held.dims[axis] as Dim)
      if (axes.includes(0) || sizeOf(own as number[]) !== dim) return undefined
      sizes.push(...(own as number[]))
      places.push(...axes)
    }
    const order = places.map((_, i) => i).sort((a, b) => (places[a] as number) - (places[b] as number))
    const turned = permuteTensor(reshapeTensor(stored, sizes), order)
    const dims = held.dims.map((dim, axis) => (places.includes(axis) ? (dim as number) : 1))
    return this.rewriter.addConstant(`${name}/stored`, reshapeTensor(turned, dims))
  }

  private merged(node: GraphNode): Held | undefined {
    const [a, b] = node.inputs as [string, string]
    const [x, y] = [this.heldOf(a), this.heldOf(b)]
    const stored = this.graph.constants.get(x ? b : a)
    const first = x ?? y
    if (first && stored) {
      if (first.axes.length !== this.shape(node.outputs[0] as string)?.length) return undefined
      const other = this.constantFor(first, stored, node.name)
      if (other === undefined) return undefined
      return { ...first, value: this.emit(node.op, x ? [first.value, other] : [other, first.value], node.name) }
    }
    if (!x || !y || x.axes.length !== y.axes.length) return undefined
    const [p, q] = [x, y].map((each) =>
      this.arranged(
        each,
        [
          [0],
          ...each.axes
            .flat()
            .filter((axis) => axis !== 0)
            .map((axis) => [axis]),
        ],
        node.name,
      ),
    ) as [Held, Held]
    if (p.dims.join() !== q.dims.join() || JSON.stringify(p.axes) !== JSON.stringify(q.axes)) return undefined
    return { ...p, value: this.emit(node.op, [p.value, q.value], node.name) }
  }

  /** One position, or a run of positions, along an axis that is held as one. */
  private picked(node: GraphNode, held: Held): Held | undefined {
    const rank = held.axes.length
    const given = numberAttribute(node, 'axis', 0)
    const axis = given < 0 ? given + rank : given
    const stored = this.graph.constants.get(node.inputs[1] ?? '')
    const [own, ...more] = held.axes[axis] ?? []
    if (stored?.dims.length !== 0 || own === undefined || own === 0 || more.length > 0) return undefined
    const value = this.emit('Gather', [held.value, node.inputs[1] as string], node.name, new Map([['axis', int(own)]]))
    const axes = held.axes.flatMap((list, i) =>
      i === axis ? [] : [list.map((each) => (each > own ? each - 1 : each))],
    )
    return { value, dims: held.dims.filter((_, i) => i !== own), axes }
  }

  private sliced(node: GraphNode, held: Held): Held | undefined {
    const given = this.graph.constants.get(node.inputs[3] ?? '')
    const after = this.shape(node.outputs[0] as string)
    if (!given || !after) return undefined
    const axes = toNumbers(given).map((axis) => held.axes[axis < 0 ? axis + held.axes.length : axis] ?? [])
    if (axes.some((list) => list.length !== 1 || list[0] === 0)) return undefined
    const own = axes.flat()
    const at = this.rewriter.addInts(node, 'held_axes', own)
    const [, starts = '', ends = '', , ...steps] = node.inputs
    const value = this.emit('Slice', [held.value, starts, ends, at, ...steps], node.name)
    const extents = new Map(held.axes.map((list, i) => [list[0], after[i] as Dim]))
    return cut(
      held,
      value,
      held.dims.map((dim, axis) => (own.includes(axis) ? (extents.get(axis) as Dim) : dim)),
    )
  }

  private split(node: GraphNode, held: Held): (Held | undefined)[] {
    const rank = held.axes.length
    const given = numberAttribute(node, 'axis', 0)
    const axis = given < 0 ? given + rank : given
    const [own, ...more] = held.axes[axis] ?? []
    const sizes = node.outputs.map((output) => this.shape(output)?.[axis])
    if (own === undefined || own === 0 || more.length > 0 || !sizes.every((size) => typeof size === 'number')) return []
    const parts = node.outputs.map((_, i) => this.rewriter.fresh(`${node.name}/part_${i}`))
    const attributes = new Map(node.attributes).set('axis', int(own))
    this.rewriter.emit({
      ...node,
      name: this.rewriter.fresh(`${node.name}/split`),
      inputs: [held.value, ...node.inputs.slice(1)],
      outputs: parts,
      attributes,
    })
    return parts.map((value, i) =>
      cut(
        held,
        value,
        held.dims.map((dim, k) => (k === own ? (sizes[i] as number) : dim)),
      ),
    )
  }

  private overFeatures(node: GraphNode, held: Held): Held | undefined {
    const rank = held.axes.length
    const axis = numberAttribute(node, 'axis', -1)
    const on = axis === -1 || axis === rank - 1 ? this.byFeatures(held, node.name) : undefined
    if (!on) return undefined
    const output = this.rewriter.fresh(`${node.name}/${node.op}`)
    const attributes = new Map(node.attributes).set('axis', int(-1))
    this.rewriter.emit({
      ...node,
      name: output,
      inputs: [on.value, ...node.inputs.slice(1)],
      outputs: [output],
      attributes,
    })
    return { ...on, value: output }
  }

  /** What the node answers, held with its samples first; undefined where it must be computed as it was. */
  private follow(node: GraphNode): (Held | undefined)[] {
    const held = this.heldOf(node.inputs[0] as string)
    if (merging.has(node.op) && node.inputs.length === 2) return [this.merged(node)]
    if (!held) return []
    if (isTurning(node)) return [this.turned(node, held)]
    if (node.op === 'MatMul' || node.op === 'Gemm') return [this.dense(node, held)]
    if (node.op === 'Gather') return [this.picked(node, held)]
    if (node.op === 'Slice') return [this.sliced(node, held)]
    if (node.op === 'Split') return this.split(node, held)
    if (node.op === 'Softmax' || node.op === 'LayerNormalization') return [this.overFeatures(node, held)]
    if (!pointwise.has(node.op)) return []
    const output = this.rewriter.fresh(`${node.name}/${node.op}`)
    this.rewriter.emit({ ...node, name: output, inputs: [held.value, ...node.inputs.slice(1)], outputs: [output] })
    return [{ ...held, value: output }]
  }

  run(): Graph {
    for (const node of this.graph.nodes) {
      const reads = node.inputs.some((input) => this.held.has(input))
      const [output = ''] = node.outputs
      const begins =
        isTurning(node) && this.startsWithSamples(node.inputs[0] as string) && !this.startsWithSamples(output)
      const found = reads || begins ? this.follow(node) : []
      if (found.length > 0 && found.every(Boolean)) {
        node.outputs.forEach((name, i) => {
          this.held.set(name, found[i] as Held)
          if (this.startsWithSamples(name) || this.graph.isOutput(name)) this.settle(name, node.name)
          if (this.startsWithSamples(name)) this.held.delete(name)
        })
        continue
      }
      for (const input of node.inputs) if (this.held.has(input)) this.settle(input, node.name)
      this.rewriter.emit({ ...node, inputs: node.inputs.map((input) => this.rewriter.resolve(input)) })
    }
    return inferShapes(this.rewriter.finish(this.graph.opsets))
  }
}

/** The same network with the samples first wherever that can be. */
export function batchFirst(graph: Graph): Graph {
  const batch = graph.inputs[0]?.shape?.[0]
  if (typeof batch !== 'string') return graph
  const begins = graph.nodes.some(
    (node) =>
      isTurning(node) &&
      graph.info(node.inputs[0] ?? '')?.shape?.[0] === batch &&
      graph.info(node.outputs[0] ?? '')?.shape?.[0] !== batch,
  )
  return begins ? new BatchFirst(graph, batch).run() : graph
}
