/** Operators that move, cut and join, and the arithmetic of shapes. */
import { float, int, text } from '../../../graph/graph'
import type { Lifted } from '../../lift/builder'
import {
  concat,
  extremum,
  pad,
  pool,
  reduce,
  resize,
  slice,
  split,
  squeeze,
  transpose,
  unsqueeze,
} from '../../lift/operators'
import { channelsLast } from './layers'
import type { Rule, RuleContext } from './rule'

const reductions: Readonly<Record<string, string>> = {
  Mean: 'ReduceMean',
  Sum: 'ReduceSum',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
}

const axisOf = (context: RuleContext, i: number): number => context.constant(i)[0] ?? 0

const poolOf =
  (op: 'MaxPool' | 'AveragePool'): Rule =>
  (context) => {
    const { lift, node, name } = context
    channelsLast(context)
    const x = context.input(0)
    const padding = node.text('padding', 'VALID')
    if (padding !== 'SAME' && padding !== 'VALID')
      lift.refuse(`Node "${name}" pools with the padding "${padding}", which TensorFlow.js does not run either.`)
    const inner = (list: number[]) => list.slice(1, -1)
    return pool(
      lift,
      op,
      name,
      x,
      inner(node.numbers('ksize')),
      inner(node.numbers('strides')),
      padding as 'SAME' | 'VALID',
    )
  }

/** Pads as TensorFlow gives them: [axes, 2]. */
const pairs = (flat: readonly number[]) =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as number, flat[2 * i + 1] as number])

const reshape: Rule = (context) => {
  const { lift, name } = context
  const x = context.input(0)
  const target = context.input(1)
  const rank = target.data ? target.data.data.length : target.length
  if (rank === undefined)
    return lift.refuse(`Node "${name}" gives its input a shape of unknown rank. Convert the network with fixed shapes.`)
  // In TensorFlow, 0 is an extent of none; here it would copy the input's.
  return { value: lift.node('Reshape', name, [lift.last(x), lift.last(target)]), rank, first: false, dtype: x.dtype }
}

const shape: Rule = ({ lift, name, input }) => {
  const x = input(0)
  return { value: lift.node('Shape', name, [lift.last(x)]), rank: 1, first: false, dtype: 'integer', length: x.rank }
}

const pack: Rule = (context) => {
  const { lift, name, inputs, node } = context
  const axis = node.number('axis', 0)
  const parts = inputs.map((x, i) => unsqueeze(lift, `${name}/${i}`, x, axis))
  const joined = concat(lift, name, parts, axis)
  return joined.rank === 1 ? { ...joined, length: inputs.length } : joined
}

const unpack: Rule = (context) => {
  const { lift, name, node } = context
  const count = node.number('num', 0)
  const axis = node.number('axis', 0)
  if (!(count >= 1 && count < 65536)) lift.invalid(`Node "${name}" unpacks ${count} pieces.`)
  return split(lift, `${name}/pieces`, context.input(0), axis, Array<number>(count).fill(1)).map((piece, i) =>
    squeeze(lift, i === 0 ? name : `${name}:${i}`, piece, [axis < 0 ? axis + piece.rank : axis]),
  )
}

const concatRule = (context: RuleContext, parts: readonly Lifted[], axis: number): Lifted => {
  const joined = concat(context.lift, context.name, parts, axis)
  const lengths = parts.map((part) => (part.data ? part.data.data.length : part.length))
  const known = joined.rank === 1 && lengths.every((length) => length !== undefined)
  return known ? { ...joined, length: lengths.reduce((a, b) => (a as number) + (b as number), 0) as number } : joined
}

const splitRule = (context: RuleContext, x: Lifted, axis: number, sizes: number[] | undefined): readonly Lifted[] => {
  const { lift, node, name } = context
  const count = node.number('num_split', sizes?.length ?? 1)
  if (!(count >= 1 && count < 65536)) lift.invalid(`Node "${name}" splits into ${count} pieces.`)
  if (sizes && !sizes.includes(-1)) return split(lift, name, x, axis, sizes)
  // Equal pieces: their size follows from the extent, which inference knows.
  const plain = axis < 0 ? axis + x.rank : axis
  const held = x.first ? (plain === 0 ? 0 : plain === x.rank - 1 ? 1 : plain + 1) : plain
  const outputs = lift.nodeOf('Split', name, [x.first ? x.value : lift.last(x)], { axis: int(held) }, count)
  return outputs.map((value) => ({ value, rank: x.rank, first: x.first, dtype: x.dtype }))
}

const largest = 2 ** 31 - 1

const stridedSlice: Rule = (context) => {
  const { lift, node, name } = context
  const x = context.input(0)
  const [begin, end, step] = [1, 2, 3].map((i) => context.constant(i)) as [number[], number[], number[]]
  const masks = Object.fromEntries(
    ['begin_mask', 'end_mask', 'shrink_axis_mask', 'ellipsis_mask', 'new_axis_mask'].map((mask) => [
      mask,
      node.number(mask, 0),
    ]),
  )
  if (masks.new_axis_mask)
    lift.refuse(
      `Node "${name}" (StridedSlice) adds axes while it slices, which Espalier does not follow. Use expand_dims.`,
    )
  const has = (mask: string, i: number) => ((masks[mask] ?? 0) & (1 << i)) !== 0
  const ranges: { axis: number; begin: number; end: number; step: number }[] = []
  const dropped: number[] = []
  let axis = 0
  for (let i = 0; i < begin.length; i++) {
    if (has('ellipsis_mask', i)) {
      axis = x.rank - (begin.length - i - 1)
      continue
    }
    const by = step[i] ?? 1
    const from = begin[i] as number
    if (has('shrink_axis_mask', i)) {
      ranges.push({ axis, begin: from, end: from === -1 ? largest : from + 1, step: 1 })
      dropped.push(axis)
    } else {
      const start = has('begin_mask', i) ? (by < 0 ? largest : 0) : from
      const stop = has('end_mask', i) ? (by < 0 ? -largest : largest) : (end[i] as number)
      if (start !== 0 || stop !== largest || by !== 1) ranges.push({ axis, begin: start, end: stop, step: by })
    }
    axis++
  }
  const cut = slice(lift, dropped.length > 0 ? `${name}/cut` : name, x, ranges)
  if (dropped.length > 0) return squeeze(lift, name, cut, dropped)
  const [only] = ranges
  const known = x.rank === 1 && x.length !== undefined && only && only.step === 1
  if (!known) return cut
  const bound = (at: number) => Math.min(x.length as number, Math.max(0, at < 0 ? at + (x.length as number) : at))
  return { ...cut, length: Math.max(0, bound(only.end) - bound(only.begin)) }
}

const plainSlice: Rule = (context) => {
  const begin = context.constant(1)
  const size = context.constant(2)
  const ranges = begin.map((from, axis) => {
    const extent = size[axis] as number
    return { axis, begin: from, end: extent === -1 ? largest : from + extent, step: 1 }
  })
  return slice(
    context.lift,
    context.name,
    context.input(0),
    ranges.filter(({ begin: from, end }) => from !== 0 || end !== largest),
  )
}

const reverse: Rule = (context) => {
  const ranges = context.constant(1).map((axis) => ({
    axis: axis < 0 ? axis + context.input(0).rank : axis,
    begin: largest,
    end: -largest,
    step: -1,
  }))
  return slice(context.lift, context.name, context.input(0), ranges)
}

const gather: Rule = (context) => {
  const { lift, node, name } = context
  const x = context.input(0)
  const ids = context.input(1)
  const given = context.inputs.length > 2 ? axisOf(context, 2) : 0
  const axis = given < 0 ? given + x.rank : given
  if (node.number('batch_dims', 0) === 1 && axis === 1 && ids.rank === 2) {
    // Each sample has indices of its own.
    const at = lift.node('Unsqueeze', `${name}/at`, [lift.last(ids), lift.numbers('axes', [2])])
    const value = lift.node('GatherND', name, [lift.last(x), at], { batch_dims: int(1) })
    return { value, rank: x.rank, first: false, dtype: x.dtype }
  }
  if (node.number('batch_dims', 0) !== 0)
    lift.refuse(`Node "${name}" (GatherV2) has batch_dims, which Espalier does not follow.`)
  // A channel shuffle keeps the value where it lies.
  const keeps = x.first && ids.rank === 1
  const held = keeps ? (axis === 0 ? 0 : axis === x.rank - 1 ? 1 : axis + 1) : axis
  const value = lift.node('Gather', name, [keeps ? x.value : lift.last(x), lift.last(ids)], { axis: int(held) })
  const length = x.rank === 1 && ids.rank === 1 ? (ids.data ? ids.data.data.length : ids.length) : undefined
  const found: Lifted = { value, rank: x.rank - 1 + ids.rank, first: keeps, dtype: x.dtype }
  return length === undefined ? found : { ...found, length }
}

const fill: Rule = ({ lift, name, input }) => {
  const [dims, value] = [input(0), input(1)]
  const rank = dims.data ? dims.data.data.length : dims.length
  if (rank === undefined)
    return lift.refuse(`Node "${name}" fills a shape of unknown rank. Convert the network with fixed shapes.`)
  const filled = lift.node('Expand', name, [lift.last(value), lift.last(dims)])
  return { value: filled, rank, first: false, dtype: value.dtype }
}

const resizeRule =
  (mode: 'nearest' | 'linear'): Rule =>
  (context) => {
    const { node, lift, name } = context
    const coordinates = node.flag('align_corners')
      ? 'align_corners'
      : node.flag('half_pixel_centers')
        ? 'half_pixel'
        : 'asymmetric'
    return resize(lift, name, context.input(0), { sizes: context.constant(1) }, mode, coordinates)
  }

const tile: Rule = ({ lift, name, input, constant }) => {
  const x = input(0)
  return {
    value: lift.node('Tile', name, [lift.last(x), lift.numbers('repeats', constant(1))]),
    rank: x.rank,
    first: false,
    dtype: x.dtype,
  }
}

const lrn: Rule = ({ lift, name, node, input }) => {
  const size = 2 * node.number('depth_radius', 5) + 1
  const x = input(0)
  const value = lift.node('LRN', name, [lift.first(x)], {
    size: int(size),
    bias: float(node.number('bias', 1)),
    alpha: float(node.number('alpha', 1) * size),
    beta: float(node.number('beta', 0.5)),
  })
  return { value, rank: x.rank, first: true, dtype: 'float' }
}

const einsum: Rule = ({ lift, name, node, inputs }) => {
  const equation = node.text('equation', '')
  const [, result = ''] = equation.split('->')
  if (!/^[a-zA-Z,]+->[a-zA-Z]*$/.test(equation.replaceAll(' ', ''))) {
    return lift.refuse(`Node "${name}" has the Einsum equation "${equation}", which Espalier does not follow.`)
  }
  const value = lift.node(
    'Einsum',
    name,
    inputs.map((x) => lift.last(x)),
    { equation: text(equation) },
  )
  return { value, rank: result.trim().length, first: false, dtype: 'float' }
}

/** The greatest numbers along the last axis, and where they stand. */
const topK: Rule = (context) => {
  const { lift, name } = context
  const x = context.input(0)
  const inputs = [lift.last(x), lift.numbers(`${name}/k`, [axisOf(context, 1)])]
  const [values, places] = lift.nodeOf('TopK', name, inputs, { axis: int(x.rank - 1) }, 2) as [string, string]
  return [
    { value: values, rank: x.rank, first: false, dtype: x.dtype },
    { value: places, rank: x.rank, first: false, dtype: 'integer' },
  ]
}

export const shapeRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(reductions).map(([op, onnx]): [string, Rule] => [
      op,
      (context) =>
        reduce(context.lift, onnx, context.name, context.input(0), context.constant(1), context.node.flag('keep_dims')),
    ]),
  ),
  ArgMax: (context) => extremum(context.lift, 'ArgMax', context.name, context.input(0), axisOf(context, 1)),
  ArgMin: (context) => extremum(context.lift, 'ArgMin', context.name, context.input(0), axisOf(context, 1)),
  TopKV2: topK,
  MaxPool: poolOf('MaxPool'),
  AvgPool: poolOf('AveragePool'),
  MaxPool3D: poolOf('MaxPool'),
  AvgPool3D: poolOf('AveragePool'),
  Reshape: reshape,
  Shape: shape,
  Pack: pack,
  Unpack: unpack,
  Squeeze(context) {
    const axes = context.node.numbers('squeeze_dims').concat(context.node.numbers('axis'))
    if (axes.length > 0) return squeeze(context.lift, context.name, context.input(0), axes)
    return context.lift.refuse(
      `Node "${context.name}" drops all axes of extent 1 without naming them, which Espalier does not follow. Name the axes.`,
    )
  },
  ExpandDims(context) {
    const widened = unsqueeze(context.lift, context.name, context.input(0), axisOf(context, 1))
    return widened.rank === 1 ? { ...widened, length: 1 } : widened
  },
  Transpose: (context) => transpose(context.lift, context.name, context.input(0), context.constant(1)),
  ConcatV2: (context) => concatRule(context, context.inputs.slice(0, -1), axisOf(context, context.inputs.length - 1)),
  Concat: (context) => concatRule(context, context.inputs.slice(1), axisOf(context, 0)),
  Pad: (context) => pad(context.lift, context.name, context.input(0), pairs(context.constant(1)), 'constant'),
  PadV2: (context) =>
    pad(context.lift, context.name, context.input(0), pairs(context.constant(1)), 'constant', context.constant(2)[0]),
  MirrorPad(context) {
    const mode = context.node.text('mode', 'REFLECT')
    if (mode !== 'REFLECT')
      return context.lift.refuse(`Node "${context.name}" pads in the mode ${mode}, which Espalier does not follow.`)
    return pad(context.lift, context.name, context.input(0), pairs(context.constant(1)), 'reflect')
  },
  Split: (context) => splitRule(context, context.input(1), axisOf(context, 0), undefined),
  SplitV: (context) => splitRule(context, context.input(0), axisOf(context, 2), context.constant(1)),
  StridedSlice: stridedSlice,
  Slice: plainSlice,
  ReverseV2: reverse,
  Gather: gather,
  GatherV2: gather,
  ResizeBilinear: resizeRule('linear'),
  ResizeNearestNeighbor: resizeRule('nearest'),
  Fill: fill,
  Tile: tile,
  LRN: lrn,
  Einsum: einsum,
}
