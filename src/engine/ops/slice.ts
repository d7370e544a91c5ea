/** Slice: ranges with steps along some axes; starts, ends, axes and steps as constant inputs. */
import { attributes, type Dim, int, type Shape } from '../graph/graph'
import { int64 } from '../graph/tensor'
import { type InferContext, type ResizeContext, type Resized, registerOp } from './definition'
import { addDims, fedExtent, floorDivide, isFed } from './extents'
import { takeLabels } from './labels'
import { lowerSlice } from './lower/shape'
import { normaliseAxis } from './shapes'

interface Range {
  readonly axis: number
  readonly start: number
  readonly end: number
  readonly step: number
  /** The result's extent where the axis has none that is known. */
  readonly open?: Dim
}

/** From here on a bound means the end of the axis (from the negative of it, its beginning): files say 1e9, 2^31 - 1 or 2^63 - 1. */
const FAR = 1e9

/** How many positions a range takes of an axis whose extent is a name. Names are long enough for the cuts of a file. */
function openExtent(extent: Dim, from: Dim, to: Dim, step: number, fail: (sentence: string) => never): Dim {
  if (step < 0) {
    const all = Number(from) >= -1 && (from === -1 || Number(from) >= FAR) && Number(to) <= -FAR
    return all ? floorDivide(addDims(extent, -step - 1), -step) : fail(`it walks back over "${extent}" in part`)
  }
  const place = (at: Dim): Dim => (typeof at !== 'number' ? at : at >= FAR ? extent : at < 0 ? addDims(extent, at) : at)
  const count = addDims(place(to), place(from), -1)
  return floorDivide(addDims(count, step - 1), step)
}

/** Normalised ranges; `open` where the axis or the range has no number. End -1 with step 1 is the end of the axis. */
function rangesOf(
  elements: (i: number) => readonly Dim[] | undefined,
  has: (i: number) => boolean,
  shape: Shape,
  fail: (sentence: string) => never,
  wait = fail,
): Range[] {
  const starts = elements(1)
  const ends = elements(2)
  const axes = has(3) ? elements(3) : starts?.map((_, i) => i)
  const steps = has(4) ? elements(4) : starts?.map(() => 1)
  if (!starts || !ends || !axes || !steps) return wait('its range is not constant')
  return starts.map((_, k) => {
    const axis = normaliseAxis(Number(axes[k]), shape.length, { fail })
    const step = Number(steps[k])
    const extent = shape[axis] as Dim
    const start = Number(starts[k])
    const end = Number(ends[k])
    if (step === 0) return fail('its step is 0')
    const toEnd = ends[k] === extent || end >= FAR
    if (typeof extent === 'string' && step === 1 && start === 0 && toEnd) return { axis, start: 0, end: -1, step: 1 }
    if (isFed(extent)) {
      // It may be shorter than the range asks for.
      const open = fedExtent(`${extent}_${starts[k]}_${ends[k]}_${step}`)
      return { axis, start, end: toEnd ? -1 : Number.NaN, step, open }
    }
    if (typeof extent === 'string' || Number.isNaN(start) || Number.isNaN(end)) {
      const open = openExtent(extent, starts[k] as Dim, ends[k] as Dim, step, fail)
      return { axis, start, end: toEnd ? -1 : Number.NaN, step, open }
    }
    const clamp = (value: number, low: number, high: number) =>
      Math.min(Math.max(value < 0 ? value + extent : value, low), high)
    return step > 0
      ? { axis, start: clamp(start, 0, extent), end: clamp(end, 0, extent), step }
      : { axis, start: clamp(start, -1, extent - 1), end: end < -extent ? -1 : clamp(end, -1, extent - 1), step }
  })
}

const positionsOf = ({ start, end, step }: Range): number[] => {
  const result: number[] = []
  for (let i = start; step > 0 ? i < end : i > end; i += step) result.push(i)
  return result
}

/** What stays of every n-th position is no range any more: a choice of positions, where the axis shrinks. */
function steppedResize(context: ResizeContext, given: number): Resized {
  const shape = context.oldInputShape(0)
  const axis = given < 0 ? given + shape.length : given
  const kept = context.keptOfInput(0, axis)
  if (!kept) return {}
  const elements = (i: number) => {
    const constant = context.constant(i)
    return constant && Array.from(constant.data as ArrayLike<number | bigint>, Number)
  }
  const fail = (sentence: string): never => {
    throw new RangeError(sentence)
  }
  const [range] = rangesOf(elements, (i) => elements(i) !== undefined, shape, fail)
  const positions = positionsOf(range as Range)
  const stays = context.keptOfOutput(0, axis)
  const place = new Map(kept.map((original, now) => [original, now]))
  const chosen = stays ? stays.map((o) => positions[o] as number) : positions
  const indices = chosen.map((position) => place.get(position) as number)
  return {
    node: {
      ...context.node,
      op: 'Gather',
      inputs: context.node.inputs.slice(0, 2),
      attributes: attributes({ axis: int(axis) }),
    },
    constants: new Map([[1, int64([indices.length], indices)]]),
  }
}

registerOp({
  op: 'Slice',
  since: 13,
  infer(context: InferContext) {
    const x = context.input(0)
    const ranges = rangesOf(
      (i) => context.elements(i),
      (i) => context.has(i),
      x.shape,
      (s) => context.fail(s),
      (s) => context.await(s),
    )
    const shape = x.shape.map((dim, axis): Dim => {
      const range = ranges.find((r) => r.axis === axis)
      if (range?.open !== undefined) return range.open
      return range && typeof dim === 'number' ? positionsOf(range).length : dim
    })
    const [only] = ranges
    const elements =
      x.elements && x.shape.length === 1 && only && only.open === undefined
        ? positionsOf(only).map((i) => x.elements?.[i] as Dim)
        : undefined
    return [{ dtype: x.dtype, shape, ...(elements ? { elements } : {}) }]
  },
  couple(context) {
    const fail = (sentence: string): never => {
      throw new RangeError(sentence)
    }
    const elements = (i: number) => {
      const constant = context.constant(i)
      return constant && Array.from(constant.data as ArrayLike<number | bigint>, Number)
    }
    let labels = [...context.operand(0)]
    if ([1, 2, 3, 4].some((i) => context.has(i) && !context.constant(i))) {
      // Computed ranges are those over axes that may have any extent; an axis of fixed extent that changes stays whole.
      const cut = context.outputShape(0).flatMap((dim, axis) => (dim === context.shape(0)[axis] ? [] : [axis]))
      const held = labels.filter((entry) => entry.axes.some((axis) => cut.includes(axis)))
      context.fix(held, 'held.cut-at-computed')
      context.set(
        0,
        labels.filter((entry) => !held.includes(entry)),
      )
      return
    }
    const ranges = rangesOf(elements, (i) => context.has(i), context.shape(0), fail)
    for (const range of ranges) {
      if (range.open !== undefined || (range.end < 0 && range.step === 1)) continue
      if (range.step !== 1 && ranges.length > 1) {
        // What stays of it is no range any more, and one node cannot be a Gather along one axis and a Slice along others.
        const held = labels.filter((entry) => entry.axes.includes(range.axis))
        context.fix(held, 'held.stepped')
      }
      const positions = positionsOf(range)
      labels = labels.map((entry) =>
        entry.axes.includes(range.axis) ? takeLabels(entry, range.axis, positions) : entry,
      )
    }
    context.set(0, labels)
  },
  lower(context) {
    const elements = (i: number) => {
      const constant = context.constant(i)
      return constant && Array.from(constant.data as ArrayLike<number | bigint>, Number)
    }
    const ranges = rangesOf(
      elements,
      (i) => context.has(i),
      context.shape(0),
      (sentence) => context.fail(sentence),
    )
    for (const { open, start, end, step } of ranges) {
      const runs = open === undefined || (step === 1 && end === -1 && start >= 0)
      if (!runs) context.fail(`it cuts an axis at a place that depends on the extent "${open}"`)
    }
    lowerSlice(context, ranges)
  },
  resize(context) {
    const axes =
      (context.constant(3)?.data as ArrayLike<number | bigint> | undefined) ??
      context.constant(1)?.data.map((_, i) => i as never)
    const starts = context.constant(1)
    const ends = context.constant(2)
    if (!axes || !starts || !ends) return {}
    const steps = context.constant(4)
    if (axes.length === 1 && steps && Number(steps.data[0]) !== 1) return steppedResize(context, Number(axes[0]))
    const rank = context.inputShape(0).length
    const nextStarts = Array.from(starts.data as ArrayLike<number | bigint>, Number)
    const nextEnds = Array.from(ends.data as ArrayLike<number | bigint>, Number)
    let changed = false
    Array.from(axes, Number).forEach((given, k) => {
      const axis = given < 0 ? given + rank : given
      const extent = context.oldInputShape(0)[axis]
      if (context.inputShape(0)[axis] === extent || typeof extent !== 'number') return
      const kept = context.keptOfInput(0, axis)
      if (!kept) return
      const clamp = (value: number) => Math.min(Math.max(value < 0 ? value + extent : value, 0), extent)
      // Kept positions inside a forward range stay consecutive.
      const from = clamp(nextStarts[k] as number)
      const to = clamp(nextEnds[k] as number)
      nextStarts[k] = kept.filter((i) => i < from).length
      nextEnds[k] = kept.filter((i) => i < to).length
      changed = true
    })
    if (!changed) return {}
    return {
      constants: new Map([
        [1, int64(starts.dims, nextStarts)],
        [2, int64(ends.dims, nextEnds)],
      ]),
    }
  },
})
