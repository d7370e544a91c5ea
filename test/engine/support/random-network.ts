/** Random networks over every coupling: chains, residuals, concats, splits, depthwise, grouped, shuffles, gates, flattens. */

import type { Coupling, PruningPlan } from '../../../src/engine/coupling/index'
import { type Graph, int, ints, numberAttribute } from '../../../src/engine/graph/graph'
import { TestNetwork } from './network'

interface Stage {
  readonly value: string
  readonly channels: number
  readonly size: number
}

type Block = (net: TestNetwork, from: Stage, width: () => number) => Stage

const blocks: Readonly<Record<string, Block>> = {
  plain(net, from, width) {
    const channels = width()
    const kernel = net.random() < 0.5 ? 1 : 3
    return { ...from, channels, value: net.one('Relu', [net.conv(from.value, from.channels, channels, kernel)]) }
  },
  normalised(net, from, width) {
    const channels = width()
    const y = net.batchNorm(net.conv(from.value, from.channels, channels, 3, { bias: false }), channels)
    const activation = ['Relu', 'Sigmoid', 'Tanh', 'LeakyRelu', 'HardSwish', 'Elu'][
      Math.floor(net.random() * 6)
    ] as string
    return { ...from, channels, value: net.one(activation, [y]) }
  },
  residual(net, from, width) {
    const inner = width()
    const a = net.one('Relu', [net.batchNorm(net.conv(from.value, from.channels, inner), inner)])
    const b = net.batchNorm(net.conv(a, inner, from.channels), from.channels)
    return { ...from, value: net.one('Relu', [net.one('Add', [b, from.value])]) }
  },
  projection(net, from, width) {
    const channels = width()
    const a = net.conv(net.one('Relu', [net.conv(from.value, from.channels, channels)]), channels, channels)
    const shortcut = net.conv(from.value, from.channels, channels, 1)
    return { ...from, channels, value: net.one('Relu', [net.one('Add', [a, shortcut])]) }
  },
  concat(net, from, width) {
    const [a, b] = [width(), width()]
    const left = net.one('Relu', [net.conv(from.value, from.channels, a, 1)])
    const right = net.one('Relu', [net.conv(from.value, from.channels, b, 3)])
    const parts = net.random() < 0.5 ? [left, right] : [left, from.value, right]
    const channels = a + b + (parts.length === 3 ? from.channels : 0)
    return { ...from, channels, value: net.one('Concat', parts, { axis: int(1) }) }
  },
  depthwise(net, from, width) {
    const expanded = width()
    const a = net.one('Relu', [net.conv(from.value, from.channels, expanded, 1)])
    const multiplier = net.random() < 0.3 ? 2 : 1
    const b = net.conv(a, expanded, expanded * multiplier, 3, { groups: expanded })
    const channels = width()
    return { ...from, channels, value: net.conv(b, expanded * multiplier, channels, 1) }
  },
  grouped(net, from, width) {
    const groups = 2
    const inner = 2 * Math.max(2, Math.floor(width() / 2))
    const a = net.one('Relu', [net.conv(from.value, from.channels, inner, 1)])
    const channels = 2 * Math.max(2, Math.floor(width() / 2))
    return { ...from, channels, value: net.conv(a, inner, channels, 3, { groups }) }
  },
  shuffle(net, from, width) {
    const channels = 2 * Math.max(2, Math.floor(width() / 2))
    const a = net.conv(from.value, from.channels, channels, 1)
    const folded = net.one('Reshape', [a, net.sizes([0, 2, channels / 2, from.size, from.size])])
    const turned = net.one('Transpose', [folded], { perm: ints([0, 2, 1, 3, 4]) })
    const flat = net.one('Reshape', [turned, net.sizes([0, channels, from.size, from.size])])
    return { ...from, channels, value: net.one('Relu', [flat]) }
  },
  gate(net, from, width) {
    const squeezed = width()
    const pooled = net.one('GlobalAveragePool', [from.value])
    const a = net.one('Relu', [net.conv(pooled, from.channels, squeezed, 1)])
    const b = net.one('HardSigmoid', [net.conv(a, squeezed, from.channels, 1)])
    return { ...from, value: net.one('Mul', [from.value, b]) }
  },
  split(net, from, width) {
    const half = width()
    const a = net.conv(from.value, from.channels, 2 * half, 1)
    const [left, right] = net.node('Split', [a, net.sizes([half, half])], { axis: int(1) }, 2) as [string, string]
    const joined = net.random() < 0.5
    const value = joined
      ? net.one('Add', [net.one('Relu', [left]), right])
      : net.one('Concat', [right, net.one('Relu', [left])], { axis: int(1) })
    return { ...from, channels: joined ? half : 2 * half, value }
  },
  slice(net, from, width) {
    const channels = width() + 2
    const a = net.conv(from.value, from.channels, channels, 1)
    const value = net.one('Slice', [a, net.sizes([1]), net.sizes([channels]), net.sizes([1])])
    return { ...from, channels: channels - 1, value: net.one('Relu', [value]) }
  },
  pooled(net, from) {
    if (from.size < 4) return from
    const at = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }
    const op = net.random() < 0.5 ? 'MaxPool' : 'AveragePool'
    return { ...from, size: from.size / 2, value: net.one(op, [from.value], at) }
  },
  upsampled(net, from, width) {
    if (from.size > 8) return from
    const channels = width()
    const w = net.weight([from.channels, channels, 2, 2], 0.4)
    const at = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }
    return {
      channels,
      size: from.size * 2,
      value: net.one('ConvTranspose', [from.value, w, net.weight([channels], 0.3)], at),
    }
  },
  scaled(net, from) {
    const a = net.one('Mul', [from.value, net.weight([from.channels, 1, 1], 0.5, 1)])
    return { ...from, value: net.one('PRelu', [a, net.weight([from.channels, 1, 1], 0.3)]) }
  },
  padded(net, from) {
    const a = net.one('Pad', [from.value, net.sizes([0, 0, 1, 1, 0, 0, 1, 1])])
    const value = net.one('Slice', [a, net.sizes([1, 1]), net.sizes([from.size + 1, from.size + 1]), net.sizes([2, 3])])
    return { ...from, value }
  },
}

export const blockNames = Object.keys(blocks)

/** @param names the blocks in order; drawn by the seed where they are not given. */
export function randomNetwork(seed: number, names?: readonly string[]): Graph {
  const net = new TestNetwork(`network ${seed}`)
  const width = () => 4 + Math.floor(net.random() * 5)
  const first = width()
  let stage: Stage = { value: net.one('Relu', [net.conv('x', 3, first)]), channels: first, size: 8 }
  const chosen =
    names ??
    Array.from(
      { length: 2 + Math.floor(net.random() * 5) },
      () => blockNames[Math.floor(net.random() * blockNames.length)] as string,
    )
  for (const name of chosen) stage = (blocks[name] as Block)(net, stage, width)
  const classes = 5
  if (net.random() < 0.5) {
    const flat = net.one('Flatten', [stage.value], { axis: int(1) })
    return net.graph([net.dense(flat, stage.channels * stage.size * stage.size, classes)])
  }
  const pooled = net.one('ReduceMean', [stage.value], { axes: ints([2, 3]), keepdims: int(0) })
  const hidden = width()
  const dense = net.one('Relu', [net.dense(pooled, stage.channels, hidden)])
  const product = net.one('MatMul', [dense, net.weight([hidden, classes])])
  return net.graph([net.one('Softmax', [net.one('Add', [product, net.weight([classes], 0.2)])], { axis: int(-1) })])
}

/** Removes a random number of units of every prunable group, never all of them. */
export function randomPlan(coupling: Coupling, random: () => number): PruningPlan {
  const removed = new Uint8Array(coupling.units + 1)
  for (const group of coupling.groups) {
    if (!group.prunable) continue
    const share = random()
    let left = group.units.length
    for (const unit of group.units) {
      if (unit > 0 && left > 1 && random() < share) {
        removed[unit] = 1
        left--
      }
    }
  }
  return { removed }
}

export const groupsOf = (graph: Graph): number[] =>
  graph.nodes.filter((node) => node.op === 'Conv').map((node) => numberAttribute(node, 'group', 1))
