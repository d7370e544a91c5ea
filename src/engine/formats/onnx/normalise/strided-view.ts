/**
 * A value laid out flat and gathered again at places that count on without gaps (`as_strided`, by which PyTorch's
 * torch.export exporter spells an average over all pixels with a free batch) is a Reshape of that value.
 */
import { type Dim, type GraphNode, numberAttribute } from '../../../graph/graph'
import { sizeOf, toNumbers } from '../../../graph/tensor'
import { factorsOf, multiplyDims } from '../../../ops/extents'
import type { Known } from './known'
import type { Rewriter } from './rewriter'

/** Places that grow evenly along every axis: offset + sum of stride * position. */
interface Places {
  readonly dims: readonly Dim[]
  readonly strides: readonly number[]
  readonly offset: number
}

/** Axes that a chain of sums and Unsqueeze may be deep, in nodes. */
const deepest = 64

class Reading {
  constructor(
    private readonly known: Known,
    private readonly rewriter: Rewriter,
  ) {}

  places(value: string, depth = 0): Places | undefined {
    if (depth > deepest) return undefined
    const stored = this.rewriter.constant(value)
    if (stored) return evenly(stored.dims, toNumbers(stored))
    const node = this.rewriter.source.producer(value)
    if (node?.domain !== '') return undefined
    const read = (i: number) => this.places(this.rewriter.resolve(node.inputs[i] ?? ''), depth + 1)
    switch (node.op) {
      case 'Identity':
      case 'Cast':
        return read(0)
      case 'Range':
        return this.range(node, value)
      case 'Mul':
        return product(read(0), read(1))
      case 'Add':
        return sum(read(0), read(1))
      case 'Unsqueeze':
      case 'Squeeze':
      case 'Reshape':
        return this.regrouped(read(0), value)
      default:
        return undefined
    }
  }

  private range(node: GraphNode, value: string): Places | undefined {
    const [start, , delta] = node.inputs.map((input) => this.rewriter.constant(this.rewriter.resolve(input)))
    const dims = this.known.shape(value)
    if (!start || !delta || !dims) return undefined
    return { dims, strides: [toNumbers(delta)[0] as number], offset: toNumbers(start)[0] as number }
  }

  /** The same places with axes of one put in or left out. */
  private regrouped(places: Places | undefined, value: string): Places | undefined {
    const dims = this.known.shape(value)
    if (!places || !dims) return undefined
    const wide = places.dims.flatMap((dim, i) => (dim === 1 ? [] : [{ dim, stride: places.strides[i] as number }]))
    const strides = dims.map((dim) => (dim === 1 ? 0 : wide[0]?.dim === dim ? (wide.shift()?.stride ?? 0) : Number.NaN))
    return wide.length === 0 && !strides.some(Number.isNaN) ? { dims, strides, offset: places.offset } : undefined
  }
}

/** Stored places, where each follows from its position. */
function evenly(dims: readonly number[], values: readonly number[]): Places | undefined {
  if (values.length === 0) return undefined
  const offset = values[0] as number
  const steps = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)))
  const strides = dims.map((dim, axis) => (dim > 1 ? (values[steps[axis] as number] as number) - offset : 0))
  const even = values.every((place, i) => {
    const at = dims.reduce(
      (total, dim, axis) => total + (Math.floor(i / (steps[axis] as number)) % dim) * (strides[axis] as number),
      offset,
    )
    return place === at
  })
  return even ? { dims, strides, offset } : undefined
}

const isNumber = ({ dims, strides }: Places) => dims.every((dim) => dim === 1) && strides.every((s) => s === 0)

function product(a: Places | undefined, b: Places | undefined): Places | undefined {
  if (!a || !b) return undefined
  const [places, factor] = isNumber(b) ? [a, b.offset] : [b, a.offset]
  if (!isNumber(b) && !isNumber(a)) return undefined
  if (places.dims.length < (places === a ? b : a).dims.length) return undefined
  return { ...places, strides: places.strides.map((stride) => stride * factor), offset: places.offset * factor }
}

function sum(a: Places | undefined, b: Places | undefined): Places | undefined {
  if (!a || !b) return undefined
  const rank = Math.max(a.dims.length, b.dims.length)
  const along = (places: Places, axis: number) => {
    const i = axis - rank + places.dims.length
    return { dim: places.dims[i] ?? 1, stride: places.strides[i] ?? 0 }
  }
  const axes = Array.from({ length: rank }, (_, axis) => [along(a, axis), along(b, axis)] as const)
  if (axes.some(([x, y]) => x.dim !== 1 && y.dim !== 1 && x.dim !== y.dim)) return undefined
  return {
    dims: axes.map(([x, y]) => (x.dim === 1 ? y.dim : x.dim)),
    strides: axes.map(([x, y]) => x.stride + y.stride),
    offset: a.offset + b.offset,
  }
}

/** Whether places count on from 0 in the order of the axes. */
function countOn({ dims, strides, offset }: Places): boolean {
  let step: Dim = 1
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const dim = dims[axis] as Dim
    if (dim !== 1 && strides[axis] !== step) return false
    step = multiplyDims([step, dim])
  }
  return offset === 0
}

const sameCount = (a: readonly Dim[], b: readonly Dim[]): boolean => {
  const [x, y] = [a, b].map((dims) => factorsOf(multiplyDims(dims))) as [Factors, Factors]
  return x.number === y.number && [...x.symbols].sort().join() === [...y.symbols].sort().join()
}
type Factors = ReturnType<typeof factorsOf>

/** The node as the Reshape that it is; itself where it picks places in any other way. */
export function viewAsReshape(node: GraphNode, known: Known, rewriter: Rewriter): GraphNode {
  const [data = '', at = ''] = node.inputs
  const flat = rewriter.source.producer(data)
  if (numberAttribute(node, 'axis', 0) !== 0 || known.shape(data)?.length !== 1) return node
  if (flat?.op !== 'Reshape' && flat?.op !== 'Flatten') return node
  const whole = rewriter.resolve(flat.inputs[0] as string)
  const [before, after] = [known.shape(whole), known.shape(node.outputs[0])]
  if (!before || !after || after.filter((dim) => typeof dim !== 'number').length > 1) return node
  const places = new Reading(known, rewriter).places(at)
  if (!places || !countOn(places) || !sameCount(before, places.dims)) return node
  const target = after.map((dim, i) => (typeof dim === 'number' ? dim : dim === before[i] ? 0 : -1))
  return {
    ...node,
    op: 'Reshape',
    inputs: [whole, rewriter.addInts(node, 'shape', target)],
    attributes: new Map(),
  }
}
