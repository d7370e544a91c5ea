/** GridSample: reads maps at computed places, every channel by itself (optical flow, spatial transformers). */
import { type Labels, registerOp } from './definition'
import { lowerGridSample } from './lower/grid-sample'

registerOp({
  op: 'GridSample',
  lower: lowerGridSample,
  since: 16,
  infer(context) {
    const x = context.input(0)
    const grid = context.shape(1)
    // Of an extent that data decides nothing can be said.
    const apart = grid[0] !== x.shape[0] && ![grid[0], x.shape[0]].some((dim) => String(dim).startsWith('?'))
    if (grid.length !== x.shape.length || grid.at(-1) !== x.shape.length - 2 || apart) {
      context.fail(`its grid [${grid.join(', ')}] does not fit maps [${x.shape.join(', ')}]`)
    }
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...grid.slice(1, -1)] }]
  },
  /** Maps and grids are paired along the first axis, which holds heads where these are folded into the batch. */
  couple(context) {
    const grids = [...context.operand(1)]
    const result: Labels[] = []
    for (const entry of context.operand(0)) {
      // Features of folded heads go, the same of each.
      const maps = entry.axes.length > 1 && entry.axes.includes(0) ? context.merge(entry, [1]) : entry
      const at = grids.findIndex(({ axes, ids }) => axes.join() === '0' && ids.length === maps.ids.length)
      if (maps.axes.some((axis) => axis > 1)) context.fix([maps], 'held.picked')
      else if (!maps.axes.includes(0)) result.push(maps)
      else if (maps.axes.length === 1 && at >= 0) {
        const [grid] = grids.splice(at, 1) as [Labels]
        context.union(maps.ids, grid.ids)
        result.push(maps)
      } else context.fix([maps], 'held.paired-with-fixed')
    }
    context.fix(grids, 'held.indices')
    context.set(0, result)
  },
})
