/** An If whose condition is known is the branch that it takes. */
import type { GraphNode } from '../../../graph/graph'
import { readBranch } from '../branch'
import type { Rewriter } from './rewriter'
import { outerNames, writeOut } from './write-out'

/** Writes out the branch in place of the node; undefined: it has been, the node where its condition is not known. */
export function takeBranch(node: GraphNode, rewriter: Rewriter): GraphNode | undefined {
  const condition = rewriter.constant(node.inputs[0])
  if (condition?.data.length !== 1) return node
  const attribute = node.attributes.get(Number(condition.data[0]) === 0 ? 'else_branch' : 'then_branch')
  if (attribute?.kind !== 'graph') return node
  const branch = readBranch(attribute.value, `If "${node.name}"`)
  if (branch.outputs.length < node.outputs.length) return node
  const answers = writeOut(node, branch, outerNames(node, branch, rewriter), rewriter)
  node.outputs.forEach((output, i) => {
    if (output === '') return
    rewriter.alias({ ...node, name: rewriter.fresh(`${node.name}/${i}`) }, output, answers[i] as string)
  })
  return undefined
}
