/** Elementwise operations of one operand. */
import * as tf from '@tensorflow/tfjs-core'
import { relu6Gradient, reluGradient } from '../native/elementwise'
import { ownKernel } from './channels'
import { type AttributeMap, type GradientContext, numberOf, type Operation, registerOperation } from './operation'

type Rule = (dy: tf.Tensor, value: tf.Tensor, attributes: AttributeMap) => tf.Tensor

function unary(
  op: string,
  run: (x: tf.Tensor, attributes: AttributeMap) => tf.Tensor,
  reads: 'input' | 'output' | 'nothing',
  rule?: Rule,
): void {
  const needs: Operation['needs'] = reads === 'input' ? { inputs: 'all' } : reads === 'output' ? { outputs: true } : {}
  registerOperation({
    op,
    needs,
    run: ([x], attributes) => [run(x as tf.Tensor, attributes)],
    ...(rule
      ? {
          gradient(context: GradientContext) {
            const value = (reads === 'input' ? context.inputs[0] : context.outputs[0]) as tf.Tensor
            return [rule(context.dy[0] as tf.Tensor, value, context.attributes)]
          },
        }
      : {}),
  })
}

const one = (x: tf.Tensor) => tf.sub(1, x)

/** Through the backend's own kernel where it has one. */
const through =
  (name: string, otherwise: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor): Rule =>
  (dy, y) =>
    ownKernel(name)?.({ dy, y }) ?? otherwise(dy, y)

unary(
  'Relu',
  tf.relu,
  'output',
  through(reluGradient, (dy, y) => tf.mul(dy, tf.step(y))),
)
unary(
  'Relu6',
  tf.relu6,
  'output',
  through(relu6Gradient, (dy, y) => tf.mul(dy, tf.mul(tf.step(y), tf.step(tf.sub(6, y))))),
)
unary('Elu', tf.elu, 'output', (dy, y) => tf.mul(dy, tf.add(tf.step(y), tf.mul(one(tf.step(y)), tf.add(y, 1)))))
unary(
  'LeakyRelu',
  (x, a) => tf.leakyRelu(x, numberOf(a, 'alpha')),
  'input',
  (dy, x, a) => tf.mul(dy, tf.step(x, numberOf(a, 'alpha'))),
)
unary('Sigmoid', tf.sigmoid, 'output', (dy, y) => tf.mul(dy, tf.mul(y, one(y))))
unary('Tanh', tf.tanh, 'output', (dy, y) => tf.mul(dy, one(tf.square(y))))
unary('Softplus', tf.softplus, 'input', (dy, x) => tf.mul(dy, tf.sigmoid(x)))
unary('Erf', tf.erf, 'input', (dy, x) => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x))))))
unary('Sqrt', tf.sqrt, 'output', (dy, y) => tf.div(dy, tf.mul(2, y)))
unary('Rsqrt', tf.rsqrt, 'output', (dy, y) => tf.mul(dy, tf.mul(-0.5, tf.mul(y, tf.square(y)))))
unary('Exp', tf.exp, 'output', (dy, y) => tf.mul(dy, y))
unary('Log', tf.log, 'input', (dy, x) => tf.div(dy, x))
unary('Neg', tf.neg, 'nothing', (dy) => tf.neg(dy))
unary('Abs', tf.abs, 'input', (dy, x) => tf.mul(dy, tf.sign(x)))
unary('Square', tf.square, 'input', (dy, x) => tf.mul(dy, tf.mul(2, x)))
unary('Reciprocal', tf.reciprocal, 'output', (dy, y) => tf.neg(tf.mul(dy, tf.square(y))))
unary('Sin', tf.sin, 'input', (dy, x) => tf.mul(dy, tf.cos(x)))
unary('Cos', tf.cos, 'input', (dy, x) => tf.neg(tf.mul(dy, tf.sin(x))))
unary('Tan', tf.tan, 'output', (dy, y) => tf.mul(dy, tf.add(tf.square(y), 1)))
unary('Asin', tf.asin, 'input', (dy, x) => tf.mul(dy, tf.rsqrt(one(tf.square(x)))))
unary('Acos', tf.acos, 'input', (dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(one(tf.square(x))))))
unary('Atan', tf.atan, 'input', (dy, x) => tf.div(dy, tf.add(tf.square(x), 1)))
unary('Sinh', tf.sinh, 'input', (dy, x) => tf.mul(dy, tf.cosh(x)))
unary('Cosh', tf.cosh, 'input', (dy, x) => tf.mul(dy, tf.sinh(x)))
unary('Asinh', tf.asinh, 'input', (dy, x) => tf.mul(dy, tf.rsqrt(tf.add(tf.square(x), 1))))
unary('Acosh', tf.acosh, 'input', (dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(tf.square(x), 1))))
unary('Atanh', tf.atanh, 'input', (dy, x) => tf.div(dy, one(tf.square(x))))
const flat: Rule = (dy) => tf.zerosLike(dy)
unary('Floor', tf.floor, 'nothing', flat)
unary('Ceil', tf.ceil, 'nothing', flat)
unary('Round', tf.round, 'nothing', flat)
unary('Sign', tf.sign, 'nothing', flat)
unary(
  'Identity',
  (x) => x.clone(),
  'nothing',
  (dy) => dy.clone(),
)
unary(
  'ClipByValue',
  (x, a) => tf.clipByValue(x, numberOf(a, 'clip_value_min'), numberOf(a, 'clip_value_max')),
  'input',
  (dy, x, a) =>
    tf.mul(
      dy,
      tf.cast(
        tf.logicalAnd(
          tf.greaterEqual(x, numberOf(a, 'clip_value_min')),
          tf.lessEqual(x, numberOf(a, 'clip_value_max')),
        ),
        'float32',
      ),
    ),
)
unary(
  'Softmax',
  (x) => tf.softmax(x),
  'output',
  (dy, y) => tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true))),
)
unary(
  'LogSoftmax',
  (x) => tf.logSoftmax(x),
  'output',
  (dy, y) => tf.sub(dy, tf.mul(tf.exp(y), tf.sum(dy, -1, true))),
)
unary(
  'Cast',
  (x, a) => tf.cast(x, a.DstT as 'float32'),
  'nothing',
  (dy) => dy.clone(),
)
