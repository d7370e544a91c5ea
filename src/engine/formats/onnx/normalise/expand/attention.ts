/** Fused attention as projections, heads, scores and Softmax, so that whole heads can be coupled, run and removed. */
import { int, numberAttribute, numbersAttribute, type Shape } from '../../../../graph/graph'
import { float32 } from '../../../../graph/tensor'
import type { Known } from '../settle'
import type { Expansion } from './expansion'

type Rule = (into: Expansion, known: Known) => void

const isNumber = (dim: unknown): dim is number => typeof dim === 'number'

interface Operands {
  /** [batch, heads, length, features] each. */
  readonly q: string
  readonly k: string
  readonly v: string
}

interface Options {
  readonly heads: number
  readonly keyHeads: number
  readonly scale: number
  /** Added to the scores; '' for none. */
  readonly mask: string
  readonly softcap?: number
}

const toHeads = (into: Expansion, value: string, heads: number): string =>
  into.transpose(into.reshape(value, [0, 0, heads, -1]), [0, 2, 1, 3])

const fromHeads = (into: Expansion, value: string): string =>
  into.reshape(into.transpose(value, [0, 2, 1, 3]), [0, 0, -1])

/** Every key head serves a run of query heads. */
function repeatHeads(into: Expansion, value: string, times: number): string {
  if (times === 1) return value
  const wide = into.one('Unsqueeze', [value, into.sizes([2])])
  const stretched = into.one('Expand', [wide, into.sizes([1, 1, times, 1, 1])])
  // Extents 0, 3 and 4 are those of the value; the heads are what is left.
  return into.one('Reshape', [stretched, into.one('Concat', headParts(into, value), { axis: int(0) })])
}

function headParts(into: Expansion, value: string): string[] {
  const shape = into.one('Shape', [value])
  const at = (i: number) => into.one('Gather', [shape, into.sizes([i])])
  return [at(0), into.sizes([-1]), at(2), at(3)]
}

function attend(into: Expansion, { q, k, v }: Operands, options: Options): string {
  const times = options.heads / options.keyHeads
  const keys = into.transpose(repeatHeads(into, k, times), [0, 1, 3, 2])
  let scores = into.one('Mul', [into.one('MatMul', [q, keys]), into.scalar(options.scale)])
  if (options.softcap) {
    const cap = into.scalar(options.softcap)
    scores = into.one('Mul', [into.one('Tanh', [into.one('Div', [scores, cap])]), cap])
  }
  if (options.mask !== '') scores = into.one('Add', [scores, options.mask])
  return into.one('MatMul', [into.softmax(scores), repeatHeads(into, v, times)])
}

/** A mask of 1 (read) and 0 as a number to add to the scores. */
function additive(into: Expansion, mask: string, filling: number): string {
  const ones = into.one('Cast', [mask], { to: int(1) })
  const inverse = into.one('Sub', [into.scalar(1), ones])
  return into.one('Mul', [inverse, into.scalar(filling)])
}

/** [batch, length] of 1 and 0, over heads and queries. */
const paddingMask = (into: Expansion, mask: string, filling: number): string =>
  additive(into, into.one('Unsqueeze', [mask, into.sizes([1, 2])]), filling)

/** Queries read only what comes before them. */
function causal(into: Expansion, rows: unknown, columns: unknown): string {
  if (!isNumber(rows) || !isNumber(columns)) {
    return into.rewriter.unsupported(
      into.node,
      'masks the future of a sequence whose length is not known. Export it with a fixed length.',
    )
  }
  const values = Float32Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) + columns - rows ? -1e9 : 0,
  )
  return into.rewriter.addConstant(`${into.node.name}/causal`, float32([rows, columns], values))
}

const shapeOf = (into: Expansion, known: Known, i: number): Shape =>
  known.shape(into.input(i)) ?? into.rewriter.unsupported(into.node, `has an input ${i} whose shape is not known.`)

const featuresOf = (into: Expansion, shape: Shape, axis: number): number => {
  const extent = shape.at(axis)
  return isNumber(extent) ? extent : into.rewriter.unsupported(into.node, 'has heads whose width is not known.')
}

/** Some of the fused bias. */
function biasPart(into: Expansion, bias: string, from: number, to: number): string {
  return into.one('Slice', [bias, into.sizes([from]), into.sizes([to]), into.sizes([0])])
}

/** What ONNX Runtime's attention operators share from here on: masks, past, presents and the way back. */
function microsoft(
  into: Expansion,
  { q, k, v }: Operands,
  masks: { readonly padding: string; readonly paddingShape: Shape | undefined; readonly bias: string },
  width: number,
  lengths: readonly [unknown, unknown],
): void {
  const { node, rewriter } = into
  const heads = numberAttribute(node, 'num_heads', 1)
  const filling = numberAttribute(node, 'mask_filter_value', -10000)
  let mask = masks.bias
  if (masks.padding !== '') {
    const rank = masks.paddingShape?.length
    if (rank !== 2)
      rewriter.unsupported(node, 'has a mask that is not of shape [batch, length], which is not supported.')
    mask = into.add(mask, paddingMask(into, masks.padding, filling))
  }
  if (numberAttribute(node, 'unidirectional', 0) === 1) mask = into.add(mask, causal(into, ...lengths))
  const scale = numberAttribute(node, 'scale', 0) || 1 / Math.sqrt(width / heads)
  into.result(fromHeads(into, attend(into, { q, k, v }, { heads, keyHeads: heads, scale, mask })))
}

const multiHeadAttention: Rule = (into, known) => {
  const { node, rewriter } = into
  const heads = numberAttribute(node, 'num_heads', 1)
  const shape = shapeOf(into, known, 0)
  if (shape.length !== 3 || !into.has(1) || !into.has(2)) {
    rewriter.unsupported(node, 'takes its query, key and value packed together, which is not supported.')
  }
  if (into.has(6) || into.has(7))
    rewriter.unsupported(node, 'reads keys and values of earlier calls, which is not supported.')
  const width = featuresOf(into, shape, -1)
  const [keys, values] = [shapeOf(into, known, 1), shapeOf(into, known, 2)]
  const bias = into.input(3)
  const part = (i: number, from: number, to: number): string =>
    bias === '' ? into.input(i) : into.add(into.input(i), biasPart(into, bias, from, to))
  const q = toHeads(into, part(0, 0, width), heads)
  // Keys and values of cross attention may come with their heads already.
  const k = keys.length === 4 ? into.input(1) : toHeads(into, part(1, width, 2 * width), heads)
  const v =
    values.length === 4
      ? into.input(2)
      : toHeads(into, part(2, 2 * width, 2 * width + featuresOf(into, values, -1)), heads)
  into.result(k, 1)
  into.result(v, 2)
  const padding = into.input(4)
  const masks = { padding, paddingShape: padding === '' ? undefined : known.shape(padding), bias: into.input(5) }
  microsoft(into, { q, k, v }, masks, width, [shape[1], keys.at(keys.length === 4 ? 2 : 1)])
}

/** Projects to query, key and value first. */
const attention: Rule = (into, known) => {
  const { node, rewriter } = into
  const heads = numberAttribute(node, 'num_heads', 1)
  if (into.has(4) || (node.outputs[1] ?? '') !== '') {
    rewriter.unsupported(node, 'keeps keys and values between calls, which is not supported.')
  }
  const total = featuresOf(into, shapeOf(into, known, 1), -1)
  const given = numbersAttribute(node, 'qkv_hidden_sizes', undefined)
  const sizes = given?.length === 3 ? given : [total / 3, total / 3, total / 3]
  const product = into.add(into.one('MatMul', [into.input(0), into.input(1)]), into.has(2) ? into.input(2) : '')
  const names = ['q', 'k', 'v'].map((role) => rewriter.fresh(`${node.name}/${role}`))
  into.many('Split', [product, into.sizes(sizes)], { axis: int(-1) }, names)
  const [q, k, v] = names.map((name) => toHeads(into, name, heads)) as [string, string, string]
  const padding = into.input(3)
  const masks = { padding, paddingShape: padding === '' ? undefined : known.shape(padding), bias: into.input(5) }
  const length = shapeOf(into, known, 0)[1]
  microsoft(into, { q, k, v }, masks, sizes[0] as number, [length, length])
}

/** Attention of opset 23: 3-D with head counts, or 4-D. */
const standardAttention: Rule = (into, known) => {
  const { node, rewriter } = into
  if (into.has(4) || into.has(5) || node.outputs.slice(1).some((output) => output !== '')) {
    rewriter.unsupported(node, 'keeps keys and values between calls or passes its scores on, which is not supported.')
  }
  const shapes = [0, 1, 2].map((i) => shapeOf(into, known, i)) as [Shape, Shape, Shape]
  const flat = shapes[0].length === 3
  const heads = flat ? numberAttribute(node, 'q_num_heads', 1) : featuresOf(into, shapes[0], 1)
  const keyHeads = flat ? numberAttribute(node, 'kv_num_heads', 1) : featuresOf(into, shapes[1], 1)
  const width = flat ? featuresOf(into, shapes[0], -1) / heads : featuresOf(into, shapes[0], -1)
  const [q, k, v] = [0, 1, 2].map((i) =>
    flat ? toHeads(into, into.input(i), i === 0 ? heads : keyHeads) : into.input(i),
  ) as [string, string, string]
  let mask = ''
  if (into.has(3)) mask = known.dtype(into.input(3)) === 'bool' ? additive(into, into.input(3), -1e9) : into.input(3)
  if (numberAttribute(node, 'is_causal', 0) === 1)
    mask = into.add(mask, causal(into, shapes[0].at(-2 + Number(flat)), shapes[1].at(-2 + Number(flat))))
  const scale = numberAttribute(node, 'scale', 0) || 1 / Math.sqrt(width)
  const result = attend(
    into,
    { q, k, v },
    { heads, keyHeads, scale, mask, softcap: numberAttribute(node, 'softcap', 0) },
  )
  into.result(flat ? fromHeads(into, result) : result)
}

/** Turns pairs of features by an angle of their position; the tables hold one number a pair. */
const rotaryEmbedding: Rule = (into, known) => {
  const { node, rewriter } = into
  const shape = shapeOf(into, known, 0)
  const standard = node.domain === ''
  const [cosTable, sinTable, ids] = standard ? [1, 2, 3] : [2, 3, 1]
  if (numberAttribute(node, 'interleaved', 0) === 1 || numberAttribute(node, 'rotary_embedding_dim', 0) !== 0) {
    rewriter.unsupported(node, 'turns interleaved features or some of them only, which is not supported.')
  }
  const flat = shape.length === 3
  const heads = numberAttribute(node, 'num_heads', 0)
  const tableWidth = featuresOf(into, shapeOf(into, known, cosTable as number), -1)
  const count = heads || (flat ? featuresOf(into, shape, -1) / (2 * tableWidth) : 1)
  const x = flat ? into.reshape(into.input(0), [0, 0, count, 2 * tableWidth]) : into.input(0)
  const table = (i: number): string => {
    const picked = into.has(ids as number)
      ? into.one('Gather', [into.input(i), into.input(ids as number)])
      : into.input(i)
    return into.one('Unsqueeze', [picked, into.sizes([flat ? 2 : 1])])
  }
  const [cos, sin] = [table(cosTable as number), table(sinTable as number)]
  const halves = ['first', 'second'].map((role) => rewriter.fresh(`${node.name}/${role}`)) as [string, string]
  into.many('Split', [x, into.sizes([tableWidth, tableWidth])], { axis: int(-1) }, halves)
  const [a, b] = halves
  const real = into.one('Sub', [into.one('Mul', [a, cos]), into.one('Mul', [b, sin])])
  const imaginary = into.one('Add', [into.one('Mul', [b, cos]), into.one('Mul', [a, sin])])
  const turned = into.one('Concat', [real, imaginary], { axis: int(-1) })
  into.result(flat ? into.reshape(turned, [0, 0, -1]) : turned)
}

/** By domain and operator; they wait until the shapes of their inputs are known. */
export const shapedExpansions: Readonly<Record<string, Rule>> = {
  'com.microsoft::MultiHeadAttention': multiHeadAttention,
  'com.microsoft::Attention': attention,
  '::Attention': standardAttention,
  'com.microsoft::RotaryEmbedding': rotaryEmbedding,
  '::RotaryEmbedding': rotaryEmbedding,
}
