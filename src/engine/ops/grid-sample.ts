/** GridSample: reads maps at computed places, every channel by itself (optical flow, spatial transformers). */
import { registerOp } from './definition'

registerOp({
  op: 'GridSample',
  since: 16,
  infer(context) {
    const x = context.input(0)
    const grid = context.shape(1)
    if (grid.length !== x.shape.length || grid.at(-1) !== x.shape.length - 2) {
      context.fail(`its grid [${grid.join(', ')}] does not fit maps [${x.shape.join(', ')}]`)
    }
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...grid.slice(1, -1)] }]
  },
  couple(context) {
    const labels = context.operand(0)
    const spatial = labels.filter((entry) => entry.axes.some((axis) => axis > 1))
    context.fix(spatial, 'held.picked')
    context.fix(context.labels(1), 'held.indices')
    context.set(
      0,
      labels.filter((entry) => !spatial.includes(entry)),
    )
  },
})
