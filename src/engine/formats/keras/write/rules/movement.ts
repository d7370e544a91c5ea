/** Layers that move axes and positions: concatenation, borders, shapes, enlargement, tables. */
import { numberAttribute, numbersAttribute, stringAttribute } from '../../../../graph/graph'
import { toFloat32, toNumbers } from '../../../../graph/tensor'
import { factorsOf } from '../../../../ops/extents'
import { fromFirst } from '../../../lift/layout'
import { joinDirections, turnSteps } from './recurrent'
import { bordered, outputShape, pairsOf, type Rule } from './shared'

const concat: Rule = (network, node) => {
  const parts = node.inputs.map((_, i) => network.value(node, i))
  const last = parts.some((part) => part.last)
  const rank = parts[0]?.shape.length ?? 0
  const given = numberAttribute(node, 'axis', 0)
  const axis = given < 0 ? given + rank : given
  const held = last ? fromFirst(rank).indexOf(axis) : axis
  return network.add(
    'Concatenate',
    node.name,
    parts.map((part) => (last ? network.last(part) : part)),
    { axis: held },
    outputShape(network, node),
    last,
  )
}

const pad: Rule = (network, node) => {
  const x = network.last(network.value(node, 0))
  const pads = pairsOf(toNumbers(network.constant(node, 1)))
  const fill = node.inputs[2] ? toFloat32(network.constant(node, 2))[0] : 0
  if (stringAttribute(node, 'mode', 'constant') !== 'constant' || fill !== 0)
    return network.refuse(node, 'Keras pads with zeros only')
  if (
    !x.last ||
    pads
      .slice(0, 2)
      .flat()
      .some((each) => each !== 0) ||
    pads.flat().some((each) => each < 0)
  )
    return network.refuse(node, 'Keras pads the axes of pictures only')
  return bordered(network, node.name, x, pads.slice(2))
}

const reshape: Rule = (network, node) => {
  const shape = outputShape(network, node)
  const joined = joinDirections(network.held(node, 0), shape)
  if (joined) return joined
  const x = network.value(node, 0)
  const target = shape.slice(1)
  const open = target.filter((dim) => typeof dim !== 'number').length
  // What is folded into the samples makes more of them, of which Keras knows nothing.
  if (typeof shape[0] === 'number' || factorsOf(shape[0] ?? 0).number !== 1 || open > 1)
    return network.refuse(node, 'it changes the batch')
  // A picture of one point lies the same in either order.
  const point = x.last && x.shape.slice(2).every((dim) => dim === 1)
  const dims = target.map((dim) => (typeof dim === 'number' ? dim : -1))
  return network.add('Reshape', node.name, [point ? x : network.plain(x)], { target_shape: dims }, shape, false)
}

/** One step that is given to several: [batch, 1, features] to [batch, steps, features]. */
const expand: Rule = (network, node) => {
  const shape = outputShape(network, node)
  const x = network.plain(network.value(node, 0))
  const [, steps] = shape
  const repeats = shape.length === 3 && x.shape.length === 3 && x.shape[1] === 1 && x.shape[2] === shape[2]
  if (!repeats || typeof steps !== 'number')
    return network.refuse(node, 'it stretches another axis than that of the steps')
  return network.add('UpSampling1D', node.name, [x], { size: steps }, shape, false)
}

const transpose: Rule = (network, node) => {
  const held = network.held(node, 0)
  const rank = held.shape.length
  const perm = numbersAttribute(node, 'perm', undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
  const shape = outputShape(network, node)
  const turned = turnSteps(held, perm, shape)
  if (turned) return turned
  if (perm[0] !== 0) return network.refuse(node, 'it moves the batch')
  const x = network.value(node, 0)
  // Turning to channels last is how Keras holds the value anyway.
  if (x.last && perm.join() === fromFirst(rank).join()) return { ...x, shape, last: false }
  return network.add('Permute', node.name, [network.plain(x)], { dims: perm.slice(1) }, shape, false)
}

const resize: Rule = (network, node) => {
  const x = network.last(network.value(node, 0))
  const shape = outputShape(network, node)
  const factors = x.shape.slice(2).map((dim, i) => Number(shape[i + 2]) / Number(dim))
  const whole = x.shape.length === 4 && factors.every((factor) => Number.isInteger(factor) && factor >= 1)
  const mode = stringAttribute(node, 'mode', 'nearest')
  const coordinates = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel')
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor')
  const repeats =
    coordinates === 'asymmetric' ? rounding === 'floor' : coordinates === 'half_pixel' && rounding.startsWith('round')
  const nearest = mode === 'nearest' && repeats
  const linear = mode === 'linear' && coordinates === 'half_pixel'
  if (!whole || (!nearest && !linear))
    return network.refuse(node, 'Keras enlarges by whole factors only, by nearest or half-pixel bilinear interpolation')
  return network.add(
    'UpSampling2D',
    node.name,
    [x],
    { size: factors, interpolation: nearest ? 'nearest' : 'bilinear', data_format: 'channels_last' },
    shape,
    true,
  )
}

export const movementRules: Readonly<Record<string, Rule>> = {
  Concat: concat,
  Pad: pad,
  Reshape: reshape,
  Expand: expand,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Resize: resize,
}
