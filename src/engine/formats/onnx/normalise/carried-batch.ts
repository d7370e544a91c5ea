/**
 * Whether samples stay apart: the batch is followed from the inputs through every operator. A network that was exported for
 * one sample names the batch as 1 in its shapes, and what is right for one sample may mix several.
 */
import { type Graph, type GraphNode, numberAttribute, numbersAttribute, stringAttribute } from '../../../graph/graph'
import { toNumbers } from '../../../graph/tensor'
import { oneSample } from '../../../ops/shapes'

/** Along this axis lie `outer` runs of the samples, `inner` elements each. */
interface Place {
  readonly axis: number
  readonly outer: number
  readonly inner: number
}

/** Nothing of a value depends on the sample. */
type Found = Place | null

class Mixed extends Error {}

const mixed = (): never => {
  throw new Mixed()
}

const product = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1)
const namesBatch = (dim: unknown) => typeof dim === 'string' && /\bbatch\b/.test(dim)

class Walk {
  private readonly places = new Map<string, Found>()

  constructor(readonly graph: Graph) {
    for (const { name } of graph.inputs) this.places.set(name, { axis: 0, outer: 1, inner: 1 })
  }

  shape(value: string | undefined) {
    return this.graph.info(value ?? '')?.shape ?? mixed()
  }

  rank(value: string | undefined): number {
    return this.shape(value).length
  }

  place(value: string | undefined): Found {
    return this.places.get(value ?? '') ?? null
  }

  /** The axis that names the batch must be the one it lies along. */
  set(value: string, place: Found): void {
    if (value === '') return
    const named = this.shape(value).flatMap((dim, axis) => (namesBatch(dim) ? [axis] : []))
    if (named.length !== (place ? 1 : 0) || (place && named[0] !== place.axis)) mixed()
    this.places.set(value, place)
  }

  /** The place in another shape of the same elements in the same order. */
  reshaped(from: string, to: string, { axis, outer, inner }: Place): Place {
    const before = oneSample(this.shape(from))
    const after = oneSample(this.shape(to))
    const first = product(before.slice(0, axis)) * outer
    const last = inner * product(before.slice(axis + 1))
    const found = this.shape(to).findIndex(namesBatch)
    const place = {
      axis: found,
      outer: first / product(after.slice(0, found)),
      inner: last / product(after.slice(found + 1)),
    }
    const even = Number.isInteger(place.outer) && Number.isInteger(place.inner)
    return found >= 0 && even && place.outer * place.inner === after[found] ? place : mixed()
  }
}

type Rule = (walk: Walk, node: GraphNode) => readonly Found[]

const same = (a: Place, b: Place) => a.axis === b.axis && a.outer === b.outer && a.inner === b.inner

/** One place of all operands that have one, axes counted as the result's; the others must be stretched along it. */
function joined(walk: Walk, operands: readonly string[], rank: number, stretched = true): Found {
  let found: Found = null
  for (const value of operands) {
    const own = walk.place(value)
    if (!own) continue
    const place = { ...own, axis: own.axis + rank - walk.rank(value) }
    if (found && !same(found, place)) mixed()
    found = place
  }
  for (const value of found ? operands : []) {
    if (walk.place(value)) continue
    const extent = walk.shape(value)[(found as Place).axis - rank + walk.rank(value)] ?? 1
    if (!stretched || extent !== 1) mixed()
  }
  return found
}

const read = (node: GraphNode) => node.inputs.filter((name) => name !== '')

const broadcast: Rule = (walk, node) => [joined(walk, read(node), walk.rank(node.outputs[0]))]

const reordered: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  return [place && walk.reshaped(node.inputs[0] as string, node.outputs[0] as string, place)]
}

/** Stretched from one position, or made of sizes: the same for every sample. */
const filled: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  const axis = walk.shape(node.outputs[0]).findIndex(namesBatch)
  if (!place) return [axis < 0 ? null : { axis, outer: 1, inner: 1 }]
  return [{ ...place, axis: place.axis + walk.rank(node.outputs[0]) - walk.rank(node.inputs[0]) }]
}

/** Operators that read along some axes of their first input, none of which may be the batch's. */
const along =
  (axesOf: (walk: Walk, node: GraphNode, rank: number) => readonly number[], removes = false): Rule =>
  (walk, node) => {
    const place = walk.place(node.inputs[0])
    if (!place) return node.outputs.map(() => null)
    const rank = walk.rank(node.inputs[0])
    const axes = axesOf(walk, node, rank).map((axis) => (axis + rank) % rank)
    if (axes.includes(place.axis)) mixed()
    const gone = removes && numberAttribute(node, 'keepdims', 1) === 0
    const result = gone ? { ...place, axis: place.axis - axes.filter((axis) => axis < place.axis).length } : place
    return node.outputs.map(() => result)
  }

const axisAttribute = (fallback: number) => along((_, node) => [numberAttribute(node, 'axis', fallback)])

const constantAxes = (walk: Walk, node: GraphNode, i: number): readonly number[] | undefined => {
  const constant = walk.graph.constants.get(node.inputs[i] ?? '')
  return constant && toNumbers(constant)
}

const everyAxis = (rank: number) => Array.from({ length: rank }, (_, axis) => axis)

const reduce = along((walk, node, rank) => {
  const given = numbersAttribute(node, 'axes', undefined) ?? constantAxes(walk, node, 1)
  return given && given.length > 0 ? given : everyAxis(rank)
}, true)

const tail = along((_, node, rank) => {
  const axis = numberAttribute(node, 'axis', -1)
  return everyAxis(rank).slice(axis)
})

const pad = along((walk, node, rank) => {
  const pads = constantAxes(walk, node, 1) ?? []
  const axes = constantAxes(walk, node, 3) ?? everyAxis(rank)
  return axes.filter((_, k) => pads[k] !== 0 || pads[k + axes.length] !== 0)
})

const slice = along((walk, node, rank) => constantAxes(walk, node, 3) ?? everyAxis(rank))

/** Each position of the first axis for itself. */
const apart: Rule = (walk, node) => {
  const [data, ...others] = read(node).map((name) => walk.place(name))
  if (!data) return others.some(Boolean) ? mixed() : [null]
  if (data.axis !== 0 || others.some((other) => other && !same(other, data))) mixed()
  // Positions to read, one grid a sample.
  if (node.op === 'GridSample' && !others[0]) mixed()
  return node.outputs.map(() => data)
}

const concat: Rule = (walk, node) => {
  const rank = walk.rank(node.outputs[0])
  const place = joined(walk, read(node), rank, false)
  if (place?.axis === (numberAttribute(node, 'axis', 0) + rank) % rank) mixed()
  return [place]
}

const gather: Rule = (walk, node) => {
  const [data, indices] = [walk.place(node.inputs[0]), walk.place(node.inputs[1])]
  const rank = walk.rank(node.inputs[0])
  const axis = (numberAttribute(node, 'axis', 0) + rank) % rank
  if (data && (indices || data.axis === axis)) mixed()
  if (indices) return [{ ...indices, axis: indices.axis + axis }]
  const by = data && data.axis > axis ? walk.rank(node.inputs[1]) - 1 : 0
  return [data && { ...data, axis: data.axis + by }]
}

const matmul: Rule = (walk, node) => {
  const [a, b] = node.inputs as [string, string]
  const [left, right] = [walk.place(a), walk.place(b)]
  const [rows, columns] = [walk.rank(a), walk.rank(b)]
  const rank = walk.rank(node.outputs[0])
  if (left?.axis === rows - 1 || right?.axis === Math.max(0, columns - 2)) mixed()
  if (left?.axis === rows - 2 && rows > 1)
    return right ? mixed() : [{ ...left, axis: columns === 1 ? rank - 1 : rank - 2 }]
  if (right?.axis === columns - 1) return left ? mixed() : [{ ...right, axis: rank - 1 }]
  // What is left lies among the matrices: they are multiplied pair by pair.
  const full = Math.max(rows, columns)
  return [joined(walk, [a, b], full)]
}

const gemm: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  const computed = node.inputs.slice(1).some((name) => walk.place(name))
  if (computed || (place && place.axis !== numberAttribute(node, 'transA', 0))) mixed()
  return [place && { ...place, axis: 0 }]
}

const recurrent: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  if (!place) return node.outputs.map(() => null)
  const first = numberAttribute(node, 'layout', 0) === 1
  if (place.axis !== (first ? 0 : 1)) mixed()
  for (const state of node.inputs
    .slice(4)
    .filter((name) => name !== '')
    .slice(0, 3)) {
    const own = walk.place(state)
    const weights = walk.graph.constants.get(state)?.dims.length === 2 // peepholes of an LSTM
    if (!weights && (!own || own.axis !== place.axis)) mixed()
  }
  return node.outputs.map((_, o) => ({ ...place, axis: first ? 0 : o === 0 ? 2 : 1 }))
}

/** A term of an Einsum with a letter for every axis: those of the ellipsis are digits, counted from the last. */
const spelled = (term: string, rank: number): string =>
  term.replace('...', '0123456789'.slice(10 - (rank - term.replace('...', '').length)))

const einsum: Rule = (walk, node) => {
  const [given = '', answer = ''] = stringAttribute(node, 'equation', '').replaceAll(' ', '').split('->')
  const terms = given.split(',').map((term, i) => spelled(term, walk.rank(node.inputs[i])))
  const result = spelled(answer, walk.rank(node.outputs[0]))
  let found: { readonly letter: string; readonly place: Place } | undefined
  for (const [i, term] of terms.entries()) {
    const place = walk.place(node.inputs[i])
    if (!place) continue
    const letter = term[place.axis] as string
    if (found && (found.letter !== letter || found.place.outer !== place.outer || found.place.inner !== place.inner)) {
      mixed()
    }
    found = { letter, place }
  }
  if (!found) return [null]
  const { letter, place } = found
  const everywhere = terms.every((term, i) => !term.includes(letter) || walk.place(node.inputs[i]))
  return everywhere && result.includes(letter) ? [{ ...place, axis: result.indexOf(letter) }] : mixed()
}

/** Positions of the first axes by stored indices. */
const gatherSeveral: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  if (walk.place(node.inputs[1]) || numberAttribute(node, 'batch_dims', 0) !== 0) mixed()
  const indices = oneSample(walk.shape(node.inputs[1]))
  const picked = indices.at(-1) as number
  if (place && place.axis < picked) mixed()
  return [place && { ...place, axis: place.axis - picked + indices.length - 1 }]
}

const picked: Rule = (walk, node) => {
  const rank = walk.rank(node.inputs[0])
  const place = joined(
    walk,
    node.inputs.filter((_, i) => i < 3),
    rank,
    false,
  )
  if (place?.axis === (numberAttribute(node, 'axis', 0) + rank) % rank) mixed()
  return [place]
}

const oneHot: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  const rank = walk.rank(node.outputs[0])
  const at = (numberAttribute(node, 'axis', -1) + rank) % rank
  return [place && { ...place, axis: place.axis + (at <= place.axis ? 1 : 0) }]
}

const rules = new Map<string, Rule>()
const give = (ops: string, rule: Rule) => {
  for (const op of ops.split(' ')) rules.set(op, rule)
}
give(
  'Add Sub Mul Div Pow Min Max Sum Mean Mod PRelu Where Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor',
  broadcast,
)
give('BitwiseAnd BitwiseOr BitwiseXor', broadcast)
give('Reshape Flatten Squeeze Unsqueeze Identity', reordered)
give('Expand ConstantOfShape Range RandomNormal RandomUniform', filled)
give('Conv ConvTranspose BatchNormalization InstanceNormalization GroupNormalization LRN MaxPool AveragePool', apart)
give('GlobalAveragePool GlobalMaxPool Resize DepthToSpace SpaceToDepth GridSample', apart)
give(
  'ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare',
  reduce,
)
give('Softmax LogSoftmax Hardmax TopK LpNormalization', axisAttribute(-1))
give(
  'ArgMax ArgMin',
  along((_, node) => [numberAttribute(node, 'axis', 0)], true),
)
give('Split', axisAttribute(0))
give(
  'CumSum',
  along((walk, node, rank) => constantAxes(walk, node, 1) ?? everyAxis(rank)),
)
give('LayerNormalization', tail)
give('LSTM GRU RNN', recurrent)
give('GatherElements ScatterElements', picked)
rules.set('Transpose', (walk, node) => {
  const place = walk.place(node.inputs[0])
  const perm = numbersAttribute(node, 'perm', undefined) ?? everyAxis(walk.rank(node.inputs[0])).reverse()
  return [place && { ...place, axis: perm.indexOf(place.axis) }]
})
rules.set(
  'Tile',
  along((walk, node, rank) => everyAxis(rank).filter((axis) => (constantAxes(walk, node, 1) ?? [])[axis] !== 1)),
)
rules.set('Pad', pad)
rules.set('Slice', slice)
rules.set('Concat', concat)
rules.set('Gather', gather)
rules.set('MatMul', matmul)
rules.set('Gemm', gemm)
rules.set('Einsum', einsum)
rules.set('GatherND', gatherSeveral)
rules.set('OneHot', oneHot)
rules.set('Shape', (_, node) => node.outputs.map(() => null))
rules.set('Size', (_, node) => node.outputs.map(() => null))

/** Operators without a rule: what they read of samples they must give back in the same shape, element by element. */
const plain: Rule = (walk, node) => {
  const [value, ...more] = read(node).filter((name) => walk.place(name))
  if (value === undefined) return node.outputs.map(() => null)
  const shape = walk.shape(value).join()
  return node.outputs.map((name) =>
    name !== '' && more.length === 0 && walk.shape(name).join() === shape ? walk.place(value) : null,
  )
}

/** @param graph whose inputs have a free first axis, with inferred shapes */
export function keepsSamplesApart(graph: Graph): boolean {
  try {
    const walk = new Walk(graph)
    for (const node of graph.nodes) {
      const found = (rules.get(node.op) ?? plain)(walk, node)
      node.outputs.forEach((name, o) => {
        walk.set(name, found[o] ?? null)
      })
    }
    return true
  } catch (error) {
    if (error instanceof Mixed) return false
    throw error
  }
}
