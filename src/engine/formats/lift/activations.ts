/** Activations that are several operators here, by the names that Keras and TensorFlow give them. */
import { float } from '../../graph/graph'
import type { Lift, Lifted } from './builder'
import { softmax } from './operators'

type Rule = (lift: Lift, name: string, x: Lifted) => Lifted

const times = (lift: Lift, name: string, x: Lifted, gate: Lifted) => lift.elementwise('Mul', `${name}/Mul`, [x, gate])

/** Limits to [low, high]; either may be left out. */
export function clip(lift: Lift, name: string, x: Lifted, low: number | undefined, high: number | undefined): Lifted {
  const bound = (value: number | undefined) =>
    value === undefined ? '' : lift.last(lift.scalar(value, `${name}/bound`))
  const inputs = [x.value, bound(low), bound(high)]
  while (inputs.at(-1) === '') inputs.pop()
  return { value: lift.node('Clip', name, inputs), rank: x.rank, first: x.first, dtype: x.dtype }
}

const plain =
  (op: string): Rule =>
  (lift, name, x) =>
    lift.unary(op, name, x)

const erfGelu: Rule = (lift, name, x) => {
  const scaled = lift.elementwise('Mul', `${name}/scaled`, [x, lift.scalar(Math.SQRT1_2)])
  const erf = lift.unary('Erf', `${name}/Erf`, scaled)
  const half = lift.elementwise('Mul', `${name}/half`, [x, lift.scalar(0.5)])
  return lift.elementwise('Mul', name, [half, lift.elementwise('Add', `${name}/one`, [erf, lift.scalar(1)])])
}

/** With tanh, as `gelu(approximate=True)`. */
export const tanhGelu: Rule = (lift, name, x) => {
  const cube = lift.elementwise('Mul', `${name}/cube`, [lift.elementwise('Mul', `${name}/square`, [x, x]), x])
  const small = lift.elementwise('Mul', `${name}/small`, [cube, lift.scalar(0.044715)])
  const inner = lift.elementwise('Add', `${name}/inner`, [x, small])
  const scaled = lift.elementwise('Mul', `${name}/scaled`, [inner, lift.scalar(Math.sqrt(2 / Math.PI))])
  const tanh = lift.unary('Tanh', `${name}/Tanh`, scaled)
  const half = lift.elementwise('Mul', `${name}/half`, [x, lift.scalar(0.5)])
  return lift.elementwise('Mul', name, [half, lift.elementwise('Add', `${name}/one`, [tanh, lift.scalar(1)])])
}

const rules: Readonly<Record<string, Rule>> = {
  linear: (_lift, _name, x) => x,
  relu: plain('Relu'),
  relu6: (lift, name, x) => clip(lift, name, x, 0, 6),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  elu: plain('Elu'),
  selu: (lift, name, x) =>
    lift.unary('Selu', name, x, { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) }),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  exponential: plain('Exp'),
  softmax: (lift, name, x) => softmax(lift, 'Softmax', name, x),
  log_softmax: (lift, name, x) => softmax(lift, 'LogSoftmax', name, x),
  silu: (lift, name, x) => times(lift, name, x, lift.unary('Sigmoid', `${name}/Sigmoid`, x)),
  gelu: erfGelu,
  leaky_relu: (lift, name, x) => lift.unary('LeakyRelu', name, x, { alpha: float(0.2) }),
  hard_sigmoid: (lift, name, x) => lift.unary('HardSigmoid', name, x, { alpha: float(1 / 6), beta: float(0.5) }),
  hard_silu: (lift, name, x) => lift.unary('HardSwish', name, x),
  mish: (lift, name, x) =>
    times(lift, name, x, lift.unary('Tanh', `${name}/Tanh`, lift.unary('Softplus', `${name}/Softplus`, x))),
}
const aliases: Readonly<Record<string, string>> = {
  swish: 'silu',
  hard_swish: 'hard_silu',
  hardSigmoid: 'hard_sigmoid',
  leakyrelu: 'leaky_relu',
  exp: 'exponential',
}

/**
 * @param older Keras 2 and TF.js limit 0.2 x + 0.5 in their hard sigmoid, Keras 3 x / 6 + 0.5
 * @throws MODEL_UNSUPPORTED_OPERATOR
 */
export function activation(lift: Lift, kind: string, name: string, x: Lifted, older = false): Lifted {
  const known = aliases[kind] ?? kind
  if (older && known === 'hard_sigmoid') {
    return lift.unary('HardSigmoid', name, x, { alpha: float(0.2), beta: float(0.5) })
  }
  const rule = Object.hasOwn(rules, known) ? rules[known] : undefined
  if (!rule)
    return lift.refuse(
      `The activation "${kind}" of "${name}" is not known to Espalier. Use one that Keras documents, or export the network to ONNX.`,
    )
  return rule(lift, known === 'linear' ? name : `${name}`, x)
}
