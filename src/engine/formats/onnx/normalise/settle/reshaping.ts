/** Target shapes that were computed: constants where they are known, so that any batch fits. */
import { type GraphNode, numberAttribute, type Shape } from '../../../../graph/graph'
import { toNumbers } from '../../../../graph/tensor'
import { type Rewriter, withAttributes, withInput } from '../rewriter'
import { turnReshape } from '../turned-reshape'
import { isNumber, type Rule } from './rule'

/** A target shape whose symbols are copied (0) or left over (-1), so that any batch fits. */
export const reshape: Rule = (node, known, rewriter) => {
  const before = known.shape(node.inputs[0])
  const after = known.shape(node.outputs[0])
  const constant = rewriter.constant(node.inputs[1])
  if (!before || !after || after.every(isNumber)) return constant || !after ? node : fixedReshape(node, after, rewriter)
  const wanted = after.map((dim, i) => (isNumber(dim) ? dim : dim === before[i] ? 0 : -1))
  const zeros = wanted.some((dim, i) => dim === 0 && isNumber(after[i]))
  if (zeros) return node
  if (wanted.filter((dim) => dim === -1).length > 1) {
    return !constant && turnReshape(node, before, after, rewriter) ? undefined : node
  }
  const old = constant && toNumbers(constant)
  // A -1 in the file is as good, and is kept.
  const fits = old?.every((dim, i) => dim === wanted[i] || dim === -1)
  if (fits && numberAttribute(node, 'allowzero', 0) === 0) return node
  const target = rewriter.addInts(node, 'shape', wanted)
  return withInput(withAttributes(node, { allowzero: undefined }), 1, target)
}

const fixedReshape = (node: GraphNode, after: Shape, rewriter: Rewriter): GraphNode =>
  after.includes(0) ? node : withInput(node, 1, rewriter.addInts(node, 'shape', after as number[]))
