/** Einsum as Transpose, MatMul and Reshape, which the engine can couple, run and price. */
import { attributes, type Graph, type GraphNode, int, ints, type Shape } from '../graph/graph'
import { arrayTypes, int64, sizeOf, type TensorArray, type TensorData } from '../graph/tensor'
import { type Equation, parseEquation } from '../ops/einsum'
import { inferShapes } from '../ops/infer'

/** Emits nodes in the place of one node, with names of its own. */
class Replacement {
  readonly nodes: GraphNode[] = []
  readonly constants = new Map<string, TensorData>()
  constructor(readonly base: string) {}

  emit(op: string, inputs: readonly string[], at: GraphNode['attributes'] = new Map()): string {
    const name = `${this.base}/${op.toLowerCase()}_${this.nodes.length}`
    this.nodes.push({ name, op, domain: '', inputs, outputs: [name], attributes: at })
    return name
  }

  sizes(values: readonly number[]): string {
    const name = `${this.base}/sizes_${this.constants.size}`
    this.constants.set(name, int64([values.length], values))
    return name
  }

  transpose(value: string, from: readonly string[], to: readonly string[]): string {
    const order = to.map((letter) => from.indexOf(letter))
    return order.every((axis, i) => axis === i)
      ? value
      : this.emit('Transpose', [value], attributes({ perm: ints(order) }))
  }

  /** Adds up an operand along some of its letters. */
  sum(value: string, letters: string, summed: readonly string[]): string {
    if (summed.length === 0) return value
    const axes = this.sizes(summed.map((letter) => letters.indexOf(letter)))
    return this.emit('ReduceSum', [value, axes], attributes({ keepdims: int(0) }))
  }

  einsum(values: readonly string[], inputs: readonly string[], output: string): string {
    const equation = { kind: 'string', value: `${inputs.join(',')}->${output}` } as const
    return this.emit('Einsum', values, new Map([['equation', equation]]))
  }

  unsqueeze(value: string, axes: readonly number[]): string {
    return axes.length === 0 ? value : this.emit('Unsqueeze', [value, this.sizes(axes)])
  }

  /** Brings an operand to `to`, with an extent of 1 for letters that it lacks. */
  align(value: string, letters: string, to: readonly string[]): string {
    const own = to.filter((letter) => letters.includes(letter))
    const turned = this.transpose(value, [...letters], own)
    return this.unsqueeze(
      turned,
      to.flatMap((letter, axis) => (letters.includes(letter) ? [] : [axis])),
    )
  }
}

/** A stored operand with its axes in another order. */
function permuted(source: TensorData, order: readonly number[], dims: readonly number[]): TensorData {
  const shape = order.map((axis) => source.dims[axis] as number)
  const strides = source.dims.map((_, axis) => sizeOf(source.dims.slice(axis + 1)))
  const data = new arrayTypes[source.dtype](source.data.length) as TensorArray
  for (let i = 0; i < data.length; i++) {
    let rest = i
    let from = 0
    for (let k = shape.length - 1; k >= 0; k--) {
      from += (rest % (shape[k] as number)) * (strides[order[k] as number] as number)
      rest = Math.floor(rest / (shape[k] as number))
    }
    data[i] = source.data[from] as number
  }
  return { dtype: source.dtype, dims, data }
}

/** A stored operand that shares no index with the result but its own: a dense layer over all summed indices. */
function dense(
  into: Replacement,
  value: string,
  letters: string,
  weight: TensorData,
  weightLetters: string,
  equation: Equation,
): string | undefined {
  const summed = [...weightLetters].filter((letter) => letters.includes(letter))
  const left = [...letters].filter((letter) => !summed.includes(letter))
  const right = [...weightLetters].filter((letter) => !summed.includes(letter))
  if (left.length === 0 || right.length === 0 || summed.length === 0) return undefined
  if (summed.some((letter) => equation.output.includes(letter))) return undefined
  const extent = (letter: string) => weight.dims[weightLetters.indexOf(letter)] as number
  const size = (list: readonly string[]) => list.reduce((product, letter) => product * extent(letter), 1)
  const order = [...summed, ...right].map((letter) => weightLetters.indexOf(letter))
  const name = `${into.base}/weight`
  into.constants.set(name, permuted(weight, order, [size(summed), size(right)]))
  let x = into.transpose(value, [...letters], [...left, ...summed])
  if (summed.length > 1) x = into.emit('Reshape', [x, into.sizes([...left.map(() => 0), size(summed)])])
  let y = into.emit('MatMul', [x, name])
  if (right.length > 1) y = into.emit('Reshape', [y, into.sizes([...left.map(() => 0), ...right.map(extent)])])
  return into.transpose(y, [...left, ...right], [...equation.output])
}

/** A stored operand as a stack of matrices: rows of what is summed over from the left, columns of it from the right. */
function storedSide(
  into: Replacement,
  constant: TensorData,
  letters: string,
  lead: readonly string[],
  own: string | undefined,
  summed: readonly string[],
  i: 0 | 1,
): string {
  const extents = (list: readonly string[]) =>
    list.map((letter) => (letters.includes(letter) ? (constant.dims[letters.indexOf(letter)] as number) : 1))
  const mine = own ? [own] : []
  const order = [...lead, ...(i === 0 ? [...mine, ...summed] : [...summed, ...mine])]
  const matrix = [sizeOf(extents(mine)), sizeOf(extents(summed))]
  const name = `${into.base}/weight_${i}`
  into.constants.set(
    name,
    permuted(
      constant,
      order.flatMap((letter) => (letters.includes(letter) ? [letters.indexOf(letter)] : [])),
      [...extents(lead), ...(i === 0 ? matrix : matrix.reverse())],
    ),
  )
  return name
}

/** Two operands in general: shared indices of the result are batch axes, and so are all but the last of each side's own. */
function product(
  into: Replacement,
  values: readonly string[],
  equation: Equation,
  extent: (l: string) => number | string,
  stored: (value: string) => TensorData | undefined,
) {
  const [a, b] = equation.inputs as [string, string]
  const output = [...equation.output]
  const summed = [...a].filter((letter) => b.includes(letter) && !output.includes(letter))
  const alone = [...a, ...b].filter((letter) => a.includes(letter) !== b.includes(letter))
  if (alone.some((letter) => !output.includes(letter))) return undefined
  if (summed.length === 0)
    return into.emit('Mul', [into.align(values[0] as string, a, output), into.align(values[1] as string, b, output)])
  const row = output.findLast((letter) => !b.includes(letter))
  const column = output.findLast((letter) => !a.includes(letter))
  const lead = output.filter((letter) => letter !== row && letter !== column)
  const side = (i: 0 | 1, own: string | undefined): string => {
    const [value, letters] = [values[i] as string, equation.inputs[i] as string]
    const constant = stored(value)
    if (constant) return storedSide(into, constant, letters, lead, own, summed, i)
    let x = into.align(value, letters, [...lead, ...(own ? [own] : []), ...summed])
    if (!own) x = into.unsqueeze(x, [lead.length])
    if (summed.length === 1) return x
    const total = summed.reduce((size, letter) => size * Number(extent(letter)), 1)
    return into.emit('Reshape', [x, into.sizes([...lead.map(() => 0), 0, Number.isFinite(total) ? total : -1])])
  }
  const rank = lead.length + 2
  const turn = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))
  const left = side(0, row)
  let right = side(1, column)
  if (!stored(values[1] as string)) right = into.emit('Transpose', [right], attributes({ perm: ints(turn) }))
  let y = into.emit('MatMul', [left, right])
  const gone = [...(row ? [] : [lead.length]), ...(column ? [] : [lead.length + 1])]
  if (gone.length > 0) y = into.emit('Squeeze', [y, into.sizes(gone)])
  return into.transpose(y, [...lead, ...(row ? [row] : []), ...(column ? [column] : [])], output)
}

/** More than two operands, two after two; each pair keeps the letters that the result or later operands still ask for. */
function chained(into: Replacement, node: GraphNode, { inputs, output }: Equation): Replacement {
  let [letters = '', value = ''] = [inputs[0], node.inputs[0]]
  for (let i = 1; i < inputs.length; i++) {
    const asked = [output, ...inputs.slice(i + 1)].join('')
    const both = [...new Set(`${letters}${inputs[i]}`)].filter((letter) => asked.includes(letter)).join('')
    const wanted = i === inputs.length - 1 ? output : both
    value = into.einsum([value, node.inputs[i] as string], [letters, inputs[i] as string], wanted)
    letters = wanted
  }
  const last = into.nodes.pop() as GraphNode
  into.nodes.push({ ...last, name: node.name, outputs: node.outputs })
  return into
}

function rewrite(graph: Graph, node: GraphNode): Replacement | undefined {
  const shapes = node.inputs.map((name) => graph.info(name)?.shape)
  if (!shapes.every((shape): shape is Shape => !!shape)) return undefined
  const equation = parseEquation(
    node,
    shapes.map((shape) => shape.length),
  )
  if (!equation) return undefined
  const into = new Replacement(node.name)
  if (node.inputs.length > 2) return chained(into, node, equation)
  const extent = (letter: string) =>
    shapes
      .map((shape, i) => shape[equation.inputs[i]?.indexOf(letter) ?? -1])
      .find((dim) => dim !== undefined) as number
  let result: string | undefined
  const alone = equation.inputs.map((letters, i) =>
    [...letters].filter(
      (letter) =>
        !equation.output.includes(letter) && !equation.inputs.some((other, k) => k !== i && other.includes(letter)),
    ),
  )
  if (node.inputs.length === 1) {
    const [letters] = equation.inputs as [string]
    const left = [...letters].filter((letter) => !alone[0]?.includes(letter))
    const summed = into.sum(node.inputs[0] as string, letters, alone[0] as string[])
    result =
      left.length === letters.length
        ? into.emit('Transpose', [summed], attributes({ perm: ints([...equation.output].map((l) => left.indexOf(l))) }))
        : into.transpose(summed, left, [...equation.output])
  } else if (alone.some((letters) => letters.length > 0)) {
    const inputs = equation.inputs.map((letters, i) => [...letters].filter((l) => !alone[i]?.includes(l)).join(''))
    const values = node.inputs.map((value, i) => into.sum(value, equation.inputs[i] as string, alone[i] as string[]))
    result = into.einsum(values, inputs, equation.output)
  } else if (node.inputs.length === 2) {
    const stored = node.inputs.findIndex((name) => graph.constants.has(name))
    if (stored >= 0) {
      const weight = graph.constants.get(node.inputs[stored] as string) as TensorData
      const [letters, weightLetters] = [equation.inputs[1 - stored], equation.inputs[stored]] as [string, string]
      result = dense(into, node.inputs[1 - stored] as string, letters, weight, weightLetters, equation)
    }
    result ??= product(into, node.inputs, equation, extent, (name) => graph.constants.get(name))
  }
  const last = into.nodes.at(-1)
  if (!last || last.outputs[0] !== result) return undefined
  into.nodes[into.nodes.length - 1] = { ...last, name: node.name, outputs: node.outputs }
  return into
}

/** @param graph with inferred shapes; Einsums that read a diagonal stay. */
export function einsumsToMatMuls(graph: Graph): Graph {
  const constants = new Map(graph.constants)
  let some = false
  const nodes = graph.nodes.flatMap((node) => {
    const found = node.op === 'Einsum' ? rewrite(graph, node) : undefined
    if (!found) return [node]
    some = true
    for (const [name, data] of found.constants) constants.set(name, data)
    return found.nodes
  })
  if (!some) return graph
  // What was taken apart into sums and pairs is looked at again.
  const next = graph.with({ nodes, constants })
  return nodes.some((node) => node.op === 'Einsum') ? einsumsToMatMuls(inferShapes(next)) : next
}
