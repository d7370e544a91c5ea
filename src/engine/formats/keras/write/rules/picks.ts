/** Parts and other orders of an axis: Slice, Split and Gather by croppings, shuffles and matrices of ones and zeros. */
import { type GraphNode, numberAttribute } from '../../../../graph/graph'
import { type TensorData, toNumbers } from '../../../../graph/tensor'
import { fromFirst } from '../../../lift/layout'
import { type KerasNetwork, kerasShape, type Written } from '../network'
import { dimension, outputShape, type Rule } from './shared'

/** Where an axis of the graph lies in what Keras holds. */
const heldAxis = (x: Written, axis: number): number => (x.last ? fromFirst(x.shape.length).indexOf(axis) : axis)

const withExtent = (x: Written, axis: number, extent: number) => x.shape.map((dim, i) => (i === axis ? extent : dim))

/** A target of Reshape for extents of which one at most is open. */
function targetOf(network: KerasNetwork, node: GraphNode, dims: readonly (number | null)[]): number[] {
  if (dims.filter((dim) => dim === null).length > 1) network.refuse(node, 'several of its extents are open')
  return dims.map((dim) => dim ?? -1)
}

/** Positions begin to end of one axis. */
export function cut(
  network: KerasNetwork,
  node: GraphNode,
  x: Written,
  axis: number,
  begin: number,
  end: number,
): Written {
  const extent = x.shape[axis]
  const rank = x.shape.length
  if (typeof extent !== 'number' || axis === 0)
    return network.refuse(node, 'Keras cuts no batch, and no axis of open extent')
  if (begin === 0 && end === extent) return x
  const shape = withExtent(x, axis, end - begin)
  const at = heldAxis(x, axis)
  const border = [begin, extent - end]
  if (at < rank - 1 && rank <= 5) {
    const cropping = Array.from({ length: rank - 2 }, (_, i) => (i === at - 1 ? border : [0, 0]))
    const config = { cropping: rank === 3 ? cropping[0] : cropping }
    return network.add(`Cropping${dimension(rank - 2)}`, `${node.name}_cut`, [x], config, shape, x.last)
  }
  // The last axis is cut as the second of a picture of [all others, it, 1].
  const held = kerasShape(x).slice(1)
  const known = held.slice(0, -1).every((dim) => dim !== null)
  const others = known ? held.slice(0, -1).reduce<number>((a, b) => a * (b as number), 1) : -1
  const plain = { shape: ['batch', others === -1 ? 'others' : others, extent, 1], last: false }
  const folded = network.add(
    'Reshape',
    `${node.name}_folded`,
    [x],
    { target_shape: [others, extent, 1] },
    plain.shape,
    false,
  )
  const cropping = [[0, 0], border]
  const cropped = network.add(
    'Cropping2D',
    `${node.name}_cut`,
    [folded],
    { cropping },
    ['batch', plain.shape[1] as number, end - begin, 1],
    false,
  )
  const target = targetOf(network, node, [...held.slice(0, -1), end - begin])
  return network.add('Reshape', node.name, [cropped], { target_shape: target }, shape, x.last)
}

/** The value with an axis of extent 1 left out. */
export function dropped(network: KerasNetwork, node: GraphNode, x: Written, axis: number): Written {
  const plain = network.plain(x)
  const shape = plain.shape.filter((_, i) => i !== axis)
  const target = targetOf(
    network,
    node,
    shape.slice(1).map((dim) => (typeof dim === 'number' ? dim : null)),
  )
  return network.add('Reshape', `${node.name}_dropped`, [plain], { target_shape: target }, shape, false)
}

const axisIn = (node: GraphNode, rank: number, fallback: number): number => {
  const given = numberAttribute(node, 'axis', fallback)
  return given < 0 ? given + rank : given
}

export const slice: Rule = (network, node) => {
  let x = network.value(node, 0)
  const rank = x.shape.length
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) =>
    node.inputs[i] ? toNumbers(network.constant(node, i)) : undefined,
  )
  for (const [i, given] of (axes ?? starts?.map((_, axis) => axis) ?? []).entries()) {
    const axis = given < 0 ? given + rank : given
    const extent = x.shape[axis]
    const [start = 0, end = 0] = [starts?.[i], ends?.[i]]
    if ((steps?.[i] ?? 1) !== 1) return network.refuse(node, 'Keras cuts without steps only')
    if (start === 0 && end >= 2 ** 31 - 1) continue
    if (typeof extent !== 'number') return network.refuse(node, 'Keras cuts no axis of open extent')
    const place = (at: number) => Math.min(extent, Math.max(0, at < 0 ? at + extent : at))
    x = cut(network, node, x, axis, place(start), place(end))
  }
  return x
}

export const split: Rule = (network, node) => {
  const x = network.value(node, 0)
  const axis = axisIn(node, x.shape.length, 0)
  let at = 0
  const parts = node.outputs.map((output) => {
    const extent = network.shapeOf(node, output)[axis]
    if (typeof extent !== 'number') return network.refuse(node, 'its parts have open extents')
    const part = cut(network, node, x, axis, at, at + extent)
    at += extent
    network.set(output, part)
    return part
  })
  return parts[0] as Written
}

/** The number of groups that a permutation shuffles, as ShuffleNet does; undefined where it is another one. */
function shuffled(order: readonly number[]): number | undefined {
  const groups = order.indexOf(1)
  const inner = order.length / groups
  const fits =
    groups > 1 &&
    Number.isInteger(inner) &&
    order.every((from, i) => from === (i % groups) * inner + Math.floor(i / groups))
  return fits ? groups : undefined
}

/** Positions of the last axis that Keras holds, in any order. */
function picked(network: KerasNetwork, node: GraphNode, x: Written, axis: number, order: readonly number[]): Written {
  const extent = x.shape[axis] as number
  const shape = withExtent(x, axis, order.length)
  const inner = order.length === extent ? shuffled(order) : undefined
  const held = kerasShape(x).slice(1, -1)
  if (inner !== undefined) {
    // Order i comes from (i mod groups) * rest + i / groups.
    const rest = extent / inner
    const open = targetOf(network, node, held)
    const apart = network.add(
      'Reshape',
      `${node.name}_groups`,
      [x],
      { target_shape: [...open, inner, rest] },
      [],
      false,
    )
    const count = held.length
    const dims = [...Array.from({ length: count }, (_, i) => i + 1), count + 2, count + 1]
    const turned = network.add('Permute', `${node.name}_turned`, [apart], { dims }, [], false)
    return network.add('Reshape', node.name, [turned], { target_shape: [...open, extent] }, shape, x.last)
  }
  const kernel: TensorData = {
    dtype: 'float32',
    dims: [extent, order.length],
    data: new Float32Array(extent * order.length),
  }
  order.forEach((from, i) => {
    ;(kernel.data as Float32Array)[from * order.length + i] = 1
  })
  const config = { units: order.length, activation: 'linear', use_bias: false }
  return network.add('Dense', node.name, [x], config, shape, x.last, [kernel])
}

/** Rows of a table by ids; or positions of a value that are written down. */
export const gather: Rule = (network, node) => {
  const table = network.graph.constants.get(node.inputs[0] ?? '')
  const indices = network.graph.constants.get(node.inputs[1] ?? '')
  if (table) {
    if (table.dims.length !== 2 || numberAttribute(node, 'axis', 0) !== 0 || !network.has(node.inputs[1] ?? ''))
      return network.refuse(node, 'Keras picks rows of a table by ids only')
    const config = { input_dim: table.dims[0], output_dim: table.dims[1], mask_zero: false }
    return network.add('Embedding', node.name, [network.value(node, 1)], config, outputShape(network, node), false, [
      table,
    ])
  }
  if (!indices || indices.dims.length > 1)
    return network.refuse(node, 'Keras picks positions that are written down only')
  const x = network.value(node, 0)
  const rank = x.shape.length
  const axis = axisIn(node, rank, 0)
  const extent = x.shape[axis]
  if (typeof extent !== 'number' || axis === 0) return network.refuse(node, 'Keras picks no samples of a batch')
  const order = toNumbers(indices).map((i) => (i < 0 ? i + extent : i))
  const [first = 0] = order
  if (indices.dims.length === 0) return dropped(network, node, cut(network, node, x, axis, first, first + 1), axis)
  if (order.every((from, i) => from === first + i)) return cut(network, node, x, axis, first, first + order.length)
  if (heldAxis(x, axis) === rank - 1) return picked(network, node, x, axis, order)
  const plain = network.plain(x)
  const perm = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis), axis]
  const turn = (value: Written, dims: readonly number[], role: string) =>
    network.add(
      'Permute',
      `${node.name}_${role}`,
      [value],
      { dims: dims.slice(1) },
      dims.map((i) => value.shape[i] as number),
      false,
    )
  const turned = picked(network, node, turn(plain, perm, 'turned'), rank - 1, order)
  return turn(
    turned,
    perm.map((_, i) => perm.indexOf(i)),
    'back',
  )
}

export const pickRules: Readonly<Record<string, Rule>> = { Slice: slice, Split: split, Gather: gather }
