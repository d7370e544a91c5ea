/** The first pass of the reader: operators in the form of opset 17, and everything that is constant computed ahead. */
import type { Sentence } from '../../../../contract/sentences'
import { type Graph, type GraphNode, numberAttribute } from '../../../graph/graph'
import type { DataType } from '../../../graph/tensor'
import { dataTypeOf } from '../data-types'
import { emitFolded } from './emit-folded'
import { Rewriter } from './rewriter'
import { upgradeNode } from './upgrade'

export const canonicalOpset = 17

const comparisons = new Set(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not'])
const typed: Readonly<Record<string, DataType>> = { Shape: 'int64', Size: 'int64', ArgMax: 'int64', ArgMin: 'int64' }
const changesType =
  /^(QuantizeLinear|DequantizeLinear|DynamicQuantizeLinear|.*Integer|OneHot|IsNaN|IsInf|If|Loop|Scan)$/

/** The type of a node's first output, where a rule as simple as this can tell: shapes are not known yet. */
function typeOf(node: GraphNode, rewriter: Rewriter): DataType | undefined {
  if (node.domain !== '' || changesType.test(node.op)) return undefined
  if (comparisons.has(node.op)) return 'bool'
  if (node.op === 'Cast') return dataTypeOf(numberAttribute(node, 'to', 0), `The result of Cast "${node.name}"`)
  const value = node.attributes.get('value')
  if (node.op === 'ConstantOfShape') return value?.kind === 'tensor' ? value.value.dtype : 'float32'
  return typed[node.op] ?? rewriter.dtype(node.inputs[node.op === 'Where' ? 1 : 0])
}

/** Rewrites a graph of any readable opset to opset 17 and folds constants; shapes are not needed. */
export function upgradeAndFold(graph: Graph, notes: Sentence[]): Graph {
  const rewriter = new Rewriter(graph, notes)
  const opset = graph.opsets.get('') ?? canonicalOpset
  for (const original of graph.nodes) {
    const node = upgradeNode(rewriter.current(original), rewriter, opset)
    if (!node) continue
    const dtype = typeOf(node, rewriter)
    if (dtype) for (const output of node.outputs) rewriter.setType(output, dtype)
    emitFolded(node, rewriter)
  }
  return rewriter.finish(new Map(graph.opsets).set('', canonicalOpset))
}
