/** Operations of keras.ops that Keras 3 writes into functional networks: arithmetic on values, and how masks are handed on. */
import { float, int, ints } from '../../../graph/graph'
import { isObject } from '../../json'
import { activation, clip, tanhGelu } from '../../lift/activations'
import type { Lift, Lifted } from '../../lift/builder'
import { concat, reduce, slice, squeeze, transpose } from '../../lift/operators'
import { type LayerContext, type LayerRule, numberIn, operandsOf } from './rule'

const truth = (value: string, rank: number): Lifted => ({ value, rank, first: false, dtype: 'bool' })

const asFloats = (lift: Lift, name: string, x: Lifted): string =>
  lift.node('Cast', `${name}/numbers`, [lift.last(x)], { to: int(1) })

/** How two values, or a value and a number, stand to one another. */
const comparison =
  (op: 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual', not = false): LayerRule =>
  (context) => {
    const { lift, name } = context
    const operands = twoOf(context).map((each, i): Lifted => {
      if (each.dtype === 'float') return each
      return { ...each, value: asFloats(lift, `${name}/${i}`, each), first: false, dtype: 'float' }
    })
    const made = lift.elementwise(op, not ? `${name}/same` : name, operands, 'bool')
    return not ? lift.unary('Not', name, made) : made
  }

function twoOf(context: LayerContext): Lifted[] {
  const operands = operandsOf(context)
  if (operands.length !== 2)
    context.lift.refuse(
      `The operation "${context.name}" (${context.kind}) works on something else than two values, which Espalier does not read.`,
    )
  return operands
}

const logical =
  (op: 'And' | 'Or'): LayerRule =>
  ({ lift, name, inputs }) =>
    lift.elementwise(op, name, inputs, 'bool')

const expandDims: LayerRule = (context) => {
  const { lift, name, x } = context
  const given = numberIn(context, 'axis', -1)
  const axis = given < 0 ? given + x.rank + 1 : given
  const value = lift.node('Unsqueeze', name, [lift.last(x), lift.numbers('axes', [axis])])
  return { ...x, value, rank: x.rank + 1, first: false }
}

/** Nowhere true, as wide as what it is like. */
const zerosLike: LayerRule = ({ lift, name, x }) => {
  const same = lift.node('Equal', `${name}/same`, [lift.last(x), lift.last(x)])
  return truth(lift.node('Not', name, [same]), x.rank)
}

/** Whether any (or all) of an axis is true. */
const overAxis =
  (op: 'ReduceMax' | 'ReduceMin'): LayerRule =>
  (context) => {
    const { lift, name, x, config } = context
    const given = numberIn(context, 'axis', -1)
    const axis = given < 0 ? given + x.rank : given
    const keep = config.keepdims === true
    const most = lift.node(op, `${name}/most`, [asFloats(lift, name, x)], {
      axes: ints([axis]),
      keepdims: int(keep ? 1 : 0),
    })
    return truth(lift.node('Cast', name, [most], { to: int(9) }), keep ? x.rank : x.rank - 1)
  }

const binary =
  (op: string): LayerRule =>
  (context) =>
    context.lift.elementwise(op, context.name, twoOf(context))

const unary =
  (op: string): LayerRule =>
  ({ lift, name, x }) =>
    lift.unary(op, name, x)

const active =
  (kind: string): LayerRule =>
  (context) =>
    activation(context.lift, kind, context.name, context.x)

const square: LayerRule = ({ lift, name, x }) => lift.elementwise('Mul', name, [x, x])

const axesIn = ({ config, x }: LayerContext): number[] => {
  const given = config.axis ?? null
  if (given === null) return Array.from({ length: x.rank }, (_, i) => i)
  return (Array.isArray(given) ? given : [given]).map(Number)
}

const reduction =
  (op: string): LayerRule =>
  (context) =>
    reduce(context.lift, op, context.name, context.x, axesIn(context), context.config.keepdims === true)

/** An index, slices, and what stands for all axes that are not named. */
const getItem: LayerRule = ({ lift, name, x, args }) => {
  const given = Array.isArray(args[1]) ? args[1] : [args[1]]
  const isAll = (each: unknown) => isObject(each) && each.class_name === '__ellipsis__'
  const rest = x.rank - given.filter((each) => !isAll(each) && each !== null).length
  const items = given.flatMap((each) => (isAll(each) ? Array(rest).fill(whole) : [each]))
  const gone: number[] = []
  const ranges = items
    .filter((each) => each !== null)
    .flatMap((each, axis) => {
      if (typeof each === 'number') {
        gone.push(axis)
        return [{ axis, begin: each, end: each === -1 ? largest : each + 1, step: 1 }]
      }
      const part = isObject(each) && isObject(each.config) ? each.config : {}
      if (!(isObject(each) && each.class_name === '__slice__'))
        return lift.refuse(`The operation "${name}" takes positions by a value, which Espalier does not read.`)
      const [start = null, stop = null, step = null] = [part.start, part.stop, part.step]
      if (start === null && stop === null && step === null) return []
      const by = Number(step ?? 1)
      const [from, to] = by < 0 ? [largest, -largest] : [0, largest]
      return [{ axis, begin: Number(start ?? from), end: Number(stop ?? to), step: by }]
    })
  const taken = ranges.length === 0 ? x : slice(lift, `${name}/taken`, x, ranges)
  const left = gone.length === 0 ? taken : squeeze(lift, `${name}/left`, taken, gone)
  // Where None stands, an axis is added.
  const added: number[] = []
  let at = 0
  for (const each of items) {
    if (each === null) added.push(at)
    if (typeof each !== 'number') at++
  }
  if (added.length === 0) return left
  const value = lift.node('Unsqueeze', name, [lift.last(left), lift.numbers('axes', added)])
  return { ...left, value, rank: left.rank + added.length, first: false }
}
const largest = 2 ** 31 - 1
const whole = { class_name: '__slice__', config: {} }

const clipped: LayerRule = (context) =>
  clip(context.lift, context.name, context.x, numberIn(context, 'x_min', 0), numberIn(context, 'x_max', 1))

const matMul: LayerRule = (context) => {
  const { lift, name } = context
  const [a, b] = operandsOf(context)
  if (!a || !b) return lift.invalid(`The operation "${name}" multiplies two values and is given one.`)
  const value = lift.node('MatMul', name, [lift.last(a), lift.last(b)])
  return { value, rank: Math.max(a.rank, b.rank), first: false, dtype: 'float' }
}

const types: Readonly<Record<string, readonly [number, Lifted['dtype']]>> = {
  float16: [1, 'float'],
  bfloat16: [1, 'float'],
  float32: [1, 'float'],
  float64: [1, 'float'],
  int32: [6, 'integer'],
  int64: [7, 'integer'],
  bool: [9, 'bool'],
}

const cast: LayerRule = ({ lift, name, x, config }) => {
  const [to, dtype] =
    types[String(config.dtype)] ??
    lift.refuse(
      `The operation "${name}" casts to ${String(config.dtype)}, which Espalier does not read; it reads floats, int32, int64 and bool.`,
    )
  return lift.unary('Cast', name, x, { to: int(to) }, dtype)
}

/** One of two values, by a truth value. */
const chosen: LayerRule = (context) => {
  const operands = operandsOf(context)
  if (operands.length !== 3)
    return context.lift.refuse(
      `The operation "${context.name}" (Where) does not choose between two values, which Espalier does not read.`,
    )
  return context.lift.elementwise('Where', context.name, operands)
}

const reciprocalRoot: LayerRule = ({ lift, name, x }) =>
  lift.unary('Reciprocal', name, lift.unary('Sqrt', `${name}/root`, x))

const stack: LayerRule = (context) => {
  const { lift, name, inputs, x } = context
  const given = numberIn(context, 'axis', 0)
  const axis = given < 0 ? given + x.rank + 1 : given
  const parts = inputs.map((each, i): Lifted => {
    const value = lift.node('Unsqueeze', `${name}/part_${i}`, [lift.last(each), lift.numbers('axes', [axis])])
    return { ...each, value, rank: each.rank + 1, first: false }
  })
  return concat(lift, name, parts, axis)
}

const squeezed: LayerRule = (context) => squeeze(context.lift, context.name, context.x, axesIn(context))

const transposed: LayerRule = ({ lift, name, x, config }) => {
  const axes = Array.isArray(config.axes)
    ? config.axes.map(Number)
    : Array.from({ length: x.rank }, (_, i) => x.rank - 1 - i)
  return transpose(lift, name, x, axes)
}

export const operationLayers: Readonly<Record<string, LayerRule>> = {
  TrueDivide: binary('Div'),
  Divide: binary('Div'),
  Power: binary('Pow'),
  Matmul: matMul,
  GetItem: getItem,
  Clip: clipped,
  Stack: stack,
  Squeeze: squeezed,
  Transpose: transposed,
  Mean: reduction('ReduceMean'),
  Sum: reduction('ReduceSum'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Sqrt: unary('Sqrt'),
  Abs: unary('Abs'),
  Absolute: unary('Abs'),
  Negative: unary('Neg'),
  Square: square,
  Relu: active('relu'),
  Relu6: active('relu6'),
  Sigmoid: active('sigmoid'),
  Tanh: active('tanh'),
  Silu: active('silu'),
  Softplus: active('softplus'),
  Softsign: active('softsign'),
  Selu: active('selu'),
  HardSigmoid: active('hard_sigmoid'),
  HardSilu: active('hard_silu'),
  LeakyRelu: (context) =>
    context.lift.unary('LeakyRelu', context.name, context.x, {
      alpha: float(numberIn(context, 'negative_slope', 0.2)),
    }),
  Elu: (context) => context.lift.unary('Elu', context.name, context.x, { alpha: float(numberIn(context, 'alpha', 1)) }),
  Gelu: (context) =>
    context.config.approximate === false
      ? activation(context.lift, 'gelu', context.name, context.x)
      : tanhGelu(context.lift, context.name, context.x),
  NotEqual: comparison('Equal', true),
  Equal: comparison('Equal'),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Where: chosen,
  Cast: cast,
  ConvertToTensor: ({ x }) => x,
  Rsqrt: reciprocalRoot,
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalNot: ({ lift, name, x }) => lift.unary('Not', name, x),
  ExpandDims: expandDims,
  ZerosLike: zerosLike,
  Any: overAxis('ReduceMax'),
  All: overAxis('ReduceMin'),
}
