/** Attention spelled out, so that its heads and inner channels are seen. */

import { int, ints } from '../../../graph/graph'
import type { TensorData } from '../../../graph/tensor'
import type { Lift, Lifted } from '../../lift/builder'
import { reshapeTensor } from '../../lift/layout'
import { dense, reduce, transpose } from '../../lift/operators'
import { withoutMasked } from '../masks'
import { flagIn, type LayerContext, type LayerRule } from './rule'

interface Heads {
  readonly value: string
  readonly size: number
  readonly count: number
}

const queries = [0, 2, 1, 3]
const keys = [0, 2, 3, 1]

/** A projection to [batch, heads, steps, size]; the keys as [batch, heads, size, steps]. */
function heads(
  context: LayerContext,
  part: string,
  x: Lifted,
  at: number,
  biased: boolean,
  perm: readonly number[],
): Heads {
  const { lift, name } = context
  const kernel = context.weight(at, `${part}/kernel`)
  const [from = 0, count = 0, size = 0] = (kernel.data as TensorData).dims
  if ((kernel.data as TensorData).dims.length !== 3)
    lift.invalid(`The weights of the layer "${name}" do not have 3 axes.`)
  const flat = lift.constant(kernel.value, reshapeTensor(kernel.data as TensorData, [from, count * size]))
  const bias = biased ? context.weight(at + 1, `${part}/bias`) : undefined
  const flatBias = bias && lift.constant(bias.value, reshapeTensor(bias.data as TensorData, [count * size]))
  const projected = dense(lift, `${name}/${part}`, x, flat, flatBias)
  const cut = lift.node('Reshape', `${name}/${part}/heads`, [
    projected.value,
    lift.numbers(`${name}/${part}/shape`, [0, 0, count, size]),
  ])
  return { value: lift.node('Transpose', `${name}/${part}/turned`, [cut], { perm: ints(perm) }), size, count }
}

/** Every head as often as `times`, one behind the other: what several heads of queries share. */
function repeated(context: LayerContext, part: string, of: Heads, times: number, perm: readonly number[]): Heads {
  if (times === 1) return of
  const { lift, name } = context
  const one = lift.node('Unsqueeze', `${name}/${part}/one`, [of.value, lift.numbers('axes', [2])])
  const all = lift.node('Expand', `${name}/${part}/shared`, [
    one,
    lift.numbers(`${name}/${part}/times`, [1, 1, times, 1, 1]),
  ])
  const count = of.count * times
  const dims = perm === keys ? [0, count, of.size, -1] : [0, count, -1, of.size]
  const value = lift.node('Reshape', `${name}/${part}/repeated`, [all, lift.numbers(`${name}/${part}/all`, dims)])
  return { ...of, value, count }
}

/** Queries read only what comes before them: a table below the diagonal, cut to the steps that there are. */
function causally({ lift, name }: LayerContext, scores: Lifted): Lifted {
  const shape = lift.node('Shape', `${name}/shape`, [scores.value])
  const steps = lift.node('Slice', `${name}/steps`, [
    shape,
    lift.numbers('starts', [scores.rank - 2]),
    lift.numbers('ends', [scores.rank]),
    lift.numbers('axes', [0]),
  ])
  const ones = lift.node('ConstantOfShape', `${name}/ones`, [steps], {
    value: { kind: 'tensor', value: { dtype: 'float32', dims: [1], data: Float32Array.of(1) } },
  })
  const past = lift.node('Trilu', `${name}/past`, [ones], { upper: int(0) })
  return where(lift, `${name}/masked`, lift.node('Cast', `${name}/seen`, [past], { to: int(9) }), scores)
}

/** Scores, and next to none where something is not seen. */
function where(lift: Lift, name: string, seen: string, scores: Lifted): Lifted {
  const far = lift.last(lift.scalar(-1e9, `${name}/far`))
  return { ...scores, value: lift.node('Where', name, [seen, scores.value, far]) }
}

const grown = (lift: Lift, name: string, value: string, axes: readonly number[]) =>
  axes.length === 0 ? value : lift.node('Unsqueeze', name, [value, lift.numbers('axes', axes)])

/** What each argument of the call is; masks that lie on values count as given. */
function operandsOf(context: LayerContext) {
  const { inputs, named } = context
  const at = (key: string) => inputs[named.get(key) ?? -1]
  const places = new Set(named.values())
  const plain = inputs.filter((_, i) => !places.has(i))
  const query = at('query') ?? plain[0] ?? context.x
  const value = at('value') ?? plain[1] ?? query
  const key = at('key') ?? plain[2]
  const masks = {
    // Keras 3 goes by the mask that lies on the queries, whatever the call names.
    query: (context.older ? at('query_mask')?.value : undefined) ?? query.mask,
    value: at('value_mask')?.value ?? value.mask,
    key: key && (at('key_mask')?.value ?? key.mask),
  }
  return { query, value, key: key ?? value, masks, table: at('attention_mask') }
}

/** Scores [batch, heads, queries, keys] under every mask that there is. */
function masked(context: LayerContext, scores: Lifted, operands: ReturnType<typeof operandsOf>): Lifted {
  const { lift, name, options } = context
  const { masks, table } = operands
  let seen = options.use_causal_mask === true ? causally(context, scores) : scores
  const along = { query: [1, 3], value: [1, 2], key: [1, 2] } as const
  for (const part of ['query', 'value', 'key'] as const) {
    const mask = masks[part]
    if (mask !== undefined && !(part === 'key' && mask === masks.value))
      seen = where(lift, `${name}/${part}/seen`, grown(lift, `${name}/${part}/mask`, mask, along[part]), seen)
  }
  if (!table) return seen
  if (table.rank < 2 || table.rank > 4)
    return lift.refuse(
      `The mask of the layer "${name}" has ${table.rank} axes, which Espalier does not read; it reads 2 to 4.`,
    )
  const truth = lift.node('Cast', `${name}/table`, [lift.last(table)], { to: int(9) })
  // Heads are added where the mask does not tell them apart.
  return where(lift, `${name}/allowed`, grown(lift, `${name}/table/heads`, truth, table.rank === 3 ? [1] : []), seen)
}

const multiHeadAttention: LayerRule = (context) => {
  const { lift, name, options, config } = context
  if (options.return_attention_scores === true)
    return lift.refuse(`The layer "${name}" returns its scores, which Espalier does not read.`)
  if ((config.use_gate ?? false) !== false || (config.sliding_window ?? null) !== null)
    return lift.refuse(
      `The layer "${name}" gates its answer or sees a sliding window only, which Espalier does not read. Export the network to ONNX.`,
    )
  const operands = operandsOf(context)
  const { query, value, key } = operands
  if ([query, value, key].some((each) => each.rank !== 3))
    return lift.refuse(`The layer "${name}" attends over more than one axis, which Espalier does not read.`)
  const biased = flagIn(context, 'use_bias', true)
  const step = biased ? 2 : 1
  const q = heads(context, 'query', query, 0, biased, queries)
  const shared = (part: string, x: Lifted, at: number, perm: readonly number[]) => {
    const own = heads(context, part, x, at, biased, perm)
    const times = q.count / own.count
    if (!Number.isInteger(times)) lift.invalid(`The weights of the layer "${name}" do not fit one another.`)
    return repeated(context, part, own, times, perm)
  }
  const k = shared('key', key, step, keys)
  const v = shared('value', value, 2 * step, queries)
  const scores: Lifted = {
    value: lift.node('MatMul', `${name}/scores`, [q.value, k.value]),
    rank: 4,
    first: false,
    dtype: 'float',
  }
  const scaled = lift.elementwise('Mul', `${name}/scaled`, [
    scores,
    lift.scalar(1 / Math.sqrt(q.size), `${name}/scale`),
  ])
  const seen = masked(context, scaled, operands)
  const weights = lift.unary('Softmax', `${name}/softmax`, seen, { axis: int(-1) })
  const mixed = lift.node('MatMul', `${name}/mixed`, [weights.value, v.value])
  const turned = lift.node('Transpose', `${name}/joined`, [mixed], { perm: ints([0, 2, 1, 3]) })
  const flat = lift.node('Reshape', `${name}/flat`, [
    turned,
    lift.numbers(`${name}/flat/shape`, [0, 0, v.count * v.size]),
  ])
  const kernel = context.weight(3 * step, 'attention_output/kernel')
  const dims = (kernel.data as TensorData).dims
  const plain = lift.constant(
    kernel.value,
    reshapeTensor(kernel.data as TensorData, [v.count * v.size, dims.at(-1) ?? 0]),
  )
  if (dims.length !== 3 || dims[0] !== v.count || dims[1] !== v.size)
    lift.invalid(`The weights of the layer "${name}" do not fit one another.`)
  const bias = biased ? context.weight(3 * step + 1, 'attention_output/bias') : undefined
  return dense(lift, name, { value: flat, rank: 3, first: false, dtype: 'float' }, plain, bias)
}

/** [batch, queries, keys] of every query beside every key. */
type Scores = (context: LayerContext, query: Lifted, key: Lifted) => Lifted

const products: Scores = (context, query, key) => {
  const { lift, name, config } = context
  const turned = transpose(lift, `${name}/keys`, key, [0, 2, 1])
  const product = lift.node('MatMul', `${name}/scores`, [lift.last(query), lift.last(turned)])
  const scores: Lifted = { value: product, rank: 3, first: false, dtype: 'float' }
  return config.use_scale === true
    ? lift.elementwise('Mul', `${name}/scaled`, [scores, context.weight(0, 'scale')])
    : scores
}

/** Sums of tanh(query + key), each feature with a weight of its own. */
const sums: Scores = (context, query, key) => {
  const { lift, name } = context
  const beside = (x: Lifted, part: string, axis: number): Lifted => ({
    ...x,
    value: grown(lift, `${name}/${part}`, lift.last(x), [axis]),
    rank: 4,
    first: false,
  })
  const both = lift.elementwise('Add', `${name}/both`, [beside(query, 'queries', 2), beside(key, 'keys', 1)])
  const bent = lift.unary('Tanh', `${name}/tanh`, both)
  const scaled = flagIn(context, 'use_scale', true)
    ? lift.elementwise('Mul', `${name}/scaled`, [bent, context.weight(0, 'scale')])
    : bent
  return reduce(lift, 'ReduceSum', `${name}/scores`, scaled, [3], false)
}

/** Scores of queries and keys share out the values; no projections. */
const plainAttention =
  (score: Scores): LayerRule =>
  (context) => {
    const { lift, name, inputs, options, config } = context
    const [query, value = query, key = value] = inputs as readonly [Lifted, Lifted?, Lifted?]
    if (config.score_mode !== undefined && config.score_mode !== 'dot')
      return lift.refuse(`The layer "${name}" scores by ${String(config.score_mode)}, which Espalier does not read.`)
    if (options.return_attention_scores === true)
      return lift.refuse(`The layer "${name}" returns its scores, which Espalier does not read.`)
    if ([query, value, key].some((each) => each.rank !== 3))
      return lift.refuse(`The layer "${name}" attends over more than one axis, which Espalier does not read.`)
    const scores = score(context, query, key)
    const past = options.use_causal_mask === true || config.causal === true ? causally(context, scores) : scores
    const seen =
      value.mask === undefined
        ? past
        : where(lift, `${name}/value/seen`, grown(lift, `${name}/value/mask`, value.mask, [1]), past)
    const shares = lift.unary('Softmax', `${name}/softmax`, seen, { axis: int(-1) })
    const mixed = lift.node('MatMul', name, [shares.value, lift.last(value)])
    const made: Lifted = { value: mixed, rank: 3, first: false, dtype: 'float' }
    return query.mask === undefined ? made : withoutMasked(lift, made, query.mask, `${name}/counted`)
  }

export const attentionLayers: Readonly<Record<string, LayerRule>> = {
  MultiHeadAttention: multiHeadAttention,
  GroupQueryAttention: multiHeadAttention,
  // So called in .h5 files.
  GroupedQueryAttention: multiHeadAttention,
  Attention: plainAttention(products),
  AdditiveAttention: plainAttention(sums),
}
