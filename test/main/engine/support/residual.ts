/** A small network of images with all that training and observing must not take for a sum over samples. */
import type { Graph } from '../../../../src/engine/graph/graph'
import { inferShapes } from '../../../../src/engine/ops/infer'
import { NetworkBuilder } from '../../../../src/engine/reference-networks/builder'

export const classes = 5

/** Convolutions with BatchNorm and a shortcut around two of them. */
export function residual(seed = 0): Graph {
  const net = new NetworkBuilder('residual', [2, 8, 8], seed)
  const block = (name: string, from: typeof net.input, width: number) =>
    net.batchNorm(`bn-${name}`, net.convolution(name, from, width, 3, { padding: 1, bias: false }))
  const stem = net.relu('relu-stem', block('stem', net.input, 6))
  const inner = net.relu('relu-inner', block('inner', stem, 4))
  const joined = net.relu('relu-joined', net.add('join', block('outer', inner, 6), stem))
  const pooled = net.maxPool('pool', joined, 2)
  return inferShapes(net.build(net.dense('classifier', net.flatten('flat', pooled), classes)))
}
