/** MultiHeadAttention spelled out, so that its heads and inner channels are seen. */

import { int, ints } from '../../../graph/graph'
import type { TensorData } from '../../../graph/tensor'
import type { Lifted } from '../../lift/builder'
import { reshapeTensor } from '../../lift/layout'
import { dense, transpose } from '../../lift/operators'
import { flagIn, type LayerContext, type LayerRule } from './rule'

/** A projection to [batch, heads, steps, size]; the keys as [batch, heads, size, steps]. */
function heads(
  context: LayerContext,
  part: string,
  x: Lifted,
  at: number,
  biased: boolean,
  perm: readonly number[],
): { value: string; size: number; count: number } {
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

/** Queries read only what comes before them: a table below the diagonal, cut to the steps that there are. */
function causally({ lift, name }: LayerContext, scores: Lifted): Lifted {
  const shape = lift.node('Shape', `${name}/shape`, [scores.value])
  const steps = lift.node('Slice', `${name}/steps`, [
    shape,
    lift.numbers('starts', [2]),
    lift.numbers('ends', [4]),
    lift.numbers('axes', [0]),
  ])
  const ones = lift.node('ConstantOfShape', `${name}/ones`, [steps], {
    value: { kind: 'tensor', value: { dtype: 'float32', dims: [1], data: Float32Array.of(1) } },
  })
  const past = lift.node('Trilu', `${name}/past`, [ones], { upper: int(0) })
  const seen = lift.node('Cast', `${name}/seen`, [past], { to: int(9) })
  const far = lift.last(lift.scalar(-1e9, `${name}/far`))
  return { ...scores, value: lift.node('Where', `${name}/masked`, [seen, scores.value, far]) }
}

const multiHeadAttention: LayerRule = (context) => {
  const { lift, name, inputs, options } = context
  const masked = ['query_mask', 'value_mask', 'key_mask', 'attention_mask'].find(
    (key) => options[key] !== undefined && options[key] !== null,
  )
  if (masked) {
    return lift.refuse(
      `The layer "${name}" is called with ${masked}, which Espalier does not read from Keras files. Export the network to ONNX.`,
    )
  }
  if (options.return_attention_scores === true)
    return lift.refuse(`The layer "${name}" returns its scores, which Espalier does not read.`)
  const query = context.x
  const value = inputs[1] ?? query
  const key = inputs[2] ?? value
  if ([query, value, key].some((each) => each.rank !== 3))
    return lift.refuse(`The layer "${name}" attends over more than one axis, which Espalier does not read.`)
  const biased = flagIn(context, 'use_bias', true)
  const step = biased ? 2 : 1
  const q = heads(context, 'query', query, 0, biased, [0, 2, 1, 3])
  const k = heads(context, 'key', key, step, biased, [0, 2, 3, 1])
  const v = heads(context, 'value', value, 2 * step, biased, [0, 2, 1, 3])
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
  const seen = options.use_causal_mask === true ? causally(context, scaled) : scaled
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

/** Products of queries and keys share out the values; no projections, and at most one number as scale. */
const dotAttention: LayerRule = (context) => {
  const { lift, name, inputs, options, config } = context
  const [query, value = query, key = value] = inputs as readonly [Lifted, Lifted?, Lifted?]
  if (config.score_mode !== undefined && config.score_mode !== 'dot')
    return lift.refuse(`The layer "${name}" scores by ${String(config.score_mode)}, which Espalier does not read.`)
  if (options.return_attention_scores === true || options.use_causal_mask === true)
    return lift.refuse(`The layer "${name}" returns its scores or masks what follows, which Espalier does not read.`)
  if ([query, value, key].some((each) => each.rank !== 3))
    return lift.refuse(`The layer "${name}" attends over more than one axis, which Espalier does not read.`)
  const turned = transpose(lift, `${name}/keys`, key, [0, 2, 1])
  const product = lift.node('MatMul', `${name}/scores`, [lift.last(query), lift.last(turned)])
  const scores: Lifted = { value: product, rank: 3, first: false, dtype: 'float' }
  const scaled =
    config.use_scale === true ? lift.elementwise('Mul', `${name}/scaled`, [scores, context.weight(0, 'scale')]) : scores
  const shares = lift.unary('Softmax', `${name}/softmax`, scaled, { axis: int(-1) })
  return { ...scores, value: lift.node('MatMul', name, [shares.value, lift.last(value)]) }
}

export const attentionLayers: Readonly<Record<string, LayerRule>> = {
  MultiHeadAttention: multiHeadAttention,
  Attention: dotAttention,
}
