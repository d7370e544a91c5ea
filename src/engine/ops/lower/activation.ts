/** Lowering of elementwise operators with one operand; compound ones are written out in TF's terms. */
import { numberAttribute, stringAttribute } from '../../graph/graph'
import { toNumbers } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { binaryEmit, constantSize, scalar, unaryEmit } from './common'

const direct: Readonly<Record<string, string>> = {
  Relu: 'Relu',
  Sigmoid: 'Sigmoid',
  Tanh: 'Tanh',
  Softplus: 'Softplus',
  Erf: 'Erf',
  Sqrt: 'Sqrt',
  Exp: 'Exp',
  Log: 'Log',
  Neg: 'Neg',
  Abs: 'Abs',
  Reciprocal: 'Reciprocal',
  Sin: 'Sin',
  Cos: 'Cos',
  Tan: 'Tan',
  Asin: 'Asin',
  Acos: 'Acos',
  Atan: 'Atan',
  Sinh: 'Sinh',
  Cosh: 'Cosh',
  Asinh: 'Asinh',
  Acosh: 'Acosh',
  Atanh: 'Atanh',
  Floor: 'Floor',
  Ceil: 'Ceil',
  Round: 'Round',
  Sign: 'Sign',
}

/** A number of the activation by its name. */
type Numbers = (name: string, fallback: number) => number

type Rule = (context: LoweringContext, x: Register, of: Numbers) => Register

const times = (context: LoweringContext, x: Register, factor: number) =>
  binaryEmit(context, 'Mul', x, scalar(context, factor))
const plus = (context: LoweringContext, x: Register, term: number) =>
  binaryEmit(context, 'AddV2', x, scalar(context, term))
const clip = (context: LoweringContext, x: Register, low: number, high: number) =>
  unaryEmit(context, 'ClipByValue', x, { clip_value_min: low, clip_value_max: high })

/** exp(min(x, 0)) - 1, the part of the exponential units below zero. */
const below = (context: LoweringContext, x: Register) =>
  plus(context, unaryEmit(context, 'Exp', binaryEmit(context, 'Minimum', x, scalar(context, 0))), -1)

const exponentialUnit = (context: LoweringContext, x: Register, gain: number, alpha: number): Register => {
  const above = unaryEmit(context, 'Relu', x)
  const sum = binaryEmit(context, 'AddV2', above, times(context, below(context, x), alpha))
  return gain === 1 ? sum : times(context, sum, gain)
}

const attribute = (context: LoweringContext, name: string, fallback: number) =>
  numberAttribute(context.node, name, fallback)

const compound: Readonly<Record<string, Rule>> = {
  LeakyRelu: (c, x, of) => unaryEmit(c, 'LeakyRelu', x, { alpha: of('alpha', 0.01) }),
  Elu(c, x, of) {
    const alpha = of('alpha', 1)
    return alpha === 1 ? unaryEmit(c, 'Elu', x) : exponentialUnit(c, x, 1, alpha)
  },
  Selu: (c, x, of) => exponentialUnit(c, x, of('gamma', 1.0507009873554805), of('alpha', 1.6732632423543772)),
  Celu(c, x, of) {
    const alpha = of('alpha', 1)
    const above = unaryEmit(c, 'Relu', x)
    return binaryEmit(c, 'AddV2', above, times(c, below(c, times(c, x, 1 / alpha)), alpha))
  },
  ThresholdedRelu(c, x, of) {
    const passes = binaryEmit(c, 'Greater', x, scalar(c, of('alpha', 1)))
    return binaryEmit(c, 'Mul', x, unaryEmit(c, 'Cast', passes, { DstT: 'float32' }))
  },
  HardSigmoid: (c, x, of) => clip(c, plus(c, times(c, x, of('alpha', 0.2)), of('beta', 0.5)), 0, 1),
  HardSwish: (c, x) => binaryEmit(c, 'Mul', x, clip(c, plus(c, times(c, x, 1 / 6), 0.5), 0, 1)),
  Mish: (c, x) => binaryEmit(c, 'Mul', x, unaryEmit(c, 'Tanh', unaryEmit(c, 'Softplus', x))),
  Shrink(c, x, of) {
    const beyond = binaryEmit(c, 'Greater', unaryEmit(c, 'Abs', x), scalar(c, of('lambd', 0.5)))
    const nearer = binaryEmit(c, 'Sub', x, times(c, unaryEmit(c, 'Sign', x), of('bias', 0)))
    return binaryEmit(c, 'Mul', nearer, unaryEmit(c, 'Cast', beyond, { DstT: 'float32' }))
  },
  Softsign: (c, x) => binaryEmit(c, 'RealDiv', x, plus(c, unaryEmit(c, 'Abs', x), 1)),
  Gelu(c, x) {
    if (stringAttribute(c.node, 'approximate', 'none') === 'tanh') {
      const cubed = binaryEmit(c, 'Mul', unaryEmit(c, 'Square', x), x)
      const inner = times(c, binaryEmit(c, 'AddV2', x, times(c, cubed, 0.044715)), Math.sqrt(2 / Math.PI))
      return binaryEmit(c, 'Mul', times(c, x, 0.5), plus(c, unaryEmit(c, 'Tanh', inner), 1))
    }
    const gate = plus(c, unaryEmit(c, 'Erf', times(c, x, Math.SQRT1_2)), 1)
    return binaryEmit(c, 'Mul', times(c, x, 0.5), gate)
  },
}

export function lowerActivation(context: LoweringContext): void {
  const x = context.input(0, context.layoutOf(0))
  const made = activate(context, context.node.op, x, (name, fallback) => attribute(context, name, fallback))
  context.output(0, made ?? context.fail('there is no operation for it'))
}

/** The operator applied to a value; undefined where there is no operation for it. */
export function activate(context: LoweringContext, op: string, x: Register, of: Numbers): Register | undefined {
  const name = direct[op]
  return name ? unaryEmit(context, name, x) : compound[op]?.(context, x, of)
}

/** Identity and Dropout: the value goes on under another name. */
export const lowerNothing = (context: LoweringContext): void => context.output(0, context.input(0, context.layoutOf(0)))

export function lowerClip(context: LoweringContext): void {
  const x = context.input(0, context.layoutOf(0))
  const limit = (i: number): number | undefined => {
    if (!context.has(i)) return undefined
    const constant = context.constant(i)
    if (!constant || constantSize(constant) !== 1) return context.fail('its limits are not constant numbers')
    return toNumbers(constant)[0]
  }
  const low = limit(1)
  const high = limit(2)
  if (low === 0 && high === 6) context.output(0, unaryEmit(context, 'Relu6', x))
  else if (low === 0 && high === undefined) context.output(0, unaryEmit(context, 'Relu', x))
  else if (low !== undefined && high !== undefined) context.output(0, clip(context, x, low, high))
  else if (low !== undefined) context.output(0, binaryEmit(context, 'Maximum', x, scalar(context, low)))
  else if (high !== undefined) context.output(0, binaryEmit(context, 'Minimum', x, scalar(context, high)))
  else context.output(0, x)
}

const castNames: Readonly<Record<number, string>> = {
  1: 'float32',
  6: 'int32',
  7: 'int32',
  9: 'bool',
  10: 'float32',
  11: 'float32',
}

export function lowerCast(context: LoweringContext): void {
  const to = attribute(context, 'to', 0)
  const name = castNames[to] ?? context.fail(`it casts to the type ${to}`)
  context.output(0, unaryEmit(context, 'Cast', context.input(0, context.layoutOf(0)), { DstT: name }))
}
