/** Operators of one element at a time. */
import { float, int } from '../../../graph/graph'
import { activation, clip } from '../../lift/activations'
import type { Lifted } from '../../lift/builder'
import { softmax } from '../../lift/operators'
import type { Rule } from './rule'

const activations: Readonly<Record<string, string>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Selu: 'selu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  Softplus: 'softplus',
  Softsign: 'softsign',
}
const same =
  'Erf Sqrt Exp Log Neg Abs Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Floor Ceil Round Sign Reciprocal'.split(
    ' ',
  )
const operands: Readonly<Record<string, string>> = {
  Sub: 'Sub',
  Mul: 'Mul',
  RealDiv: 'Div',
  Div: 'Div',
  Pow: 'Pow',
  Maximum: 'Max',
  Minimum: 'Min',
  Prelu: 'PRelu',
}
const comparisons: Readonly<Record<string, string>> = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
}
const casts: Readonly<Record<string, readonly [number, Lifted['dtype']]>> = {
  DT_FLOAT: [1, 'float'],
  DT_INT32: [7, 'integer'],
  DT_INT64: [7, 'integer'],
  DT_BOOL: [9, 'bool'],
}

const scaled =
  (value: number): Rule =>
  ({ lift, name, input }) =>
    lift.elementwise('Add', name, [
      lift.elementwise('Mul', `${name}/zero`, [input(0), lift.scalar(0)]),
      lift.scalar(value),
    ])

const square: Rule = ({ lift, name, input }) => lift.elementwise('Mul', name, [input(0), input(0)])

const special: Readonly<Record<string, Rule>> = {
  LeakyRelu: ({ lift, name, node, input }) =>
    lift.unary('LeakyRelu', name, input(0), { alpha: float(node.number('alpha', 0.2)) }),
  Square: square,
  Rsqrt: ({ lift, name, input }) => lift.unary('Reciprocal', name, lift.unary('Sqrt', `${name}/Sqrt`, input(0))),
  FloorMod({ lift, name, input }) {
    // Of whole numbers, ONNX' own has the sign of the divisor too.
    if (input(0).dtype === 'integer') return lift.elementwise('Mod', name, [input(0), input(1)])
    const whole = lift.unary('Floor', `${name}/Floor`, lift.elementwise('Div', `${name}/Div`, [input(0), input(1)]))
    return lift.elementwise('Sub', name, [input(0), lift.elementwise('Mul', `${name}/Mul`, [whole, input(1)])])
  },
  SquaredDifference({ lift, name, input }) {
    const difference = lift.elementwise('Sub', `${name}/Sub`, [input(0), input(1)])
    return lift.elementwise('Mul', name, [difference, difference])
  },
  ClipByValue: ({ lift, name, input, constant }) => clip(lift, name, input(0), constant(1)[0], constant(2)[0]),
  Softmax: ({ lift, name, input }) => softmax(lift, 'Softmax', name, input(0)),
  LogSoftmax: ({ lift, name, input }) => softmax(lift, 'LogSoftmax', name, input(0)),
  OnesLike: scaled(1),
  ZerosLike: scaled(0),
  LogicalNot: ({ lift, name, input }) => lift.unary('Not', name, input(0), {}, 'bool'),
  AddN({ lift, name, inputs }) {
    return inputs
      .slice(1)
      .reduce(
        (sum, next, i) => lift.elementwise('Add', i === inputs.length - 2 ? name : `${name}/${i}`, [sum, next]),
        inputs[0] as Lifted,
      )
  },
  SelectV2: ({ lift, name, input }) => lift.elementwise('Where', name, [input(0), input(1), input(2)]),
  Cast({ lift, name, node, input }) {
    const to = casts[node.type('DstT') ?? '']
    if (!to) return lift.refuse(`Node "${name}" casts to ${node.type('DstT')}, which Espalier does not follow.`)
    const x = input(0)
    if (to[1] === x.dtype) return x
    return lift.unary('Cast', name, x, { to: int(to[0]) }, to[1])
  },
}

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(activations).map(([op, kind]): [string, Rule] => [
      op,
      ({ lift, name, input }) => activation(lift, kind, name, input(0)),
    ]),
  ),
  ...Object.fromEntries(
    same.map((op): [string, Rule] => [op, ({ lift, name, input }) => lift.unary(op, name, input(0))]),
  ),
  ...Object.fromEntries(
    Object.entries(operands).map(([op, onnx]): [string, Rule] => [
      op,
      ({ lift, name, input }) => lift.elementwise(onnx, name, [input(0), input(1)]),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(comparisons).map(([op, onnx]): [string, Rule] => [
      op,
      ({ lift, name, input }) => lift.elementwise(onnx, name, [input(0), input(1)], 'bool'),
    ]),
  ),
  ...special,
}
