/** More operations of keras.ops: those that move, cut and repeat, products by an equation, statistics and curves. */
import { int, text } from '../../../graph/graph'
import { isObject } from '../../json'
import { type Lifted, physicalAxis } from '../../lift/builder'
import { concat, extremum, pad, pool, reduce, slice, softmax, split, squeeze, transpose } from '../../lift/operators'
import { type LayerContext, type LayerRule, numberIn, operandsOf, requireChannelsLast, sizesIn, textIn } from './rule'

const largest = 2 ** 31 - 1

/** One axis, counted from the front. Keras flattens where none is given, which no network that is read does. */
function axisIn(context: LayerContext, key = 'axis'): number {
  const { lift, name, x, config } = context
  const given = Array.isArray(config[key]) && config[key].length === 1 ? config[key][0] : config[key]
  if (typeof given !== 'number' || !Number.isInteger(given) || given < -x.rank || given >= x.rank)
    return lift.refuse(
      `The operation "${name}" (${context.kind}) works along other axes than one, which Espalier does not read.`,
    )
  return given < 0 ? given + x.rank : given
}

/** The shape of argument i of the call, as the file has it: extents, null where one is open. */
function shapeIn({ args }: LayerContext, i: number): readonly unknown[] {
  const given = args[i]
  const shape = isObject(given) && isObject(given.config) ? given.config.shape : undefined
  return Array.isArray(shape) ? shape : []
}

const unary =
  (op: string): LayerRule =>
  ({ lift, name, x }) =>
    lift.unary(op, name, x)

const einsum: LayerRule = (context) => {
  const { lift, name } = context
  const equation = textIn(context, 'subscripts', '').replaceAll(' ', '')
  const operands = operandsOf(context)
  const [inputs = '', result] = equation.split('->')
  const dots = '...'
  const spread = inputs.split(',').findIndex((letters) => letters.includes(dots))
  if (result === undefined || inputs.split(',').length !== operands.length)
    return lift.refuse(
      `The operation "${name}" has the Einsum equation "${equation}", which Espalier does not read. Name the result behind "->".`,
    )
  const lettersOf = (part: string | undefined) => (part ?? '').replaceAll(dots, '').length
  const more = spread < 0 ? 0 : (operands[spread] as Lifted).rank - lettersOf(inputs.split(',')[spread])
  const values = operands.map((each) => lift.last(each))
  const value = lift.node('Einsum', name, values, { equation: text(equation) })
  return { value, rank: lettersOf(result) + (result.includes(dots) ? more : 0), first: false, dtype: 'float' }
}

/** A product along the last axis of the one and the first of a table. */
const alongOne: LayerRule = (context) => {
  const { lift, name, config } = context
  const [a, b] = operandsOf(context)
  if (!a || b?.rank !== 2 || (config.axes ?? 1) !== 1)
    return lift.refuse(
      `The operation "${name}" multiplies otherwise than a value with a matrix, which Espalier does not read.`,
    )
  const value = lift.node('MatMul', name, [lift.last(a), lift.last(b)])
  return { value, rank: a.rank, first: false, dtype: 'float' }
}

const swapped: LayerRule = (context) => {
  const [a, b] = [axisIn(context, 'axis1'), axisIn(context, 'axis2')]
  const perm = Array.from({ length: context.x.rank }, (_, i) => (i === a ? b : i === b ? a : i))
  return transpose(context.lift, context.name, context.x, perm)
}

const moved: LayerRule = (context) => {
  const [from, to] = [axisIn(context, 'source'), axisIn(context, 'destination')]
  const perm = Array.from({ length: context.x.rank }, (_, i) => i).filter((axis) => axis !== from)
  perm.splice(to, 0, from)
  return transpose(context.lift, context.name, context.x, perm)
}

const flipped: LayerRule = (context) =>
  slice(context.lift, context.name, context.x, [{ axis: axisIn(context), begin: largest, end: -largest, step: -1 }])

/** What falls out at one end comes in at the other. */
const rolled: LayerRule = (context) => {
  const { lift, name, x } = context
  const axis = axisIn(context)
  const by = numberIn(context, 'shift', 0)
  if (by === 0) return x
  const tail = slice(lift, `${name}/tail`, x, [{ axis, begin: -by, end: largest, step: 1 }])
  const front = slice(lift, `${name}/front`, x, [{ axis, begin: 0, end: -by, step: 1 }])
  return concat(lift, name, [tail, front], axis)
}

const tiled: LayerRule = (context) => {
  const { lift, name, x, config } = context
  const repeats = Array.isArray(config.repeats) ? config.repeats.map(Number) : []
  if (repeats.length !== x.rank)
    return lift.refuse(
      `The operation "${name}" repeats a value along axes that it does not have, which Espalier does not read.`,
    )
  return { ...x, value: lift.node('Tile', name, [lift.last(x), lift.numbers(`${name}/times`, repeats)]), first: false }
}

/** Each position several times, one behind the other: an axis of its own that is repeated and joined. */
const repeated: LayerRule = (context) => {
  const { lift, name, x } = context
  const axis = axisIn(context)
  const times = sizesIn(context, 'repeats', 1)[0] as number
  const ones = (rank: number, at: number) => Array.from({ length: rank }, (_, i) => (i === at ? times : 1))
  const wide = lift.node('Unsqueeze', `${name}/wide`, [lift.last(x), lift.numbers('axes', [axis + 1])])
  const stretched = lift.node('Tile', `${name}/tiled`, [
    wide,
    lift.numbers(`${name}/times`, ones(x.rank + 1, axis + 1)),
  ])
  const shape = lift.node('Shape', `${name}/shape`, [lift.last(x)])
  const target = lift.node('Mul', `${name}/target`, [shape, lift.numbers(`${name}/grown`, ones(x.rank, axis))])
  return { ...x, value: lift.node('Reshape', name, [stretched, target]), first: false }
}

/** Into equal parts, or at given places. */
const parts: LayerRule = (context) => {
  const { lift, name, x, config } = context
  const axis = axisIn(context)
  const given = config.indices_or_sections
  if (Array.isArray(given)) {
    const ends = [0, ...given.map(Number), largest]
    return ends
      .slice(1)
      .map((end, i) => slice(lift, `${name}/${i}`, x, [{ axis, begin: ends[i] as number, end, step: 1 }]))
  }
  const count = sizesIn(context, 'indices_or_sections', 1)[0] as number
  // The size of equal parts follows from the extent, which inference knows.
  const held = x.first ? physicalAxis(axis, x.rank) : axis
  const outputs = lift.nodeOf('Split', name, [x.first ? x.value : lift.last(x)], { axis: int(held) }, count)
  return outputs.map((value) => ({ ...x, value }))
}

const unstacked: LayerRule = (context) => {
  const { lift, name, x } = context
  const axis = axisIn(context)
  const count = sizesIn(context, 'num', 1)[0] as number
  return split(lift, `${name}/parts`, x, axis, Array<number>(count).fill(1)).map((each, i) =>
    squeeze(lift, `${name}/${i}`, each, [axis]),
  )
}

/** Positions by numbers that the call names, or by a value of whole numbers. */
const taken: LayerRule = (context) => {
  const { lift, name, x, inputs, args } = context
  const axis = axisIn(context)
  const given = [args[1]].flat()
  const stored = given.length > 0 && given.every((each) => Number.isInteger(each))
  const [, other] = inputs
  if (!stored && other?.dtype !== 'integer')
    return lift.refuse(
      `The operation "${name}" takes positions by something else than whole numbers, which Espalier does not read.`,
    )
  const single = !Array.isArray(args[1])
  const at = stored ? lift.numbers(`${name}/at`, given as number[], single) : lift.last(other as Lifted)
  const rank = stored ? (single ? 0 : 1) : (other as Lifted).rank
  const value = lift.node('Gather', name, [lift.last(x), at], { axis: int(axis) })
  return { value, rank: x.rank - 1 + rank, first: false, dtype: x.dtype }
}

const padded: LayerRule = (context) => {
  const { lift, name, x, config, options } = context
  const mode = textIn(context, 'mode', 'constant')
  const widths = Array.isArray(config.pad_width) ? config.pad_width.map((each) => [each].flat().map(Number)) : []
  const modes: Readonly<Record<string, string>> = { constant: 'constant', reflect: 'reflect' }
  if (!Object.hasOwn(modes, mode) || widths.length !== x.rank)
    return lift.refuse(`The operation "${name}" pads in the mode "${mode}", which Espalier does not read.`)
  const fill = Number(options.constant_values ?? 0)
  const pairs = widths.map(([before = 0, after = before]) => [before, after])
  return pad(lift, name, x, pairs, modes[mode] as string, fill)
}

const triangle =
  (upper: boolean): LayerRule =>
  (context) => {
    const { lift, name, x } = context
    const k = lift.numbers(`${name}/diagonal`, [numberIn(context, 'k', 0)], true)
    const value = lift.node('Trilu', name, [lift.last(x), k], { upper: int(upper ? 1 : 0) })
    return { ...x, value, first: false }
  }

const added: LayerRule = (context) => {
  const { lift, name, x } = context
  const axis = lift.numbers(`${name}/axis`, [axisIn(context)], true)
  return { ...x, value: lift.node('CumSum', name, [lift.last(x), axis]), first: false }
}

const axesOf = ({ config, x }: LayerContext): number[] =>
  (config.axis ?? null) === null ? Array.from({ length: x.rank }, (_, i) => i) : [config.axis].flat().map(Number)

const reduction =
  (op: string): LayerRule =>
  (context) =>
    reduce(context.lift, op, context.name, context.x, axesOf(context), context.config.keepdims === true)

function variance(context: LayerContext, name: string): Lifted {
  const { lift, x, config } = context
  const mean = reduce(lift, 'ReduceMean', `${name}/mean`, x, axesOf(context), true)
  const centred = lift.elementwise('Sub', `${name}/centred`, [x, mean])
  const squares = lift.elementwise('Mul', `${name}/squares`, [centred, centred])
  return reduce(lift, 'ReduceMean', name, squares, axesOf(context), config.keepdims === true)
}

const normOf: LayerRule = (context) => {
  const { lift, name, config } = context
  const op = ({ 1: 'ReduceL1', 2: 'ReduceL2', fro: 'ReduceL2' } as Record<string, string>)[String(config.ord ?? 2)]
  if (!op)
    return lift.refuse(`The operation "${name}" takes the norm ${String(config.ord)}, which Espalier does not read.`)
  return reduction(op)(context)
}

/** x / max(its norm, epsilon) */
const normalised: LayerRule = (context) => {
  const { lift, name, x } = context
  if (numberIn(context, 'order', 2) !== 2)
    return lift.refuse(
      `The operation "${name}" normalises by another norm than the Euclidean, which Espalier does not read.`,
    )
  const norm = reduce(lift, 'ReduceL2', `${name}/norm`, x, [axisIn(context)], true)
  const least = lift.scalar(numberIn(context, 'epsilon', 1e-7))
  return lift.elementwise('Div', name, [x, lift.elementwise('Max', `${name}/least`, [norm, least])])
}

const oneHot: LayerRule = (context) => {
  const { lift, name, x } = context
  const depth = sizesIn(context, 'num_classes', 1)[0] as number
  if (numberIn(context, 'axis', -1) !== -1)
    return lift.refuse(
      `The operation "${name}" writes classes along another axis than the last, which Espalier does not read.`,
    )
  const values = lift.constant(`${name}/values`, { dtype: 'float32', dims: [2], data: Float32Array.of(0, 1) })
  // ONNX Runtime has it for indices of 64 bits beside a depth of 64 bits.
  const value = lift.node('OneHot', name, [
    lift.node('Cast', `${name}/ids`, [lift.last(x)], { to: int(7) }),
    lift.numbers(`${name}/depth`, [depth], true),
    lift.last(values),
  ])
  return { value, rank: x.rank + 1, first: false, dtype: 'float' }
}

const placeOf =
  (op: 'ArgMax' | 'ArgMin'): LayerRule =>
  (context) => {
    const { lift, name, x, config } = context
    if (config.keepdims !== true) return extremum(lift, op, name, x, axisIn(context))
    const found = extremum(lift, op, `${name}/found`, x, axisIn(context))
    const value = lift.node('Unsqueeze', name, [lift.last(found), lift.numbers('axes', [axisIn(context)])])
    return { ...found, value, rank: x.rank, first: false }
  }

const gated: LayerRule = (context) => {
  const { lift, name, x } = context
  const axis = axisIn(context)
  const held = x.first ? physicalAxis(axis, x.rank) : axis
  const [a, b] = lift.nodeOf('Split', `${name}/halves`, [x.first ? x.value : lift.last(x)], { axis: int(held) }, 2)
  const gate = lift.unary('Sigmoid', `${name}/gate`, { ...x, value: b as string })
  return lift.elementwise('Mul', name, [{ ...x, value: a as string }, gate])
}

const pooled =
  (op: 'MaxPool' | 'AveragePool'): LayerRule =>
  (context) => {
    requireChannelsLast(context)
    const { lift, name, x, config } = context
    const size = sizesIn(context, 'pool_size', x.rank - 2)
    const strides = (config.strides ?? null) === null ? size : sizesIn(context, 'strides', x.rank - 2)
    return pool(lift, op, name, x, size, strides, textIn(context, 'padding', 'valid') === 'same' ? 'SAME' : 'VALID')
  }

/** softmax(q k / sqrt(features)) v, head by head: [batch, steps, heads, features]. */
const attention: LayerRule = (context) => {
  const { lift, name, inputs, options, config } = context
  const [q, k, v] = inputs
  const features = Number(shapeIn(context, 0).at(-1))
  const extra =
    ['bias', 'mask'].some((key) => (options[key] ?? null) !== null) || (config.attn_logits_soft_cap ?? null) !== null
  if (!q || !k || !v || inputs.length !== 3 || extra || config.is_causal === true || !(features > 0))
    return lift.refuse(
      `The operation "${name}" attends with a mask, a bias or a cap, which Espalier does not read. Use the layer MultiHeadAttention.`,
    )
  const scale = typeof options.scale === 'number' ? options.scale : 1 / Math.sqrt(features)
  const turned = (x: Lifted, role: string, perm: number[]) => transpose(lift, `${name}/${role}`, x, perm)
  const product = (role: string, a: Lifted, b: Lifted): Lifted => ({
    value: lift.node('MatMul', `${name}/${role}`, [lift.last(a), lift.last(b)]),
    rank: 4,
    first: false,
    dtype: 'float',
  })
  const scores = product('scores', turned(q, 'q', [0, 2, 1, 3]), turned(k, 'k', [0, 2, 3, 1]))
  const scaled = lift.elementwise('Mul', `${name}/scaled`, [scores, lift.scalar(scale)])
  const shares = softmax(lift, 'Softmax', `${name}/shares`, scaled)
  return transpose(lift, name, product('mixed', shares, turned(v, 'v', [0, 2, 1, 3])), [0, 2, 1, 3])
}

/** The middle of an image; what is smaller is enlarged by Keras. */
const centred: LayerRule = (context) => {
  requireChannelsLast(context)
  const { lift, name, x } = context
  const wanted = ['height', 'width'].map((key) => sizesIn(context, key, 1)[0] as number)
  const extents = shapeIn(context, 0).slice(-3, -1).map(Number)
  if (extents.length !== 2 || extents.some((extent, i) => !(extent >= (wanted[i] as number))))
    return lift.refuse(
      `The layer "${name}" (CenterCrop) enlarges images, or does not say how large they are, which Espalier does not read. Use Cropping2D.`,
    )
  const ranges = wanted.map((size, i) => {
    const begin = Math.floor(((extents[i] as number) - size) / 2)
    return { axis: x.rank - 3 + i, begin, end: begin + size, step: 1 }
  })
  return slice(lift, name, x, ranges)
}

export const moreOperations: Readonly<Record<string, LayerRule>> = {
  Einsum: einsum,
  Tensordot: alongOne,
  Swapaxes: swapped,
  Moveaxis: moved,
  Flip: flipped,
  Roll: rolled,
  Tile: tiled,
  Repeat: repeated,
  Split: parts,
  Unstack: unstacked,
  Take: taken,
  Pad: padded,
  Tril: triangle(false),
  Triu: triangle(true),
  Cumsum: added,
  Prod: reduction('ReduceProd'),
  Logsumexp: reduction('ReduceLogSumExp'),
  Var: (context) => variance(context, context.name),
  Std: (context) => context.lift.unary('Sqrt', context.name, variance(context, `${context.name}/variance`)),
  Norm: normOf,
  Normalize: normalised,
  Argmax: placeOf('ArgMax'),
  Argmin: placeOf('ArgMin'),
  OneHot: oneHot,
  LogSoftmax: (context) => softmax(context.lift, 'LogSoftmax', context.name, context.x, numberIn(context, 'axis', -1)),
  Glu: gated,
  MaxPool: pooled('MaxPool'),
  AveragePool: pooled('AveragePool'),
  DotProductAttention: attention,
  CenterCrop: centred,
  Sin: unary('Sin'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Floor: unary('Floor'),
  Ceil: unary('Ceil'),
  Sign: unary('Sign'),
  Reciprocal: unary('Reciprocal'),
  Log1p: ({ lift, name, x }) => lift.unary('Log', name, lift.elementwise('Add', `${name}/more`, [x, lift.scalar(1)])),
  Expm1: ({ lift, name, x }) => lift.elementwise('Sub', name, [lift.unary('Exp', `${name}/exp`, x), lift.scalar(1)]),
  LogSigmoid: ({ lift, name, x }) =>
    lift.unary('Neg', name, lift.unary('Softplus', `${name}/softplus`, lift.unary('Neg', `${name}/minus`, x))),
  OnesLike: ({ lift, name, x }) => {
    const same = lift.node('Equal', `${name}/same`, [lift.last(x), lift.last(x)])
    return { ...x, value: lift.node('Cast', name, [same], { to: int(1) }), first: false, dtype: 'float' }
  },
}
