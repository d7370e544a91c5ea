/** Reshape and Flatten: units are carried through by index maps. */
import { type Dim, numberAttribute, type Shape } from '../graph/graph'
import { int64 } from '../graph/tensor'
import { type CouplingContext, type InferContext, type OpDefinition, registerOp } from './definition'
import { reshapeLabels } from './labels'
import { lowerReshape } from './lower/shape'
import { divideDims, multiplyDims, normaliseAxis, showShape } from './shapes'

/** The wanted shape with 0 (copied) and -1 (what is left) worked out. */
function targetShape(context: InferContext, before: Shape, wanted: readonly Dim[]): Dim[] {
  const copyZero = numberAttribute(context.node, 'allowzero', 0) === 0
  const target = wanted.map((dim, i): Dim => {
    if (dim !== 0 || !copyZero) return dim
    return before[i] ?? context.fail(`it copies axis ${i} of a value of shape ${showShape(before)}`)
  })
  const hole = target.indexOf(-1)
  const total = multiplyDims(before)
  if (hole >= 0) {
    const known = multiplyDims(target.filter((_, i) => i !== hole))
    const rest = divideDims(total, known)
    if (rest === undefined) {
      return context.fail(`it cannot bring ${showShape(before)} into the shape ${showShape(wanted)}`)
    }
    target[hole] = rest
  } else if (typeof total === 'number' && multiplyDims(target) !== total) {
    return context.fail(`it cannot bring ${showShape(before)} into the shape ${showShape(wanted)}`)
  } else if (typeof total === 'string') {
    // A batch written down as a number: the first axis takes what the rest leaves.
    const rest = divideDims(total, multiplyDims(target.slice(1)))
    if (rest !== undefined) target[0] = rest
  }
  return target
}

export function coupleReshape(context: CouplingContext): void {
  const { kept, lost } = reshapeLabels(context.operand(0), context.shape(0), context.outputShape(0))
  if (context.has(1) && !context.constant(1)) {
    context.fix([...kept, ...lost], 'held.target-computed')
    return
  }
  context.fix(lost, 'held.folded')
  context.set(0, kept)
}

const reshape: OpDefinition = {
  op: 'Reshape',
  since: 14,
  infer(context) {
    const x = context.input(0)
    const wanted = context.elements(1)
    if (!wanted) return context.await('its target shape depends on data, so the network has no fixed structure')
    const shape = targetShape(context, x.shape, wanted)
    return [{ dtype: x.dtype, shape, ...(x.elements ? { elements: x.elements } : {}) }]
  },
  couple: coupleReshape,
  lower: lowerReshape,
  resize(context) {
    const target = context.constant(1)
    if (!target) return {}
    const before = context.oldOutputShape(0)
    const after = context.outputShape(0)
    const old = Array.from(target.data as ArrayLike<number | bigint>, Number)
    const next = old.map((dim, i) => {
      const extent = after[i]
      const shrunk = extent !== before[i] && typeof extent === 'number'
      return dim > 0 && shrunk ? extent : dim
    })
    // A copied extent (0) stays right only while the same axis of the input shrinks with it.
    const copied = old.map((dim, i) => dim === 0 && context.inputShape(0)[i] !== after[i])
    const fixed = next.map((dim, i) => (copied[i] && typeof after[i] === 'number' ? (after[i] as number) : dim))
    return fixed.every((dim, i) => dim === old[i]) ? {} : { constants: new Map([[1, int64(target.dims, fixed)]]) }
  },
}

const flatten: OpDefinition = {
  op: 'Flatten',
  infer(context) {
    const x = context.input(0)
    const axis = numberAttribute(context.node, 'axis', 1)
    const at = axis === x.shape.length ? axis : normaliseAxis(axis, x.shape.length, context)
    return [{ dtype: x.dtype, shape: [multiplyDims(x.shape.slice(0, at)), multiplyDims(x.shape.slice(at))] }]
  },
  couple: coupleReshape,
  lower: lowerReshape,
}

registerOp(reshape)
registerOp(flatten)
