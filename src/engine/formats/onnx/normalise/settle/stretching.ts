/** What is stretched or filled to a shape that leaves extents open. */
import type { GraphNode, Shape } from '../../../../graph/graph'
import { float32, type TensorData, toNumbers } from '../../../../graph/tensor'
import { broadcastShapes } from '../../../../ops/shapes'
import { fromNumbers } from '../evaluate/numbers'
import { type Rewriter, withInput } from '../rewriter'
import { isNumber, type Rule, sameShape } from './rule'

/** An Expand that changes nothing goes; a symbol that the input already has is a 1 in the target. */
export const expand: Rule = (node, known, rewriter) => {
  const before = known.shape(node.inputs[0])
  const after = known.shape(node.outputs[0])
  const [output = ''] = node.outputs
  if (before && sameShape(before, after)) {
    rewriter.alias(node, output, node.inputs[0] as string)
    return undefined
  }
  if (!before || !after || rewriter.constant(node.inputs[1])) return node
  const offset = after.length - before.length
  const wanted = after.map((dim, i) => (dim === before[i - offset] ? 1 : dim))
  if (wanted.every(isNumber)) return withInput(node, 1, rewriter.addInts(node, 'shape', wanted))
  // A target put together from single extents: those that the input has already are 1, so that they may shrink.
  const parts = rewriter.source.producer(node.inputs[1] as string)
  const stretches = wanted.some((dim) => isNumber(dim) && dim > 1)
  if (parts?.op !== 'Concat' || stretches) return expandApart(node, wanted, rewriter)
  if (parts.inputs.length !== wanted.length) return node
  const inputs = parts.inputs.map((part, i) =>
    wanted[i] === 1 && rewriter.constant(part) && toNumbers(rewriter.constant(part) as TensorData)[0] !== 1
      ? rewriter.addInts(node, `extent_${i}`, [1])
      : rewriter.resolve(part),
  )
  if (inputs.every((part, i) => part === rewriter.resolve(parts.inputs[i] as string))) return node
  const target = rewriter.fresh(`${node.name}/shape`)
  rewriter.emit({ ...parts, name: target, inputs, outputs: [target] })
  return withInput(node, 1, target)
}

/**
 * A target that is the shape of another value would shrink with that one's channels: what is known of it is stretched
 * first, to numbers of its own, and the open extents then.
 */
function expandApart(node: GraphNode, wanted: Shape, rewriter: Rewriter): GraphNode {
  if (wanted.every((dim) => !isNumber(dim) || dim === 1)) return node
  const known = rewriter.fresh(`${node.name}/known`)
  const numbers = rewriter.addInts(
    node,
    'known_shape',
    wanted.map((dim) => (isNumber(dim) ? dim : 1)),
  )
  rewriter.emit({ ...node, name: known, inputs: [node.inputs[0] as string, numbers], outputs: [known] })
  const open = rewriter.fresh(`${node.name}/open`)
  const mask = rewriter.addConstant(
    `${node.name}/is_open`,
    fromNumbers(
      'bool',
      [wanted.length],
      wanted.map((dim) => Number(!isNumber(dim))),
    ),
  )
  const ones = rewriter.addInts(
    node,
    'ones',
    wanted.map(() => 1),
  )
  const inputs = [mask, node.inputs[1] as string, ones]
  rewriter.emit({ ...node, name: open, op: 'Where', inputs, outputs: [open], attributes: new Map() })
  return { ...node, inputs: [known, open] }
}

/** What is stretched only to meet another operand meets it unstretched: it need not know how many samples there are. */
export const meets: Rule = (node, known, rewriter) => {
  const after = known.shape(node.outputs[0])
  let result = node
  node.inputs.forEach((input, i) => {
    const stretching = rewriter.source.producer(input)
    if (!after || stretching?.op !== 'Expand') return
    const source = rewriter.resolve(stretching.inputs[0] as string)
    const inputs = result.inputs.map((other, k) => (k === i ? source : other))
    const shapes = inputs.map((other) => known.shape(other))
    const mismatch = { fail: (): never => rewriter.unsupported(node, 'has operands that do not fit together.') }
    if (!shapes.every((shape) => shape !== undefined)) return
    if (sameShape(broadcastShapes(shapes as Shape[], mismatch), after)) result = { ...result, inputs }
  })
  return result
}

/** A value filled to a shape with open extents is a number that is stretched. */
export const filled: Rule = (node, known, rewriter) => {
  const shape = known.shape(node.outputs[0])
  if (!shape || shape.every(isNumber) || shape.every((dim) => !isNumber(dim) || dim === 1)) return node
  const value = node.attributes.get('value')
  const number = value?.kind === 'tensor' ? { ...value.value, dims: [] } : float32([], [0])
  const inputs = [rewriter.addConstant(`${node.name}/value`, number), node.inputs[0] as string]
  return { ...node, op: 'Expand', inputs, attributes: new Map() }
}
