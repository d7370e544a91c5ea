/** Attention of ONNX Runtime's own domain: Attention, MultiHeadAttention, GroupQueryAttention. */
import { say } from '../../../../../contract/sentences'
import { type Dim, int, numberAttribute, numbersAttribute, type Shape } from '../../../../graph/graph'
import type { Known } from '../known'
import type { Expansion } from './expansion'
import {
  additive,
  attend,
  behind,
  biasPart,
  causal,
  featuresOf,
  fillWhere,
  fromHeads,
  type Operands,
  parts,
  type ShapedRule,
  shapeOf,
  toHeads,
  total,
  unpacked,
} from './parts'
import { rotate, rowsAt } from './rotary'

/** Masks of padding: [batch] lengths, [batch, keys] or [batch, queries, keys] of 1 and 0. */
function padding(into: Expansion, known: Known, i: number, keys: string): string {
  const mask = into.input(i)
  if (mask === '') return ''
  const rank = known.shape(mask)?.length
  const filling = numberAttribute(into.node, 'mask_filter_value', -10000)
  if (rank === 2) return additive(into, into.one('Unsqueeze', [mask, into.sizes([1, 2])]), filling)
  if (rank === 3) return additive(into, into.one('Unsqueeze', [mask, into.sizes([1])]), filling)
  if (rank !== 1) return into.rewriter.unsupported(into.node, 'has a mask of a form that is not supported.')
  const count = into.one('Gather', [into.one('Shape', [keys]), into.integer(2)])
  const at = into.one('Cast', [into.one('Range', [into.integer(0), count, into.integer(1)])], { to: int(6) })
  const within = into.one('Less', [at, into.one('Unsqueeze', [mask, into.sizes([1, 2, 3])])])
  return fillWhere(into, within, filling)
}

interface Lengths {
  readonly queries: Dim
  readonly keys: Dim
}

/** What Attention and MultiHeadAttention share: masks, scores and the way back from heads. */
function finish(
  into: Expansion,
  known: Known,
  operands: Operands,
  mask: number,
  width: number,
  lengths: Lengths,
): void {
  const { node } = into
  const heads = numberAttribute(node, 'num_heads', 1)
  let added = into.add(into.input(5), padding(into, known, mask, operands.k))
  if (numberAttribute(node, 'unidirectional', 0) === 1) {
    const { queries, keys } = lengths
    const before = typeof queries === 'number' && typeof keys === 'number' ? keys - queries : 'before'
    added = into.add(added, causal(into, operands, { queries, keys, before }))
  }
  const scale = numberAttribute(node, 'scale', 0) || 1 / Math.sqrt(width / heads)
  into.result(fromHeads(into, attend(into, operands, { heads, keyHeads: heads, scale, mask: added })))
}

export const multiHeadAttention: ShapedRule = (into, known) => {
  const { node, rewriter } = into
  const heads = numberAttribute(node, 'num_heads', 1)
  const shape = shapeOf(into, known, 0)
  const flip = (value: string) => into.transpose(value, [0, 2, 1, 3])
  const bias = into.input(3)
  if (into.has(8) || into.has(9)) rewriter.unsupported(node, 'shares its cache between calls, which is not supported.')
  if (bias !== '' && (shape.length !== 3 || !into.has(2)))
    rewriter.unsupported(node, 'adds a bias to packed operands, which is not supported.')
  let operands: Operands
  let width: number
  let keys: Dim
  if (shape.length === 5) {
    const [q, k, v] = unpacked(into, into.input(0), 3, 3).map(flip) as [string, string, string]
    operands = { q, k, v }
    width = heads * featuresOf(into, shape, -1)
    keys = shape[1] as Dim
  } else {
    width = featuresOf(into, shape, -1)
    const first = known.shape(into.input(1)) ?? rewriter.unsupported(node, 'has no keys.')
    const part = (i: number, from: number, to: number): string =>
      bias === '' ? into.input(i) : into.add(into.input(i), biasPart(into, bias, from, to))
    const q = toHeads(into, part(0, 0, width), heads)
    if (first.length === 5) {
      const [k, v] = unpacked(into, into.input(1), 3, 2).map(flip) as [string, string]
      operands = { q, k, v }
    } else {
      const values = shapeOf(into, known, 2)
      // Keys and values of cross attention may come with their heads already.
      const k = first.length === 4 ? into.input(1) : toHeads(into, part(1, width, 2 * width), heads)
      const end = 2 * width + (values.length === 4 ? 0 : featuresOf(into, values, -1))
      const v = values.length === 4 ? into.input(2) : toHeads(into, part(2, 2 * width, end), heads)
      operands = { q, k, v }
    }
    keys = first[first.length === 4 ? 2 : 1] as Dim
  }
  const k = behind(into, into.input(6), operands.k)
  const v = behind(into, into.input(7), operands.v)
  into.result(k, 1)
  into.result(v, 2)
  const lengths = { queries: shape[1] as Dim, keys: total(known.shape(into.input(6)), 2, keys) }
  finish(into, known, { q: operands.q, k, v }, 4, width, lengths)
}

/** Projects to query, key and value first. */
export const attention: ShapedRule = (into, known) => {
  const { node, rewriter } = into
  const heads = numberAttribute(node, 'num_heads', 1)
  if (into.has(6) || numberAttribute(node, 'do_rotary', 0) === 1)
    rewriter.unsupported(node, 'shares its cache between calls or turns its features, which is not supported.')
  const all = featuresOf(into, shapeOf(into, known, 1), -1)
  const given = numbersAttribute(node, 'qkv_hidden_sizes', undefined)
  const sizes = given?.length === 3 ? given : [all / 3, all / 3, all / 3]
  const product = into.add(into.one('MatMul', [into.input(0), into.input(1)]), into.has(2) ? into.input(2) : '')
  const [q, ...both] = parts(into, product, 2, sizes).map((name) => toHeads(into, name, heads)) as [
    string,
    string,
    string,
  ]
  const past = into.input(4)
  const earlier = past === '' ? ['', ''] : unpacked(into, past, 0, 2)
  const [k, v] = both.map((value, i) => behind(into, earlier[i] as string, value)) as [string, string]
  if ((node.outputs[1] ?? '') !== '') {
    const stacked = [k, v].map((value) => into.one('Unsqueeze', [value, into.sizes([0])]))
    into.result(into.one('Concat', stacked, { axis: int(0) }), 1)
  }
  const queries = shapeOf(into, known, 0)[1] as Dim
  const lengths = { queries, keys: total(known.shape(past), 3, queries) }
  finish(into, known, { q, k, v }, 3, sizes[0] as number, lengths)
}

/** The three operands of [batch, length, heads * features], packed or apart. */
function groupedOperands(
  into: Expansion,
  shape: Shape,
  heads: number,
  keyHeads: number,
): [string, string, string, number] {
  const packed = !into.has(1)
  const width = featuresOf(into, shape, -1)
  const features = width / (packed ? heads + 2 * keyHeads : heads)
  const [q, k, v] = packed
    ? parts(into, into.input(0), 2, [heads * features, keyHeads * features, keyHeads * features])
    : [into.input(0), into.input(1), into.input(2)]
  return [q as string, k as string, v as string, features]
}

/** Heads of queries in groups that share a head of keys; always causal, with rotary positions of its own. */
export const groupQueryAttention: ShapedRule = (into, known) => {
  const { node, rewriter } = into
  const [heads, keyHeads] = ['num_heads', 'kv_num_heads'].map((name) => numberAttribute(node, name, 1)) as [
    number,
    number,
  ]
  const plain = ['smooth_softmax', 'qk_output', 'kv_cache_bit_width'].every(
    (name) => numberAttribute(node, name, 0) <= 0,
  )
  if (!plain || node.inputs.slice(11).some((input) => input !== ''))
    rewriter.unsupported(node, 'smooths its scores or stores its cache in few bits, which is not supported.')
  const shape = shapeOf(into, known, 0)
  const [queries, keys, values, features] = groupedOperands(into, shape, heads, keyHeads)
  const length = shape[1] as Dim
  const past = known.shape(into.input(3))
  let [q, k] = [into.reshape(queries, [0, 0, heads, features]), into.reshape(keys, [0, 0, keyHeads, features])]
  if (numberAttribute(node, 'do_rotary', 0) === 1) {
    let positions = into.input(9)
    if (positions === '') {
      const extent = (value: string, axis: number) =>
        into.one('Gather', [into.one('Shape', [value]), into.integer(axis)])
      const from = past ? extent(into.input(3), 2) : into.integer(0)
      const to = into.one('Add', [from, extent(into.input(0), 1)])
      positions = into.one('Unsqueeze', [into.one('Range', [from, to, into.integer(1)]), into.sizes([0])])
    }
    const [cos, sin] = [7, 8].map((i) => rowsAt(into, into.input(i), positions, 2)) as [string, string]
    const turned = 2 * featuresOf(into, shapeOf(into, known, 7), -1)
    const interleaved = numberAttribute(node, 'rotary_interleaved', 0) === 1
    const turn = (x: string) => rotate(into, x, { cos, sin, features, turned, interleaved })
    ;[q, k] = [turn(q), turn(k)]
  }
  const flip = (value: string) => into.transpose(value, [0, 2, 1, 3])
  const operands: Operands = {
    q: flip(q),
    k: behind(into, into.input(3), flip(k)),
    v: behind(into, into.input(4), toHeads(into, values, keyHeads)),
  }
  into.result(operands.k, 1)
  into.result(operands.v, 2)
  const window = numberAttribute(node, 'local_window_size', -1)
  const mask = causal(into, operands, {
    queries: length,
    keys: total(past, 2, length),
    before: past ? (past[2] as Dim) : 0,
    window: window > 0 ? window : undefined,
  })
  const scale = numberAttribute(node, 'scale', 0) || 1 / Math.sqrt(features)
  const softcap = numberAttribute(node, 'softcap', 0)
  const options = { heads, keyHeads, scale, mask: into.add(into.input(10), mask), softcap }
  into.result(fromHeads(into, attend(into, operands, options)))
  rewriter.notes.push(say('model.same-lengths', { op: node.op, node: node.name }))
}
