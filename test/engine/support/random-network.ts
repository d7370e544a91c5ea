/** Random networks over every coupling: chains, residuals, concats, splits, depthwise, grouped, shuffles, gates, attention, recurrent, normalisations, flattens. */

import type { Coupling, PruningPlan } from '../../../src/engine/coupling/index'
import { float, type Graph, int, ints, numberAttribute, text } from '../../../src/engine/graph/graph'
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
  groupNormalised(net, from, width) {
    const groups = 2
    const channels = groups * Math.max(2, Math.floor(width() / 2))
    const a = net.conv(from.value, from.channels, channels, 1)
    if (net.random() < 0.5) {
      // As exporters below opset 18 spell it.
      const folded = net.one('Reshape', [a, net.sizes([0, groups, -1])])
      const normal = net.one('InstanceNormalization', [folded, net.weight([groups], 0, 1), net.weight([groups], 0)])
      const back = net.one('Reshape', [normal, net.sizes([0, channels, from.size, from.size])])
      const scaled = net.one('Mul', [back, net.weight([channels, 1, 1], 0.5, 1)])
      return { ...from, channels, value: net.one('Add', [scaled, net.weight([channels, 1, 1], 0.5)]) }
    }
    const operands = [a, net.weight([channels], 0.5, 1), net.weight([channels], 0.5)]
    return { ...from, channels, value: net.one('GroupNormalization', operands, { num_groups: int(groups) }) }
  },
  layerNormalised(net, from) {
    const last = net.one('Transpose', [from.value], { perm: ints([0, 2, 3, 1]) })
    const normal =
      net.random() < 0.5 ? fusedLayerNorm(net, last, from.channels) : spelledLayerNorm(net, last, from.channels)
    return { ...from, value: net.one('Transpose', [normal], { perm: ints([0, 3, 1, 2]) }) }
  },
  attention(net, from, width) {
    const heads = 2 + Math.floor(net.random() * 2)
    const features = 2
    const inner = heads * features
    const positions = from.size * from.size
    const tokens = net.one('Transpose', [net.one('Reshape', [from.value, net.sizes([0, from.channels, positions])])], {
      perm: ints([0, 2, 1]),
    })
    const qkv = net.one('Add', [
      net.one('MatMul', [tokens, net.weight([from.channels, 3 * inner])]),
      net.weight([3 * inner], 0.3),
    ])
    const folded = net.one('Reshape', [qkv, net.sizes([0, positions, 3, heads, features])])
    const turned = net.one('Transpose', [folded], { perm: ints([2, 0, 3, 1, 4]) })
    const part = (i: number) => {
      const name = net.sizes([i])
      net.constants.set(name, { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(i)) })
      return net.one('Gather', [turned, name], { axis: int(0) })
    }
    const keys = net.one('Transpose', [part(1)], { perm: ints([0, 1, 3, 2]) })
    const scores = net.one('Softmax', [net.one('MatMul', [part(0), keys])], { axis: int(-1) })
    const mixed = net.one('Transpose', [net.one('MatMul', [scores, part(2)])], { perm: ints([0, 2, 1, 3]) })
    const joined = net.one('Reshape', [mixed, net.sizes([0, positions, inner])])
    const channels = net.random() < 0.5 ? from.channels : width()
    let y = net.one('MatMul', [joined, net.weight([inner, channels])])
    if (channels === from.channels) y = net.one('Add', [y, tokens])
    const back = net.one('Transpose', [y], { perm: ints([0, 2, 1]) })
    return { ...from, channels, value: net.one('Reshape', [back, net.sizes([0, channels, from.size, from.size])]) }
  },
  recurrent(net, from, width) {
    const [op, gates] = (
      [
        ['LSTM', 4],
        ['GRU', 3],
        ['RNN', 1],
      ] as const
    )[Math.floor(net.random() * 3)] as ['LSTM', 4]
    const hidden = width()
    const both = net.random() < 0.5 ? 2 : 1
    // Rows of the feature map are the steps; each is read from left to right.
    const steps = net.one('Transpose', [net.one('ReduceMean', [from.value], { axes: ints([3]), keepdims: int(0) })], {
      perm: ints([2, 0, 1]),
    })
    const operands = [
      steps,
      net.weight([both, gates * hidden, from.channels], 0.5),
      net.weight([both, gates * hidden, hidden], 0.5),
      net.weight([both, 2 * gates * hidden], 0.5),
    ]
    const y = net.one(op, operands, {
      hidden_size: int(hidden),
      direction: text(both === 2 ? 'bidirectional' : 'forward'),
    })
    const channels = both * hidden
    const joined = net.one('Reshape', [
      net.one('Transpose', [y], { perm: ints([2, 1, 3, 0]) }),
      net.sizes([0, channels, from.size, 1]),
    ])
    const spread = net.one('Add', [joined, net.weight([1, 1, 1, from.size], 0.5)])
    return { ...from, channels, value: spread }
  },
  optionA(net, from, width) {
    // A shortcut that grows by zeros, as in the first residual networks for small images.
    const more = 2 * Math.floor(1 + net.random() * 2)
    const channels = from.channels + more
    const a = net.one('Relu', [net.conv(from.value, from.channels, width(), 3)])
    const inner = net.constants.get(`w${net.constants.size - 1}`)?.dims[0] as number
    const b = net.conv(a, inner, channels, 3)
    const shortcut = net.one('Pad', [from.value, net.sizes([0, more / 2, 0, 0, 0, more / 2, 0, 0])])
    return { ...from, channels, value: net.one('Relu', [net.one('Add', [b, shortcut])]) }
  },
  ghost(net, from, width) {
    const primary = width()
    const a = net.one('Relu', [net.conv(from.value, from.channels, primary, 1)])
    const cheap = net.one('Relu', [net.conv(a, primary, primary, 3, { groups: primary })])
    const joined = net.one('Concat', [a, cheap], { axis: int(1) })
    const channels = 2 * primary - 1
    const value = net.one('Slice', [joined, net.sizes([0]), net.sizes([channels]), net.sizes([1])])
    return { ...from, channels, value }
  },
  hierarchical(net, from, width) {
    // Res2Net: every part but the first also sees what the part before it became.
    const part = width()
    const a = net.one('Relu', [net.conv(from.value, from.channels, 3 * part, 1)])
    const parts = net.node('Split', [a, net.sizes([part, part, part])], { axis: int(1) }, 3) as [string, string, string]
    const second = net.one('Relu', [net.conv(parts[1], part, part, 3)])
    const third = net.one('Relu', [net.conv(net.one('Add', [parts[2], second]), part, part, 3)])
    const joined = net.one('Concat', [parts[0], second, third], { axis: int(1) })
    const y = net.conv(joined, 3 * part, from.channels, 1)
    return { ...from, value: net.one('Relu', [net.one('Add', [y, from.value])]) }
  },
  padded(net, from) {
    const a = net.one('Pad', [from.value, net.sizes([0, 0, 1, 1, 0, 0, 1, 1])])
    const value = net.one('Slice', [a, net.sizes([1, 1]), net.sizes([from.size + 1, from.size + 1]), net.sizes([2, 3])])
    return { ...from, value }
  },
  groupedQueries(net, from, width) {
    // Heads of queries that share heads of keys, with rotary positions and a mask of the future, as in LLaMA.
    const [keyHeads, times, features] = [2, 2, 4]
    const heads = keyHeads * times
    const positions = from.size * from.size
    const tokens = net.one('Transpose', [net.one('Reshape', [from.value, net.sizes([0, from.channels, positions])])], {
      perm: ints([0, 2, 1]),
    })
    const project = (count: number) => {
      const y = net.one('MatMul', [tokens, net.weight([from.channels, count * features])])
      const cut = net.one('Reshape', [y, net.sizes([0, positions, count, features])])
      return net.one('Transpose', [cut], { perm: ints([0, 2, 1, 3]) })
    }
    const [cos, sin] = [net.weight([1, 1, positions, features], 0.5, 1), net.weight([1, 1, positions, features], 0.5)]
    const turn = (x: string) => {
      const half = features / 2
      const [a, b] = net.node('Split', [x, net.sizes([half, half])], { axis: int(3) }, 2) as [string, string]
      const across = net.one('Concat', [net.one('Neg', [b]), a], { axis: int(3) })
      return net.one('Add', [net.one('Mul', [x, cos]), net.one('Mul', [across, sin])])
    }
    const repeat = (x: string) => {
      const wide = net.one('Unsqueeze', [x, net.sizes([2])])
      const all = net.one('Expand', [wide, net.sizes([1, 1, times, 1, 1])])
      return net.one('Reshape', [all, net.sizes([0, heads, positions, features])])
    }
    const keys = net.one('Transpose', [repeat(turn(project(keyHeads)))], { perm: ints([0, 1, 3, 2]) })
    const scores = net.one('MatMul', [turn(project(heads)), keys])
    const future = net.weight([positions, positions], 0.5)
    const shares = net.one('Softmax', [net.one('Add', [scores, future])], { axis: int(-1) })
    const mixed = net.one('MatMul', [shares, repeat(project(keyHeads))])
    const joined = net.one('Reshape', [
      net.one('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }),
      net.sizes([0, positions, heads * features]),
    ])
    const channels = width()
    const y = net.one('MatMul', [joined, net.weight([heads * features, channels])])
    const back = net.one('Transpose', [y], { perm: ints([0, 2, 1]) })
    return { ...from, channels, value: net.one('Reshape', [back, net.sizes([0, channels, from.size, from.size])]) }
  },
  gatedUnits(net, from, width) {
    // The two halves of one projection, one the gate of the other; normalised by the root mean square.
    const half = width()
    const last = net.one('Transpose', [from.value], { perm: ints([0, 2, 3, 1]) })
    const square = net.one('ReduceMean', [net.one('Mul', [last, last])], { axes: ints([-1]), keepdims: int(1) })
    const root = net.one('Sqrt', [net.one('Add', [square, net.weight([], 0, 1e-5)])])
    const normal = net.one('Mul', [net.one('Div', [last, root]), net.weight([from.channels], 0.5, 1)])
    const both = net.one('MatMul', [normal, net.weight([from.channels, 2 * half])])
    const [a, b] = net.node('Split', [both, net.sizes([half, half])], { axis: int(3) }, 2) as [string, string]
    const gated = net.one('Mul', [net.one('Mul', [a, net.one('Sigmoid', [a])]), b])
    const y = net.one('MatMul', [gated, net.weight([half, from.channels])])
    return { ...from, value: net.one('Transpose', [net.one('Add', [y, last])], { perm: ints([0, 3, 1, 2]) }) }
  },
  blocksOfPixels(net, from, width) {
    if (from.size < 4) return from
    // Pixels to channels, and a channel shuffle's way back.
    const down = net.one('SpaceToDepth', [from.value], { blocksize: int(2) })
    const channels = 4 * width()
    const a = net.one('Relu', [net.conv(down, 4 * from.channels, channels, 1)])
    const up = net.one('DepthToSpace', [a], { blocksize: int(2), mode: text(net.random() < 0.5 ? 'CRD' : 'DCR') })
    return { ...from, channels: channels / 4, value: up }
  },
  localNormalised(net, from) {
    return { ...from, value: net.one('LRN', [from.value], { size: int(3), alpha: float(0.1), beta: float(0.75) }) }
  },
  instanceNormalised(net, from, width) {
    const channels = width()
    const a = net.conv(from.value, from.channels, channels, 3)
    const operands = [a, net.weight([channels], 0.5, 1), net.weight([channels], 0.5)]
    return { ...from, channels, value: net.one('InstanceNormalization', operands) }
  },
  masked(net, from) {
    // A choice element by element, and a running sum along the rows.
    const positive = net.one('Greater', [from.value, net.weight([], 0, 0)])
    const small = net.one('Mul', [from.value, net.weight([], 0, 0.1)])
    const chosen = net.one('Where', [positive, from.value, small])
    const axis = net.sizes([3])
    net.constants.set(axis, { dtype: 'int64', dims: [], data: BigInt64Array.of(3n) })
    return { ...from, value: net.one('Mul', [net.one('CumSum', [chosen, axis]), net.weight([], 0, 0.2)]) }
  },
  positions(net, from, width) {
    // A table of heads and features added to a projection whose bias is not flat, as Keras' attention has it.
    const [heads, features] = [3, 2]
    const last = net.one('Transpose', [from.value], { perm: ints([0, 2, 3, 1]) })
    const y = net.one('MatMul', [last, net.weight([from.channels, heads * features])])
    const cut = net.one('Reshape', [y, net.sizes([0, from.size, from.size, heads, features])])
    const biased = net.one('Relu', [net.one('Add', [cut, net.weight([heads, features], 0.5)])])
    const flat = net.one('Reshape', [biased, net.sizes([0, from.size, from.size, heads * features])])
    const channels = width()
    const z = net.one('MatMul', [flat, net.weight([heads * features, channels])])
    return { ...from, channels, value: net.one('Transpose', [z], { perm: ints([0, 3, 1, 2]) }) }
  },
}

function fusedLayerNorm(net: TestNetwork, x: string, channels: number): string {
  return net.one('LayerNormalization', [x, net.weight([channels], 0.5, 1), net.weight([channels], 0.5)], {
    axis: int(-1),
  })
}

/** As exporters below opset 17 write it. */
function spelledLayerNorm(net: TestNetwork, x: string, channels: number): string {
  const number = (value: number) => net.weight([], 0, value)
  const mean = (y: string) => net.one('ReduceMean', [y], { axes: ints([-1]), keepdims: int(1) })
  const centred = net.one('Sub', [x, mean(x)])
  const variance = mean(net.one('Pow', [centred, number(2)]))
  const deviation = net.one('Sqrt', [net.one('Add', [variance, number(1e-5)])])
  const scaled = net.one('Mul', [net.one('Div', [centred, deviation]), net.weight([channels], 0.5, 1)])
  return net.one('Add', [scaled, net.weight([channels], 0.5)])
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
