/** Products of two computed values, as in attention: Keras' Dot on each head, and the heads side by side again. */
import type { GraphNode } from '../../../../graph/graph'
import type { KerasNetwork, Written } from '../network'
import { cut, dropped } from './picks'
import { outputShape } from './shared'

/** [batch, rows, inner] and [batch, inner, columns]. */
const dot = (network: KerasNetwork, name: string, a: Written, b: Written): Written =>
  network.add(
    'Dot',
    name,
    [a, b],
    { axes: [2, 1], normalize: false },
    [...a.shape.slice(0, 2), b.shape[2] as number],
    false,
  )

export function product(network: KerasNetwork, node: GraphNode): Written {
  const [a, b] = [0, 1].map((i) => network.plain(network.value(node, i))) as [Written, Written]
  const rank = a.shape.length
  if (rank !== b.shape.length || rank < 3 || rank > 4)
    return network.refuse(node, 'Keras multiplies values of three or four axes each')
  if (rank === 3) return dot(network, node.name, a, b)
  const shape = outputShape(network, node)
  const heads = shape[1]
  if (typeof heads !== 'number') return network.refuse(node, 'the number of its heads is open')
  const headOf = (x: Written, h: number): Written => {
    const only = x.shape[1] === 1
    return dropped(network, node, cut(network, node, x, 1, only ? 0 : h, only ? 1 : h + 1), 1)
  }
  const [rows, columns] = shape.slice(2)
  if (typeof rows !== 'number' && typeof columns !== 'number')
    return network.refuse(node, 'both of its extents are open')
  const target = [1, typeof rows === 'number' ? rows : -1, typeof columns === 'number' ? columns : -1]
  const parts = Array.from({ length: heads }, (_, h) => {
    const scores = dot(network, `${node.name}_head_${h}`, headOf(a, h), headOf(b, h))
    return network.add(
      'Reshape',
      `${node.name}_axis_${h}`,
      [scores],
      { target_shape: target },
      ['batch', 1, ...shape.slice(2)],
      false,
    )
  })
  if (parts.length === 1) return parts[0] as Written
  return network.add('Concatenate', node.name, parts, { axis: 1 }, shape, false)
}
