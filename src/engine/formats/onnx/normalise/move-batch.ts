/** A network written for a number of samples, rewritten for any: nothing of it changes for that number. */
import { type Attribute, type Graph, type GraphNode, int, type Shape } from '../../../graph/graph'
import { gatherStrided, stridesOf } from '../../../graph/strided'
import { float32, type TensorData, toNumbers } from '../../../graph/tensor'
import type { Place, Stretch } from './batch-walk'
import { axesOfBatch } from './carried-batch'
import { Rewriter, withAttributes, withInput } from './rewriter'
import { factorsOfResize } from './settle/resizing'

const isPositive = (dim: unknown): dim is number => typeof dim === 'number' && dim > 0
const ones = (count: number) => Array<number>(count).fill(1)
const plain = { domain: '', attributes: new Map<string, Attribute>() }

/** Samples' copies of a stored value, cut down to the first: [..., outer, 1, inner, ...]. */
function ofOneSample(stored: TensorData, { axis, outer, inner }: Place, samples: number): TensorData {
  const strides = stridesOf(stored.dims)
  const step = strides[axis] as number
  return gatherStrided(
    stored,
    [...stored.dims.slice(0, axis), outer, 1, inner, ...stored.dims.slice(axis + 1)],
    [...strides.slice(0, axis), samples * inner * step, inner * step, step, ...strides.slice(axis + 1)],
  )
}

class Mover {
  readonly rewriter: Rewriter
  private batch: string | undefined
  private readonly made = new Map<string, string>()

  constructor(
    private readonly graph: Graph,
    private readonly samples: number,
  ) {
    this.rewriter = new Rewriter(graph, [])
  }

  private emit(op: string, base: string, inputs: string[], attributes?: Map<string, Attribute>): string {
    const output = this.rewriter.fresh(base)
    this.rewriter.emit({ ...plain, ...(attributes ? { attributes } : {}), name: output, op, inputs, outputs: [output] })
    return output
  }

  /** How many samples are fed, as a vector of one. */
  private count(): string {
    const input = this.graph.inputs[0]?.name as string
    this.batch ??= this.emit('Shape', `${input}/samples`, [input], new Map([['end', int(1)]]))
    return this.batch
  }

  private ints(node: GraphNode, role: string, values: readonly number[]): string {
    return this.rewriter.addInts(node, role, values)
  }

  /** What stands in the place of an input that is the same for every sample. */
  stretched({ node, input, place, one }: Stretch): string {
    const name = node.inputs[input] as string
    const key = [name, place.axis, place.outer, place.inner, one].join()
    const known = this.made.get(key)
    if (known !== undefined) return known
    const result = one ? this.cut(name, place) : this.spread(node, name, place)
    this.made.set(key, result)
    return result
  }

  /** One position of what is the same all along the axis. */
  private cut(name: string, { axis }: Place): string {
    const stored = this.rewriter.constant(name) as TensorData
    const dims = stored.dims.map((dim, k) => (k === axis ? 1 : dim))
    return this.rewriter.addConstant(`${name}/one`, gatherStrided(stored, dims, stridesOf(stored.dims)))
  }

  private spread(node: GraphNode, name: string, place: Place): string {
    const { axis, outer, inner } = place
    const dims = (this.graph.info(name)?.shape ?? this.rewriter.constant(name)?.dims) as readonly number[]
    const apart = [...dims.slice(0, axis), outer, 1, inner, ...dims.slice(axis + 1)]
    const stored = this.rewriter.constant(name)
    const folded = outer * inner > 1
    // Where nothing is folded with the samples, the axis keeps its place.
    const shape = folded ? apart : [...dims.slice(0, axis), 1, ...dims.slice(axis + 1)]
    const single = stored
      ? this.rewriter.addConstant(`${name}/one`, { ...ofOneSample(stored, place, this.samples), dims: shape })
      : folded
        ? this.emit('Reshape', `${name}/apart`, [name, this.ints(node, 'apart', shape)])
        : name
    const at = folded ? axis + 1 : axis
    const target = [
      ...(at > 0 ? [this.ints(node, 'before', ones(at))] : []),
      this.count(),
      ...(at + 1 < shape.length ? [this.ints(node, 'behind', ones(shape.length - at - 1))] : []),
    ]
    const extents =
      target.length === 1 ? this.count() : this.emit('Concat', `${name}/extents`, target, new Map([['axis', int(0)]]))
    const wide = this.emit('Expand', `${name}/spread`, [single, extents])
    if (!folded) return wide
    const whole = dims.map((dim, k) => (k === axis ? -1 : dim))
    return this.emit('Reshape', `${name}/folded`, [wide, this.ints(node, 'folded', whole)])
  }
}

/**
 * Shapes for a number of samples, rewritten so that any number lies where it must behind each Reshape, and what is stored
 * for every sample is stored once.
 * @param graph with inferred shapes
 * @returns undefined where samples mix
 */
export function moveBatch(graph: Graph, samples: number): Graph | undefined {
  const found = axesOfBatch(graph, samples)
  if (!found) return undefined
  const mover = new Mover(graph, samples)
  const { rewriter } = mover
  const stretches = new Map<string, Stretch[]>()
  for (const each of found.stretches) {
    const { name } = each.node
    stretches.set(name, [...(stretches.get(name) ?? []), each])
  }
  for (const original of graph.nodes) {
    let node = original
    for (const each of stretches.get(node.name) ?? []) node = withInput(node, each.input, mover.stretched(each))
    rewriter.emit(withoutCount(node, graph, found.axes.get(node.name), rewriter))
  }
  return rewriter.finish()
}

/** A node that names the number of samples in a target, naming it no longer. */
function withoutCount(node: GraphNode, graph: Graph, axis: number | undefined, rewriter: Rewriter): GraphNode {
  const after = graph.info(node.outputs[0] ?? '')?.shape
  if (axis === undefined || !after?.every(isPositive)) return node
  if (node.op === 'Reshape') {
    const target = after.map((dim, k) => (k === axis ? -1 : dim))
    return withInput(withAttributes(node, { allowzero: undefined }), 1, rewriter.addInts(node, 'shape', target))
  }
  const stored = rewriter.constant(node.inputs[node.op === 'Expand' ? 1 : 3])
  if (!stored) return node
  if (node.op === 'Expand') {
    const target = toNumbers(stored)
    target[axis - after.length + target.length] = 1
    return withInput(node, 1, rewriter.addInts(node, 'shape', target))
  }
  const factors = factorsOfResize(graph.info(node.inputs[0] ?? '')?.shape as Shape, after)
  if (!factors) return node
  const scales = rewriter.addConstant(`${node.name}/scales`, float32([factors.length], factors))
  return withInput({ ...node, inputs: node.inputs.slice(0, 2) }, 2, scales)
}
