/** Split: consecutive parts along one axis; sizes as a constant input, as from opset 13. */
import { type Dim, type GraphNode, numberAttribute, type Shape } from '../graph/graph'
import { int64 } from '../graph/tensor'
import { registerOp } from './definition'
import { takeLabels } from './labels'
import { lowerSplit } from './lower/shape'
import { axisOf, normaliseAxis, oneSample } from './shapes'

const partSizes = (node: GraphNode, given: readonly number[] | undefined, extent: number): number[] => {
  if (given) return [...given]
  const parts = node.outputs.length
  const size = Math.ceil(extent / parts)
  return Array.from({ length: parts }, (_, i) => Math.min(size, extent - i * size))
}

const sizesOf = (node: GraphNode, shapes: readonly Shape[], axis: number): number[] =>
  node.outputs.map((_, o) => oneSample(shapes[o] as Shape)[axis] as number)

registerOp({
  op: 'Split',
  since: 13,
  infer(context) {
    const x = context.input(0)
    const axis = normaliseAxis(numberAttribute(context.node, 'axis', 0), x.shape.length, context)
    const extent = x.shape[axis] as Dim
    if (typeof extent !== 'number') return context.fail(`it splits the axis "${extent}", whose extent is not known`)
    const given = context.has(1) ? context.elements(1)?.map(Number) : undefined
    const sizes = partSizes(context.node, given, extent)
    if (sizes.length !== context.node.outputs.length || sizes.reduce((a, b) => a + b, 0) !== extent) {
      return context.fail(`its parts ${sizes.join(' + ')} do not add up to ${extent}`)
    }
    return sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((dim, i) => (i === axis ? size : dim)) }))
  },
  couple(context) {
    const rank = context.shape(0).length
    const axis = axisOf(context.node, 0, rank)
    const shapes = context.node.outputs.map((_, o) => context.outputShape(o))
    const sizes = sizesOf(context.node, shapes, axis)
    const labels = context.operand(0)
    let start = 0
    sizes.forEach((size, o) => {
      const from = start
      const positions = Array.from({ length: size }, (_, i) => from + i)
      context.set(
        o,
        labels.map((entry) => (entry.axes.includes(axis) ? takeLabels(entry, axis, positions) : entry)),
      )
      start += size
    })
  },
  lower: lowerSplit,
  resize(context) {
    const axis = numberAttribute(context.node, 'axis', 0)
    const at = axis < 0 ? axis + context.inputShape(0).length : axis
    if (context.inputShape(0)[at] === context.oldInputShape(0)[at]) return {}
    const sizes = context.node.outputs.map((_, o) => context.outputShape(o)[at] as number)
    return { constants: new Map([[1, int64([sizes.length], sizes)]]) }
  },
})
