/** Concat: units of the parts lie one behind the other; parts of a joint axis must agree on all others. */
import { type Dim, numberAttribute } from '../graph/graph'
import { type Labels, registerOp } from './definition'
import { addDims } from './extents'
import { claimAxis, clusterByAxes, coveringAxis, expandLabels, onAxis } from './labels'
import { lowerConcat } from './lower/shape'
import { axisOf, normaliseAxis, oneSample, showShape } from './shapes'

registerOp({
  op: 'Concat',
  infer(context) {
    const parts = context.node.inputs.map((_, i) => context.input(i))
    const first = parts[0] ?? context.fail('it has no input')
    const axis = normaliseAxis(numberAttribute(context.node, 'axis', 0), first.shape.length, context)
    let total: Dim = 0
    for (const part of parts) {
      if (part.shape.length !== first.shape.length) {
        context.fail(`it joins values of shapes ${parts.map((p) => showShape(p.shape)).join(' and ')}`)
      }
      part.shape.forEach((dim, i) => {
        const other = first.shape[i]
        if (i !== axis && typeof dim === 'number' && typeof other === 'number' && dim !== other) {
          context.fail(
            `it joins values of shapes ${parts.map((p) => showShape(p.shape)).join(' and ')} along axis ${axis}`,
          )
        }
      })
      total = addDims(total, part.shape[axis] as Dim)
    }
    const elements = parts.every((part) => part.elements) ? parts.flatMap((part) => part.elements as Dim[]) : undefined
    const shape = first.shape.map((dim, i) => (i === axis ? total : dim))
    return [{ dtype: first.dtype, shape, ...(elements && shape.length === 1 ? { elements } : {}) }]
  },
  couple(context) {
    const output = oneSample(context.outputShape(0))
    const axis = axisOf(context.node, 0, output.length)
    const count = context.node.inputs.length
    const counted = typeof context.outputShape(0)[axis] === 'number'
    const ids = new Int32Array(counted ? (output[axis] as number) : 0)
    const others: Labels[][] = []
    let at = 0
    for (let i = 0; i < count; i++) {
      const labels = context.operand(i)
      const extent = oneSample(context.shape(i))[axis] as number
      const along = coveringAxis(labels, axis)
      const own = claimAxis(context, labels, axis)
      if (own && counted) ids.set(own, at)
      else if (along) context.fix([along], 'held.joined-with-unknown')
      others.push(labels.filter((entry) => entry !== along))
      at += extent
    }
    // Axes that are not joined must lose the same in every part, folded ones together.
    const result: Labels[] = []
    for (const cluster of clusterByAxes(others.flat())) {
      const axes = [...new Set(cluster.flatMap((entry) => entry.axes))].sort((a, b) => a - b)
      const dims = axes.map((other) => output[other] as number)
      const whole = others.every((list) => list.some((entry) => cluster.includes(entry)))
      if (!whole) {
        context.fix(cluster, 'held.joined-with-fixed')
        continue
      }
      const spread = cluster.map((entry) => expandLabels(entry, axes, dims))
      const united = spread[0] as Labels
      for (const entry of spread.slice(1)) context.union(united.ids, entry.ids)
      result.push(united)
    }
    if (ids.some((id) => id !== 0)) result.push(onAxis(axis, ids))
    context.set(0, result)
  },
  lower: lowerConcat,
})
