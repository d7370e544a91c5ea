/** What needs shapes to become canonical: shape arithmetic turned into constants, padding made explicit, old semantics. */
import type { GraphNode } from '../../../../graph/graph'
import type { TensorData } from '../../../../graph/tensor'
import { fromNumbers } from '../evaluate/numbers'
import { shapedExpansions } from '../expand/attention'
import { Expansion } from '../expand/expansion'
import type { Known } from '../known'
import type { Rewriter } from '../rewriter'
import { viewAsReshape } from '../strided-view'
import { takeBranch } from '../taken-branch'
import { unrollLoop, unrollScan } from '../unrolled'
import { groupNormalization, softmax } from './older-meanings'
import { pad, reversed, slice, split, splitToSequence } from './pieces'
import { recurrent } from './recurrence'
import { reshape } from './reshaping'
import { resize } from './resizing'
import { isNumber, type Rule } from './rule'
import { expand, filled, meets } from './stretching'
import { averaged, transposed, windowed } from './windows'

const rules: Readonly<Record<string, Rule>> = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Reshape: reshape,
  ConstantOfShape: filled,
  Expand: expand,
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Where', 'And', 'Or', 'Equal', 'Less', 'Greater'].map((op) => [op, meets]),
  ),
  Slice: slice,
  ReverseSequence: reversed,
  Split: split,
  Conv: windowed,
  ConvTranspose: transposed,
  MaxPool: windowed,
  AveragePool: windowed,
  GlobalAveragePool: averaged,
  LpPool: windowed,
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  Pad: pad,
  Resize: resize,
  GroupNormalization: groupNormalization,
  Gather: viewAsReshape,
  SplitToSequence: splitToSequence,
  If: (node, _, rewriter) => takeBranch(node, rewriter),
  Loop: unrollLoop,
  Scan: unrollScan,
}
const ruleOf = new Map(Object.entries(rules))

/** Integers that were computed from shapes and are known now. */
function knownInts(node: GraphNode, known: Known): TensorData | undefined {
  const [output] = node.outputs
  const elements = known.elements(output)
  const shape = known.shape(output)
  const dtype = known.dtype(output)
  if (!elements?.every(isNumber) || !shape?.every(isNumber) || !dtype || node.outputs.length !== 1) return undefined
  return fromNumbers(dtype, shape as number[], elements as number[])
}

/** @returns as a rule does */
export function settleNode(node: GraphNode, known: Known, rewriter: Rewriter): GraphNode | undefined {
  const expand = shapedExpansions[`${node.domain}::${node.op}`]
  if (expand) {
    // It waits for the shapes of its operands.
    if (node.inputs.some((input) => input !== '' && !known.shape(input))) return node
    expand(new Expansion(node, rewriter, known.dtype(node.inputs[0])), known)
    return undefined
  }
  if (node.domain !== '') return node
  const value = knownInts(node, known)
  if (value) {
    rewriter.define(node, node.outputs[0] as string, value)
    return undefined
  }
  const rule = ruleOf.get(node.op)
  return rule ? rule(node, known, rewriter) : node
}
