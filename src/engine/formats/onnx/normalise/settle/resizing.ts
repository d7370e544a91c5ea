/** Scales of a Resize in place of sizes that name the batch. */
import type { GraphNode, Shape } from '../../../../graph/graph'
import { float32, toNumbers } from '../../../../graph/tensor'
import { type Rewriter, withAttributes, withInput } from '../rewriter'
import { isNumber, type Rule } from './rule'

/** Factors of a Resize that give the extents of one of its sizes; undefined where none do exactly. */
export function factorsOfResize(before: Shape, after: Shape): number[] | undefined {
  const factors = after.map((dim, i) => {
    const from = before[i]
    if (typeof dim === 'number' && typeof from === 'number') return Math.fround(dim / from)
    return dim === from ? 1 : Number.NaN
  })
  const exact = factors.every((f, i) => f === 1 || Math.floor((before[i] as number) * f) === after[i])
  return exact ? factors : undefined
}

/** Sizes next to a free batch become scales, where these give the same sizes; named axes (opset 18) become all. */
export const resize: Rule = (node, known, rewriter) => {
  const before = known.shape(node.inputs[0])
  const named = node.attributes.get('axes')
  if (named?.kind === 'ints' && before) return spreadAxes(node, named.value, before, rewriter)
  const after = known.shape(node.outputs[0])
  if (!node.inputs[3] || !before || !after) return node
  if (after.every(isNumber)) {
    return rewriter.constant(node.inputs[3]) ? node : withInput(node, 3, rewriter.addInts(node, 'sizes', after))
  }
  const factors = factorsOfResize(before, after)
  if (!factors) return node
  const scales = rewriter.addConstant(`${node.name}/scales`, float32([factors.length], factors))
  return withInput({ ...node, inputs: node.inputs.slice(0, 2) }, 2, scales)
}

function spreadAxes(node: GraphNode, axes: readonly number[], shape: Shape, rewriter: Rewriter): GraphNode {
  const rank = shape.length
  const at = axes.map((axis) => (axis < 0 ? axis + rank : axis))
  const scales = rewriter.constant(node.inputs[2])
  const sizes = rewriter.constant(node.inputs[3])
  const region = rewriter.constant(node.inputs[1])
  let result = withAttributes(node, { axes: undefined })
  if (region && region.data.length === 2 * axes.length) {
    const given = toNumbers(region)
    const part = (from: number) =>
      Array.from({ length: rank }, (_, i) =>
        at.includes(i) ? (given[from + at.indexOf(i)] as number) : Number(from > 0),
      )
    const full = [...part(0), ...part(axes.length)]
    result = withInput(result, 1, rewriter.addConstant(`${node.name}/region`, float32([2 * rank], full)))
  }
  if (scales) {
    const full = Array.from({ length: rank }, (_, i) =>
      at.includes(i) ? (toNumbers(scales)[at.indexOf(i)] as number) : 1,
    )
    result = withInput(result, 2, rewriter.addConstant(`${node.name}/scales`, float32([rank], full)))
  }
  if (sizes) {
    const full = shape.map((dim, i) => (at.includes(i) ? (toNumbers(sizes)[at.indexOf(i)] as number) : dim))
    if (!full.every(isNumber)) return node
    result = withInput(result, 3, rewriter.addInts(node, 'sizes', full))
  }
  return result
}
