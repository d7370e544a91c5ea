/** What older opsets meant by an operator, in the words of today. */
import { type Attribute, type GraphNode, int, numberAttribute } from '../../../../graph/graph'
import { takeAlong } from '../../../../graph/tensor'
import { withAttributes, withInput } from '../rewriter'
import { COERCED } from '../upgrade'
import { isNumber, type Rule } from './rule'

/** Softmax over several axes at once, as before opset 13. */
export const softmax: Rule = (node, known, rewriter) => {
  const shape = known.shape(node.inputs[0])
  if (!node.attributes.has(COERCED) || !shape) return node
  const given = numberAttribute(node, 'axis', 1)
  const axis = given < 0 ? given + shape.length : given
  const behind = shape.slice(axis)
  const wide = behind.findIndex((dim) => dim !== 1)
  const plain = withAttributes(node, { [COERCED]: undefined })
  // One axis alone has an extent: then both meanings agree.
  if (behind.slice(wide + 1).every((dim) => dim === 1))
    return withAttributes(plain, { axis: int(axis + Math.max(0, wide)) })
  const target = shape.map((dim, i) => (isNumber(dim) ? dim : i === 0 && axis > 0 ? 0 : -1))
  if (target.filter((dim) => dim === -1).length + (axis === 1 ? 0 : target.filter((d) => d === 0).length) > 1) {
    return rewriter.unsupported(
      node,
      'shares out over several axes of unknown extent. Export it with opset 13 or newer.',
    )
  }
  const wanted = axis === 1 ? target : target.map((dim) => (dim === 0 ? -1 : dim))
  const [input = '', output = ''] = [node.inputs[0], node.outputs[0]]
  const flat = rewriter.fresh(`${output}/flat`)
  const shared = rewriter.fresh(`${output}/shared`)
  const base = { domain: '', attributes: new Map<string, Attribute>() }
  const flatten = {
    ...base,
    name: rewriter.fresh(`${node.name}/Flatten`),
    op: 'Flatten',
    inputs: [input],
    outputs: [flat],
  }
  rewriter.emit({ ...flatten, attributes: new Map([['axis', int(axis)]]) })
  rewriter.emit({ ...withAttributes(plain, { axis: int(1) }), inputs: [flat], outputs: [shared] })
  const name = rewriter.fresh(`${node.name}/Reshape`)
  const inputs = [shared, rewriter.addInts(node, 'shape', wanted)]
  return { ...base, name, op: 'Reshape', inputs, outputs: [output] }
}

/** Up to opset 20 a group had one scale; from 21 every channel has its own. */
export const groupNormalization: Rule = (node, known, rewriter) => {
  const channels = known.shape(node.inputs[0])?.[1]
  const groups = numberAttribute(node, 'num_groups', 1)
  if (!isNumber(channels) || channels === groups) return node
  return [1, 2].reduce<GraphNode>((result, i) => {
    const constant = rewriter.constant(node.inputs[i])
    if (constant?.data.length !== groups) return result
    const spread = Array.from({ length: channels }, (_, c) => Math.floor((c * groups) / channels))
    return withInput(result, i, rewriter.addConstant(`${node.inputs[i]}/channels`, takeAlong(constant, 0, spread)))
  }, node)
}
