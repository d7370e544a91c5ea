/** Emits a node, computed ahead where everything it reads is constant. */
import type { GraphNode } from '../../../graph/graph'
import { evaluate } from './evaluate'
import type { Rewriter } from './rewriter'

/** Emits the node, or its results where all its inputs are constant and the evaluator knows the operator. */
export function emitFolded(node: GraphNode, rewriter: Rewriter): void {
  const inputs = node.inputs.map((input) => (input === '' ? undefined : rewriter.constant(input)))
  const constant = node.inputs.every((input, i) => input === '' || inputs[i])
  const results = constant && node.op !== 'Identity' ? evaluate(node, inputs) : undefined
  if (!results || node.outputs.some((output, o) => output !== '' && !results[o])) {
    rewriter.emit(node)
    return
  }
  node.outputs.forEach((output, o) => {
    if (output !== '') rewriter.define(node, output, results[o] as NonNullable<(typeof results)[number]>)
  })
}
