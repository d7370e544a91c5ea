/**
 * Whether samples stay apart: the batch is followed from the inputs through every operator. A network that was exported for
 * one sample names the batch as 1 in its shapes, and what is right for one sample may mix several.
 */
import { type Graph, type GraphNode, numberAttribute, numbersAttribute, stringAttribute } from '../../../graph/graph'
import { toNumbers } from '../../../graph/tensor'
import { oneSample } from '../../../ops/shapes'
import { type Found, Mixed, mixed, namesBatch, type Place, type Stretch, Walk } from './batch-walk'

type Rule = (walk: Walk, node: GraphNode) => readonly Found[]

const same = (a: Place, b: Place) => a.axis === b.axis && a.outer === b.outer && a.inner === b.inner

/** One place of all operands that have one, axes counted as the result's; the others must be the same all along it. */
function joined(walk: Walk, node: GraphNode, rank: number, broadcasts = true, operands = node.inputs): Found {
  let found: Found = null
  for (const value of operands) {
    const own = walk.place(value)
    if (!own) continue
    const place = { ...own, axis: own.axis + rank - walk.rank(value) }
    if (found && !same(found, place)) mixed()
    found = place
  }
  const place = found as Found
  operands.forEach((value, i) => {
    if (!place || value === '' || walk.place(value)) return
    const axis = place.axis - rank + walk.rank(value)
    if (axis >= 0) walk.stretch(node, i, { ...place, axis }, broadcasts)
    else if (!broadcasts) mixed()
  })
  return place
}

const read = (node: GraphNode) => node.inputs.filter((name) => name !== '')

const broadcast: Rule = (walk, node) => [joined(walk, node, walk.rank(node.outputs[0]))]

const constantAxes = (walk: Walk, node: GraphNode, i: number): readonly number[] | undefined => {
  const constant = walk.graph.constants.get(node.inputs[i] ?? '')
  return constant && toNumbers(constant)
}

const everyAxis = (rank: number) => Array.from({ length: rank }, (_, axis) => axis)

/** Where an axis goes when others of one position join or leave. */
function kept(walk: Walk, node: GraphNode, { axis }: Place): number {
  const [from, to] = [walk.rank(node.inputs[0]), walk.rank(node.outputs[0])]
  if (node.op === 'Flatten') return axis < numberAttribute(node, 'axis', 1) ? 0 : 1
  const given = numbersAttribute(node, 'axes', undefined) ?? constantAxes(walk, node, 1)
  const ones = walk.shape(node.inputs[0]).flatMap((extent, k) => (extent === 1 ? [k] : []))
  const axes = (given ?? ones).map((each) => (each + Math.max(from, to)) % Math.max(from, to))
  if (node.op === 'Unsqueeze') return everyAxis(to).filter((each) => !axes.includes(each))[axis] as number
  return node.op === 'Squeeze'
    ? everyAxis(from)
        .filter((each) => !axes.includes(each))
        .indexOf(axis)
    : axis
}

const reordered: Rule = (walk, node) => {
  const [from, to] = [node.inputs[0] as string, node.outputs[0] as string]
  const place = walk.place(from)
  if (!place) return [null]
  const places = walk.reshaped(from, to, place)
  if (walk.choose && node.op === 'Reshape') return [places.length > 0 ? walk.choose(node, places) : mixed()]
  const axis = walk.choose ? kept(walk, node, place) : walk.shape(to).findIndex(namesBatch)
  return [places.find((each) => each.axis === axis) ?? mixed()]
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
  if (node.op === 'GridSample' && !others[0]) walk.stretch(node, 1, data, false)
  return node.outputs.map(() => data)
}

const concat: Rule = (walk, node) => {
  const rank = walk.rank(node.outputs[0])
  const place = joined(walk, node, rank, false)
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
  return [joined(walk, node, full)]
}

const gemm: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  const computed = node.inputs.slice(1).some((name) => walk.place(name))
  if (computed || (place && place.axis !== numberAttribute(node, 'transA', 0))) mixed()
  // The bias may be a row for every sample.
  if (place && node.inputs[2] && walk.rank(node.inputs[2]) === 2) walk.stretch(node, 2, { ...place, axis: 0 }, true)
  return [place && { ...place, axis: 0 }]
}

const recurrent: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  if (!place) return node.outputs.map(() => null)
  const first = numberAttribute(node, 'layout', 0) === 1
  if (place.axis !== (first ? 0 : 1)) mixed()
  for (const input of [4, 5, 6]) {
    const state = node.inputs[input] ?? ''
    if (state === '') continue
    const axis = input === 4 ? 0 : place.axis // lengths are a vector
    const own = walk.place(state)
    if (!own) walk.stretch(node, input, { ...place, axis }, false)
    else if (own.axis !== axis) mixed()
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

/** Positions of the first axes by stored indices, or by each sample's own among its own. */
const gatherSeveral: Rule = (walk, node) => {
  const place = walk.place(node.inputs[0])
  const own = walk.place(node.inputs[1])
  const paired = numberAttribute(node, 'batch_dims', 0)
  if (place && own && place.axis < paired) return [same(place, own) ? place : mixed()]
  if (own || paired !== 0) mixed()
  const indices = oneSample(walk.shape(node.inputs[1]))
  const picked = indices.at(-1) as number
  if (place && place.axis < picked) mixed()
  return [place && { ...place, axis: place.axis - picked + indices.length - 1 }]
}

const picked: Rule = (walk, node) => {
  const rank = walk.rank(node.inputs[0])
  const place = joined(walk, node, rank, false, node.inputs.slice(0, 3))
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
// Places are written down with the sample among them.
rules.set('ScatterND', (walk, node) => (read(node).some((name) => walk.place(name)) ? mixed() : [null]))
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

function follow(walk: Walk): void {
  for (const node of walk.graph.nodes) {
    const found = (rules.get(node.op) ?? plain)(walk, node)
    node.outputs.forEach((name, o) => {
      walk.set(name, found[o] ?? null)
    })
  }
}

/** @returns undefined where samples mix */
function unmixed<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Mixed) return undefined
    throw error
  }
}

/** @param graph whose inputs have a free first axis, with inferred shapes */
export const keepsSamplesApart = (graph: Graph): boolean =>
  unmixed(() => {
    follow(new Walk(graph))
    return true
  }) ?? false

/** Wrong turns taken back before the search is given up; fewer in networks of very many operators. */
const mostTurns = 300
const mostSteps = 400_000

export interface FoundBatch {
  /** Along which axis samples lie behind operators that name their number, by the operator's name. */
  readonly axes: ReadonlyMap<string, number>
  readonly stretches: readonly Stretch[]
}

/** Operators whose targets may name the number of samples. */
const targeted = new Set(['Expand', 'Resize'])

/**
 * Along which axis the samples lie behind each Reshape, were there another number of them: shapes leave it open whether steps
 * or heads are folded with them. The last open choice is taken back where what follows mixes samples.
 * @param graph for this number of samples, with inferred shapes
 * @returns undefined where samples mix whatever is chosen
 */
export function axesOfBatch(graph: Graph, samples: number): FoundBatch | undefined {
  const turns: { taken: number; open: number }[] = []
  const seeds = new Map<string, Place>()
  const most = Math.min(mostTurns, mostSteps / graph.nodes.length)
  for (let tries = 0; tries < most; tries++) {
    const axes = new Map<string, number>()
    let at = 0
    const choose = (node: GraphNode, candidates: readonly Place[]): Place => {
      turns[at] ??= { taken: 0, open: candidates.length }
      const place = candidates[(turns[at++] as { taken: number }).taken] as Place
      axes.set(node.name, place.axis)
      return place
    }
    const walk = new Walk(graph, choose, samples, seeds)
    const known = seeds.size
    const apart = unmixed(() => {
      follow(walk)
      return walk.place(graph.outputs[0]?.name)?.axis === 0
    })
    if (apart) {
      for (const node of graph.nodes) {
        const place = targeted.has(node.op) && walk.place(node.inputs[0]) && walk.place(node.outputs[0])
        if (place) axes.set(node.name, place.axis)
      }
      return { axes, stretches: [...walk.stretches, ...walk.seeded()] }
    }
    if (seeds.size > known) {
      turns.length = 0
      continue
    }
    turns.length = at
    while (
      turns.length > 0 &&
      (turns.at(-1) as { taken: number; open: number }).taken + 1 >= (turns.at(-1)?.open ?? 0)
    ) {
      turns.pop()
    }
    const last = turns.at(-1)
    if (!last) return undefined
    last.taken++
  }
  return undefined
}
