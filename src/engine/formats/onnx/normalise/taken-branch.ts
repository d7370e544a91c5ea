/** An If whose condition is known is the branch that it takes. */
import { type GraphNode, graphReads } from '../../../graph/graph'
import { readBranch } from '../branch'
import { declaredOpset } from '../metadata'
import { emitFolded } from './emit-folded'
import type { Rewriter } from './rewriter'
import { upgradeNode } from './upgrade'

/** Writes out the branch in place of the node; undefined: it has been, the node where its condition is not known. */
export function takeBranch(node: GraphNode, rewriter: Rewriter): GraphNode | undefined {
  const condition = rewriter.constant(node.inputs[0])
  if (condition?.data.length !== 1) return node
  const attribute = node.attributes.get(Number(condition.data[0]) === 0 ? 'else_branch' : 'then_branch')
  if (attribute?.kind !== 'graph') return node
  const branch = readBranch(attribute.value, `If "${node.name}"`)
  if (branch.outputs.length < node.outputs.length) return node

  const reads = graphReads(node.attributes.values())
  const outer = node.inputs.slice(node.inputs.length - reads.length)
  const names = new Map<string, string>([['', ''], ...reads.map((name, k): [string, string] => [name, outer[k] ?? ''])])
  const own = (name: string): string => {
    const fresh = rewriter.fresh(`${node.name}/${name}`)
    names.set(name, fresh)
    return fresh
  }
  const nameOf = (name: string): string => names.get(name) ?? name
  for (const [name, data] of branch.constants) rewriter.constants.set(own(name), data)
  const opset = declaredOpset(rewriter.source.metadata)
  for (const inner of branch.nodes) {
    const inputs = inner.inputs.map(nameOf)
    const outputs = inner.outputs.map((name) => (name === '' ? '' : own(name)))
    const renamed = { ...inner, name: rewriter.fresh(`${node.name}/${inner.name}`), inputs, outputs }
    const upgraded = upgradeNode(renamed, rewriter, opset)
    if (upgraded) emitFolded(upgraded, rewriter)
  }
  node.outputs.forEach((output, i) => {
    if (output === '') return
    const by = nameOf(branch.outputs[i] as string)
    rewriter.alias({ ...node, name: rewriter.fresh(`${node.name}/${i}`) }, output, rewriter.resolve(by))
  })
  return undefined
}
