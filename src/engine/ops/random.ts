/** Random numbers drawn in the network (sampling of variational networks, masks): of any width, so they shrink with what they meet. */
import { numberAttribute, numbersAttribute } from '../graph/graph'
import type { DataType } from '../graph/tensor'
import { type InferContext, registerOp } from './definition'
import { castTypes } from './unary'

/** The type that an attribute names; else the given one. */
function drawnType(context: InferContext, otherwise: DataType): DataType {
  const number = numberAttribute(context.node, 'dtype', 0)
  if (number === 0) return otherwise
  return castTypes[number] ?? context.fail(`it draws numbers of a type (${number}) that is not known`)
}

for (const op of ['RandomNormalLike', 'RandomUniformLike', 'Bernoulli']) {
  registerOp({
    op,
    since: op === 'Bernoulli' ? 15 : 1,
    infer: (context) => [{ dtype: drawnType(context, context.input(0).dtype), shape: context.shape(0) }],
    couple: (context) => context.set(0, context.labels(0)),
  })
}

for (const op of ['RandomNormal', 'RandomUniform']) {
  registerOp({
    op,
    infer: (context) => [{ dtype: drawnType(context, 'float32'), shape: numbersAttribute(context.node, 'shape', []) }],
    couple(context) {
      const shape = context.outputShape(0) as readonly number[]
      context.set(
        0,
        shape.flatMap((extent, axis) => (extent > 1 ? [context.free(axis, extent)] : [])),
      )
    },
    resize(context) {
      const value = context.outputShape(0) as readonly number[]
      return {
        node: { ...context.node, attributes: new Map(context.node.attributes).set('shape', { kind: 'ints', value }) },
      }
    },
  })
}
