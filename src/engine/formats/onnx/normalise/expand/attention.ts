/** Fused attention as projections, heads, scores and Softmax, so that whole heads can be coupled, run and removed. */
import { type Dim, numberAttribute } from '../../../../graph/graph'
import { attention, groupQueryAttention, multiHeadAttention } from './microsoft'
import {
  additive,
  attend,
  behind,
  causal,
  featuresOf,
  fromHeads,
  type Operands,
  type ShapedRule,
  shapeOf,
  toHeads,
  total,
} from './parts'
import { fusedMatMul, normaliseSeveral } from './plain'
import { rotaryEmbedding } from './rotary'

/** Attention of opset 23 on: 3-D with head counts, or 4-D. */
const standardAttention: ShapedRule = (into, known) => {
  const { node, rewriter } = into
  if (into.has(6) || (node.outputs[3] ?? '') !== '')
    rewriter.unsupported(node, 'passes its scores on or counts the steps of each sample, which is not supported.')
  const [query, key] = [0, 1].map((i) => shapeOf(into, known, i)) as [readonly Dim[], readonly Dim[]]
  const flat = query.length === 3
  const heads = flat ? numberAttribute(node, 'q_num_heads', 1) : featuresOf(into, query, 1)
  const keyHeads = flat ? numberAttribute(node, 'kv_num_heads', 1) : featuresOf(into, key, 1)
  const width = flat ? featuresOf(into, query, -1) / heads : featuresOf(into, query, -1)
  const [q, ...both] = [0, 1, 2].map((i) =>
    flat ? toHeads(into, into.input(i), i === 0 ? heads : keyHeads) : into.input(i),
  ) as [string, string, string]
  const [k, v] = both.map((value, i) => behind(into, into.input(4 + i), value)) as [string, string]
  const operands: Operands = { q, k, v }
  into.result(k, 1)
  into.result(v, 2)
  let mask = ''
  if (into.has(3)) mask = known.dtype(into.input(3)) === 'bool' ? additive(into, into.input(3)) : into.input(3)
  if (numberAttribute(node, 'is_causal', 0) === 1) {
    const past = known.shape(into.input(4))
    const [queries, keys] = [query, key].map((shape) => shape[flat ? 1 : 2]) as [Dim, Dim]
    // The first query reads the first key, and what was kept from earlier calls.
    const before = past ? (past[2] as Dim) : 0
    mask = into.add(mask, causal(into, operands, { queries, keys: total(past, 2, keys), before }))
  }
  const scale = numberAttribute(node, 'scale', 0) || 1 / Math.sqrt(width)
  const options = { heads, keyHeads, scale, mask, softcap: numberAttribute(node, 'softcap', 0) }
  const result = attend(into, operands, options)
  into.result(flat ? fromHeads(into, result) : result)
}

/** By domain and operator; they wait until the shapes of their inputs are known. */
export const shapedExpansions: Readonly<Record<string, ShapedRule>> = {
  'com.microsoft::MultiHeadAttention': multiHeadAttention,
  'com.microsoft::Attention': attention,
  'com.microsoft::GroupQueryAttention': groupQueryAttention,
  '::Attention': standardAttention,
  'com.microsoft::RotaryEmbedding': rotaryEmbedding,
  '::RotaryEmbedding': rotaryEmbedding,
  '::RMSNormalization': normaliseSeveral,
  'com.microsoft::FusedMatMul': fusedMatMul,
  'com.microsoft::TransposeMatMul': fusedMatMul,
}
