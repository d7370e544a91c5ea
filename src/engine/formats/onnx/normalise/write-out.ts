/** Nodes of a network inside an attribute, written out among those around it. */
import { type GraphNode, graphReads } from '../../../graph/graph'
import type { Branch } from '../branch'
import { declaredOpset } from '../metadata'
import { emitFolded } from './emit-folded'
import type { Rewriter } from './rewriter'
import { upgradeNode } from './upgrade'

/** Values by the names that an inner network has for them. */
export type Names = ReadonlyMap<string, string>

/** Values from outside, and the constants that the inner network holds, which are added to those around it. */
export function outerNames(node: GraphNode, branch: Branch, rewriter: Rewriter): Names {
  const reads = graphReads(node.attributes.values())
  const outer = node.inputs.slice(node.inputs.length - reads.length)
  const names = new Map<string, string>([['', ''], ...reads.map((name, k): [string, string] => [name, outer[k] ?? ''])])
  for (const [name, data] of branch.constants) {
    names.set(name, rewriter.addConstant(`${node.name}/${name}`, data))
  }
  return names
}

/**
 * Emits the inner nodes under names of their own.
 * @param given outer names, and those of its inputs
 * @returns what it answers with
 */
export function writeOut(node: GraphNode, branch: Branch, given: Names, rewriter: Rewriter): string[] {
  const names = new Map(given)
  const own = (name: string): string => {
    const fresh = rewriter.fresh(`${node.name}/${name}`)
    names.set(name, fresh)
    return fresh
  }
  const nameOf = (name: string): string => rewriter.resolve(names.get(name) ?? name)
  const opset = declaredOpset(rewriter.source.metadata)
  for (const inner of branch.nodes) {
    const inputs = inner.inputs.map(nameOf)
    const outputs = inner.outputs.map((name) => (name === '' ? '' : own(name)))
    const renamed = { ...inner, name: rewriter.fresh(`${node.name}/${inner.name}`), inputs, outputs }
    const upgraded = upgradeNode(renamed, rewriter, opset)
    if (upgraded) emitFolded(upgraded, rewriter)
  }
  return branch.outputs.map(nameOf)
}
