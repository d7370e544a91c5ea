/** Elementwise operations of two operands, with broadcasting. */
import * as tf from '@tensorflow/tfjs-core'
import { sumTo } from './broadcast'
import { type GradientContext, type Operation, registerOperation } from './operation'

type Pair = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

const flowing = (context: GradientContext): tf.Tensor => context.dy[0] as tf.Tensor
const shapeOf = (context: GradientContext, i: number): readonly number[] => context.inputShapes[i] as readonly number[]

/** An operation whose gradients are rules of (dy, a, b, y), each summed to its operand's shape. */
function binary(
  op: string,
  run: Pair,
  needs: Operation['needs'],
  left?: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor) => tf.Tensor,
  right?: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor) => tf.Tensor,
): void {
  registerOperation({
    op,
    ...(needs ? { needs } : {}),
    run: ([a, b]) => [run(a as tf.Tensor, b as tf.Tensor)],
    ...(left && right
      ? {
          gradient(context: GradientContext) {
            const [a, b] = context.inputs as [tf.Tensor, tf.Tensor]
            const y = context.outputs[0] as tf.Tensor
            const rule = (i: number, f: typeof left) =>
              context.wants(i) ? sumTo(f(flowing(context), a, b, y), shapeOf(context, i)) : null
            return [rule(0, left), rule(1, right)]
          },
        }
      : {}),
  })
}

const same = (dy: tf.Tensor) => dy
binary('AddV2', tf.add, undefined, same, same)
binary('Sub', tf.sub, undefined, same, (dy) => tf.neg(dy))
binary(
  'Mul',
  tf.mul,
  { inputs: 'all' },
  (dy, _, b) => tf.mul(dy, b),
  (dy, a) => tf.mul(dy, a),
)
binary(
  'RealDiv',
  tf.div,
  { inputs: 'all' },
  (dy, _, b) => tf.div(dy, b),
  (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
)
binary(
  'Pow',
  tf.pow,
  { inputs: 'all', outputs: true },
  (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
  (dy, a, _, y) => tf.mul(dy, tf.mul(y, tf.where(tf.greater(a, 0), tf.log(a), tf.zerosLike(a)))),
)
const mask = (condition: tf.Tensor) => tf.cast(condition, 'float32')
binary(
  'Maximum',
  tf.maximum,
  { inputs: 'all' },
  (dy, a, b) => tf.mul(dy, mask(tf.greaterEqual(a, b))),
  (dy, a, b) => tf.mul(dy, mask(tf.less(a, b))),
)
binary(
  'Minimum',
  tf.minimum,
  { inputs: 'all' },
  (dy, a, b) => tf.mul(dy, mask(tf.lessEqual(a, b))),
  (dy, a, b) => tf.mul(dy, mask(tf.greater(a, b))),
)
binary(
  'Prelu',
  // The kernel does not broadcast its slope, so it is written out.
  (x, slope) => tf.add(tf.relu(x), tf.mul(slope, tf.minimum(x, 0))),
  { inputs: 'all' },
  (dy, x, slope) => tf.mul(dy, tf.add(tf.step(x), tf.mul(slope, tf.sub(1, tf.step(x))))),
  (dy, x) => tf.mul(dy, tf.minimum(x, 0)),
)
binary('FloorMod', tf.mod, { inputs: 'all' }, same, (dy, a, b) => tf.neg(tf.mul(dy, tf.floor(tf.div(a, b)))))

/** Stored truth values are whole numbers here. */
const truth = (x: tf.Tensor) => tf.cast(x, 'bool')

/** Truth values are constant almost everywhere, so nothing flows back through them. */
const logical: Readonly<Record<string, Pair>> = {
  Equal: tf.equal,
  Greater: tf.greater,
  GreaterEqual: tf.greaterEqual,
  Less: tf.less,
  LessEqual: tf.lessEqual,
  LogicalAnd: (a, b) => tf.logicalAnd(truth(a), truth(b)),
  LogicalOr: (a, b) => tf.logicalOr(truth(a), truth(b)),
}
for (const [op, run] of Object.entries(logical)) {
  registerOperation({
    op,
    run: ([a, b]) => [run(a as tf.Tensor, b as tf.Tensor)],
    gradient: () => [null, null],
  })
}

registerOperation({ op: 'LogicalNot', run: ([x]) => [tf.logicalNot(truth(x as tf.Tensor))], gradient: () => [null] })

registerOperation({
  op: 'SelectV2',
  needs: { inputs: [0] },
  run: ([condition, a, b]) => [tf.where(tf.cast(condition as tf.Tensor, 'bool'), a as tf.Tensor, b as tf.Tensor)],
  gradient(context) {
    const chosen = tf.cast(context.inputs[0] as tf.Tensor, 'float32')
    const dy = flowing(context)
    return [
      null,
      context.wants(1) ? sumTo(tf.mul(dy, chosen), shapeOf(context, 1)) : null,
      context.wants(2) ? sumTo(tf.mul(dy, tf.sub(1, chosen)), shapeOf(context, 2)) : null,
    ]
  },
})
