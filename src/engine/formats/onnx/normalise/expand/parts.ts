/** What every form of fused attention is made of: heads, keys of earlier calls, masks, scores. */
import { type Dim, int, type Shape } from '../../../../graph/graph'
import { addDims } from '../../../../ops/extents'
import type { Known } from '../known'
import type { Expansion } from './expansion'

export type ShapedRule = (into: Expansion, known: Known) => void

export interface Operands {
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

export const shapeOf = (into: Expansion, known: Known, i: number): Shape =>
  known.shape(into.input(i)) ?? into.rewriter.unsupported(into.node, `has an input ${i} whose shape is not known.`)

/** @throws MODEL_UNSUPPORTED_FEATURE where the extent is not a number */
export function featuresOf(into: Expansion, shape: Shape, axis: number): number {
  const extent = shape.at(axis)
  return typeof extent === 'number'
    ? extent
    : into.rewriter.unsupported(into.node, 'has heads whose width is not known.')
}

export const toHeads = (into: Expansion, value: string, heads: number): string =>
  into.transpose(into.reshape(value, [0, 0, heads, -1]), [0, 2, 1, 3])

export const fromHeads = (into: Expansion, value: string): string =>
  into.reshape(into.transpose(value, [0, 2, 1, 3]), [0, 0, -1])

/** Keys or values of earlier calls in front of the new ones, along the steps. */
export const behind = (into: Expansion, past: string, value: string): string =>
  past === '' ? value : into.one('Concat', [past, value], { axis: int(2) })

/** Every key head serves a run of query heads. */
function repeatHeads(into: Expansion, value: string, times: number): string {
  if (times === 1) return value
  const wide = into.one('Unsqueeze', [value, into.sizes([2])])
  const stretched = into.one('Expand', [wide, into.sizes([1, 1, times, 1, 1])])
  // Extents 0, 3 and 4 are those of the value; the heads are what is left.
  const shape = into.one('Shape', [value])
  const at = (i: number) => into.one('Gather', [shape, into.sizes([i])])
  const target = into.one('Concat', [at(0), into.sizes([-1]), at(2), at(3)], { axis: int(0) })
  return into.one('Reshape', [stretched, target])
}

export function attend(into: Expansion, { q, k, v }: Operands, options: Options): string {
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

/** Where a truth value is false, a number far below every score. */
export const fillWhere = (into: Expansion, allowed: string, filling = into.lowest()): string =>
  into.one('Where', [allowed, into.scalar(0), into.scalar(filling)])

/** A mask of 1 (read) and 0, of any type, as a number to add to the scores. */
export const additive = (into: Expansion, mask: string, filling?: number): string =>
  fillWhere(into, into.one('Cast', [mask], { to: int(9) }), filling)

interface Span {
  readonly queries: Dim
  readonly keys: Dim
  /** How many keys come before the first query's own. */
  readonly before: Dim
  /** How many keys a query reads at most, its own included. */
  readonly window?: number | undefined
}

/** Queries read only what comes before them: a table where the lengths are known, else computed from the operands. */
export function causal(into: Expansion, { q, k }: Omit<Operands, 'v'>, span: Span): string {
  const { queries, keys, before, window = Number.POSITIVE_INFINITY } = span
  if (typeof queries === 'number' && typeof keys === 'number' && typeof before === 'number') {
    const values = Array.from({ length: queries * keys }, (_, i) => {
      const last = Math.floor(i / keys) + before
      const key = i % keys
      return key > last || key <= last - window ? into.lowest() : 0
    })
    return into.numbers('causal', [queries, keys], values)
  }
  const extent = (value: string, axis: number) => into.one('Gather', [into.one('Shape', [value]), into.integer(axis)])
  const rows = extent(q, 2)
  const columns = extent(k, 2)
  const at = into.one('Range', [into.integer(0), columns, into.integer(1)])
  const from = typeof before === 'number' ? into.integer(before) : into.one('Sub', [columns, rows])
  const to = into.one('Range', [from, into.one('Add', [from, rows]), into.integer(1)])
  const last = into.one('Unsqueeze', [to, into.sizes([1])])
  let allowed = into.one('LessOrEqual', [at, last])
  if (Number.isFinite(window)) {
    const near = into.one('Greater', [at, into.one('Sub', [last, into.integer(window)])])
    allowed = into.one('And', [allowed, near])
  }
  return fillWhere(into, allowed)
}

/** The keys' extent where `past` steps come before `length` new ones. */
export const total = (past: Shape | undefined, axis: number, length: Dim): Dim =>
  past ? addDims(past[axis] as Dim, length) : length

/** Some of a fused bias. */
export const biasPart = (into: Expansion, bias: string, from: number, to: number): string =>
  into.one('Slice', [bias, into.sizes([from]), into.sizes([to]), into.sizes([0])])

/** Parts of a value along one axis. */
export function parts(into: Expansion, value: string, axis: number, sizes: readonly number[]): string[] {
  const names = sizes.map((_, i) => into.rewriter.fresh(`${into.node.name}/part_${i}`))
  into.many('Split', [value, into.sizes(sizes)], { axis: int(axis) }, names)
  return names
}

/** Steps of a packed projection: one axis that holds query, key and value. */
export const unpacked = (into: Expansion, value: string, axis: number, count: number): string[] =>
  parts(into, value, axis, Array<number>(count).fill(1)).map((part) => into.one('Squeeze', [part, into.sizes([axis])]))
