/** Which axes of a value run over samples and which over the steps of a sequence, through transposes and reshapes. */
import { type Graph, type GraphNode, numberAttribute, type Shape } from '../graph/graph'

/** One thing an axis runs over; several where axes were folded into one. */
export interface Factor {
  readonly role: 'sample' | 'step' | 'other'
  readonly size: number
}

/** For each axis what it runs over, outermost first. */
export type AxisFactors = readonly (readonly Factor[])[]

/** Stands for the number of samples: a prime that no network has for an extent. */
export const SAMPLES = 1_000_003

const numbersOf = (graph: Graph, value: string): readonly number[] | null => {
  const shape: Shape | null | undefined = graph.info(value)?.shape ?? graph.constants.get(value)?.dims
  return shape?.every((dim) => typeof dim === 'number') ? (shape as readonly number[]) : null
}

const other = (size: number): readonly Factor[] => [{ role: 'other', size }]
const others = (shape: readonly number[]): AxisFactors => shape.map(other)

/** Folds and unfolds axes: factors keep their order, and only what runs over neither samples nor steps is cut. */
export function regroup(from: AxisFactors, to: readonly number[]): AxisFactors {
  const queue = from.flat().filter(({ size }) => size !== 1)
  const result: Factor[][] = []
  for (const extent of to) {
    const factors: Factor[] = []
    let left = extent
    while (left > 1) {
      const next = queue.shift()
      if (!next) return others(to)
      if (left % next.size === 0) {
        factors.push(next)
        left /= next.size
      } else if (next.role === 'other' && next.size % left === 0) {
        factors.push({ role: 'other', size: left })
        queue.unshift({ role: 'other', size: next.size / left })
        left = 1
      } else if (next.role === 'other') {
        // An odd cut within what carries no meaning.
        const shared = gcd(left, next.size)
        if (shared === 1) return others(to)
        factors.push({ role: 'other', size: shared })
        queue.unshift({ role: 'other', size: next.size / shared })
        left /= shared
      } else return others(to)
    }
    result.push(factors)
  }
  return result
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
const meaningful = (factors: readonly Factor[]) => factors.some(({ role }) => role !== 'other')

type Known = ReadonlyMap<string, AxisFactors>

/** Operands aligned at their last axes, as in broadcasting: an axis means what it means in any of them. */
function broadcast(graph: Graph, node: GraphNode, known: Known, shape: readonly number[]): AxisFactors {
  return shape.map((extent, axis) => {
    for (const input of node.inputs) {
      const factors = known.get(input)
      const dims = numbersOf(graph, input)
      if (!factors || !dims) continue
      const at = axis - (shape.length - dims.length)
      const own = factors[at]
      if (at >= 0 && dims[at] === extent && own && meaningful(own)) return own
    }
    return other(extent)
  })
}

function permuted(node: GraphNode, from: AxisFactors): AxisFactors {
  const given = node.attributes.get('perm')
  const order = given?.kind === 'ints' ? given.value.map(Number) : from.map((_, i) => from.length - 1 - i)
  return order.map((axis) => from[axis] ?? [])
}

function axesOf(graph: Graph, node: GraphNode, known: Known, shape: readonly number[], output: number): AxisFactors {
  const first = known.get(node.inputs[0] as string)
  const dims = numbersOf(graph, node.inputs[0] as string)
  switch (node.op) {
    case 'Transpose':
      return first ? permuted(node, first) : others(shape)
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze':
      return first ? regroup(first, shape) : others(shape)
    case 'Gather': {
      const indices = known.get(node.inputs[1] as string) ?? []
      const rank = dims?.length ?? 0
      const given = numberAttribute(node, 'axis', 0)
      const axis = given < 0 ? given + rank : given
      const data = first ?? others(dims ?? [])
      return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]
    }
    case 'Gemm':
      return first && numberAttribute(node, 'transA', 0) === 0
        ? [first[0] ?? [], other(shape[1] as number)]
        : others(shape)
    case 'MatMul': {
      const second = known.get(node.inputs[1] as string)
      const rows = first?.at(-2) ?? other(shape.at(-2) as number)
      const columns = second?.at(-1) ?? other(shape.at(-1) as number)
      const lead = shape.slice(0, -2).map((extent, i) => {
        const own = first?.[i + (first.length - shape.length)]
        return own && meaningful(own) ? own : (second?.[i + (second.length - shape.length)] ?? other(extent))
      })
      return [...lead, rows, columns]
    }
    case 'LSTM':
    case 'GRU':
    case 'RNN': {
      const [time, samples] = first ?? []
      if (!time || !samples) return others(shape)
      return output === 0
        ? [time, other(shape[1] as number), samples, other(shape[3] as number)]
        : [other(shape[0] as number), samples, other(shape[2] as number)]
    }
    case 'Conv':
    case 'MaxPool':
    case 'AveragePool':
      return shape.map((extent, axis) =>
        axis !== 1 && first?.[axis] && dims?.[axis] === extent ? first[axis] : other(extent),
      )
    default: {
      // What drops axes (a reduction, a pick): those that stay mean what they meant, in order.
      if (first && dims && dims.length > shape.length) return dropped(first, dims, shape)
      return broadcast(graph, node, known, shape)
    }
  }
}

function dropped(from: AxisFactors, dims: readonly number[], to: readonly number[]): AxisFactors {
  let at = 0
  return to.map((extent) => {
    while (at < dims.length && dims[at] !== extent) at++
    return from[at++] ?? other(extent)
  })
}

/**
 * @param graph with all extents known, {@link SAMPLES} for the samples
 * @param steps length of the sequences; 0 where samples are no sequences
 */
export function traceAxes(graph: Graph, steps: number): Known {
  const known = new Map<string, AxisFactors>()
  for (const { name } of graph.inputs) {
    const dims = numbersOf(graph, name)
    if (!dims) continue
    known.set(
      name,
      dims.map((size, axis): readonly Factor[] => {
        if (axis === 0) return [{ role: 'sample', size }]
        return [{ role: axis === 1 && size === steps && steps > 1 ? 'step' : 'other', size }]
      }),
    )
  }
  for (const node of graph.nodes) {
    node.outputs.forEach((value, output) => {
      const shape = value === '' ? null : numbersOf(graph, value)
      if (shape) known.set(value, axesOf(graph, node, known, shape, output))
    })
  }
  return known
}
