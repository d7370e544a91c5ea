/** Operations of keras.ops that Keras 3 writes into functional networks to hand masks on: truth values a step. */
import { int, ints } from '../../../graph/graph'
import type { Lift, Lifted } from '../../lift/builder'
import { type LayerRule, numberIn } from './rule'

const truth = (value: string, rank: number): Lifted => ({ value, rank, first: false, dtype: 'bool' })

const asFloats = (lift: Lift, name: string, x: Lifted): string =>
  lift.node('Cast', `${name}/numbers`, [lift.last(x)], { to: int(1) })

/** x != number. */
const notEqual: LayerRule = ({ lift, name, x, args }) => {
  const other = args.find((each) => typeof each === 'number')
  if (typeof other !== 'number')
    return lift.refuse(`The operation "${name}" (NotEqual) compares two values, which Espalier does not read.`)
  const same = lift.node('Equal', `${name}/same`, [asFloats(lift, name, x), lift.last(lift.scalar(other))])
  return truth(lift.node('Not', name, [same]), x.rank)
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

export const operationLayers: Readonly<Record<string, LayerRule>> = {
  NotEqual: notEqual,
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  ExpandDims: expandDims,
  ZerosLike: zerosLike,
  Any: overAxis('ReduceMax'),
  All: overAxis('ReduceMin'),
}
