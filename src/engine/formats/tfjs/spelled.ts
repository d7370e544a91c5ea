/** What TensorFlow spells out in several nodes where the graph has one operator: dilated convolutions and LayerNormalization. */
import { type TensorData, toNumbers } from '../../graph/tensor'
import type { Json } from '../json'
import type { GraphDefNode } from './node'

type Weights = ReadonlyMap<string, TensorData>

const ints = (values: readonly number[]): Json => ({ list: { i: values.map(String) } })

/** The nodes of a graph, and who reads whom. */
class Nodes {
  readonly byName: ReadonlyMap<string, GraphDefNode>
  private readonly readers = new Map<string, GraphDefNode[]>()

  constructor(
    nodes: readonly GraphDefNode[],
    private readonly weights: Weights,
    private readonly outputs: ReadonlySet<string>,
  ) {
    this.byName = new Map(nodes.map((node) => [node.name, node]))
    for (const node of nodes) {
      for (const { node: name } of node.inputs) this.readers.set(name, [...(this.readers.get(name) ?? []), node])
    }
  }

  producer(node: GraphDefNode | undefined, i: number): GraphDefNode | undefined {
    return this.byName.get(node?.inputs[i]?.node ?? '')
  }

  constant(node: GraphDefNode | undefined, i: number): TensorData | undefined {
    return this.weights.get(node?.inputs[i]?.node ?? '')
  }

  numbers(node: GraphDefNode | undefined, i: number): number[] | undefined {
    const data = this.constant(node, i)
    return data && toNumbers(data)
  }

  /** The one node that reads a value which is no result. */
  reader(node: GraphDefNode): GraphDefNode | undefined {
    const found = this.readers.get(node.name) ?? []
    return found.length === 1 && !this.outputs.has(node.name) ? found[0] : undefined
  }
}

const convolutions = new Set(['Conv2D', '_FusedConv2D', 'DepthwiseConv2dNative', 'FusedDepthwiseConv2dNative'])
/** What may stand between the two turns of a dilated convolution: it works sample by sample and position by position. */
const between = new Set(['ExpandDims', 'Squeeze', 'BiasAdd', ...convolutions])

/**
 * Space to batch, a convolution without gaps and pads, and batch to space: the convolution with gaps. Its pads are those
 * of the first turn without what the last one crops.
 */
function dilated(nodes: Nodes, turn: GraphDefNode): GraphDefNode[] | undefined {
  let [conv, back]: (GraphDefNode | undefined)[] = []
  let inserted: number | undefined
  for (let node = nodes.reader(turn); node; node = nodes.reader(node)) {
    if (node.op === 'BatchToSpaceND') {
      back = node
      break
    }
    if (!between.has(node.op)) return undefined
    if (node.op === 'ExpandDims') inserted = nodes.numbers(node, 1)?.[0]
    if (convolutions.has(node.op)) conv = node
  }
  const rank = nodes.constant(conv, 1)?.dims.length
  const [block, pads, crops] = [nodes.numbers(turn, 1), nodes.numbers(turn, 2), nodes.numbers(back, 2)]
  if (!conv || !back || rank === undefined || !block || !pads || !crops) return undefined
  if (block.join() !== nodes.numbers(back, 1)?.join() || conv.text('padding', '') !== 'VALID') return undefined
  if (conv.numbers('strides').some((stride) => stride !== 1)) return undefined
  const added = inserted === undefined ? undefined : inserted < 0 ? inserted + rank : inserted
  // The axes that are turned, as the convolution counts them: its own extra axis of 1 is none of them.
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 1).filter((axis) => axis !== added)
  const dilations = Array<number>(rank).fill(1)
  const around = Array<number>(2 * rank).fill(0)
  for (const [i, gap] of block.entries()) {
    const axis = axes[i]
    if (axis === undefined) return undefined
    dilations[axis] = gap
    for (const end of [0, 1]) around[2 * axis + end] = (pads[2 * i + end] ?? 0) - (crops[2 * i + end] ?? 0)
  }
  if (around.some((pad) => pad < 0)) return undefined
  return [
    turn.changed('Identity', turn.inputs.slice(0, 1)),
    conv.changed(conv.op, conv.inputs, {
      padding: { s: btoa('EXPLICIT') },
      explicit_paddings: ints(around),
      dilations: ints(dilations),
    }),
    back.changed('Identity', back.inputs.slice(0, 1)),
  ]
}

/** The operator of this file's own that stands for a LayerNormalization without its weights. */
export const NORMALISED = 'LayerNormalized'

/** Where a vector of extents is cut: [from, to), to undefined for all the rest. */
function cut(nodes: Nodes, product: GraphDefNode | undefined) {
  const slice = product?.op === 'Prod' ? nodes.producer(product, 0) : undefined
  if (slice?.op !== 'StridedSlice') return undefined
  const shape = nodes.producer(slice, 0)
  const from = slice.number('begin_mask', 0) & 1 ? 0 : nodes.numbers(slice, 1)?.[0]
  const to = slice.number('end_mask', 0) & 1 ? undefined : nodes.numbers(slice, 2)?.[0]
  return shape?.op === 'Shape' ? { of: shape.inputs[0]?.node, from, to } : undefined
}

/**
 * Keras 2 normalises layers by a BatchNorm of training over [1, rows, features, 1], with scales of one and offsets of
 * zero filled in; a Reshape brings the result back.
 */
function normalised(nodes: Nodes, norm: GraphDefNode): GraphDefNode[] | undefined {
  const reshape = nodes.producer(norm, 0)
  const pack = nodes.producer(reshape, 1)
  const back = nodes.reader(norm)
  const x = reshape?.inputs[0]
  if (reshape?.op !== 'Reshape' || pack?.op !== 'Pack' || back?.op !== 'Reshape' || !x) return undefined
  const filled = (i: number) => {
    const fill = nodes.producer(norm, i)
    return fill?.op === 'Fill' ? nodes.numbers(fill, 1)?.[0] : undefined
  }
  const rows = cut(nodes, nodes.producer(pack, 1))
  const features = cut(nodes, nodes.producer(pack, 2))
  const edges = [0, 3].every((i) => nodes.numbers(pack, i)?.[0] === 1)
  const whole = rows?.from === 0 && rows.to === features?.from && features?.to === undefined
  if (!edges || !whole || rows?.of !== x.node || features?.of !== x.node) return undefined
  if (filled(1) !== 1 || filled(2) !== 0 || norm.text('data_format', '') !== 'NCHW') return undefined
  return [
    norm.changed('Identity', [x]),
    back.changed(NORMALISED, [x], {
      epsilon: { f: norm.number('epsilon', 0.001) },
      axis: { i: String(features?.from) },
    }),
  ]
}

/**
 * @param weights constants by name
 * @param outputs names of the nodes whose values are results
 * @returns the nodes, those that spell out an operator replaced by it under their own names
 */
export function gathered(
  list: readonly GraphDefNode[],
  weights: Weights,
  outputs: ReadonlySet<string>,
): readonly GraphDefNode[] {
  const nodes = new Nodes(list, weights, outputs)
  const changed = new Map<string, GraphDefNode>()
  for (const node of list) {
    const trains = node.op.startsWith('FusedBatchNorm') && node.flag('is_training')
    const found = node.op === 'SpaceToBatchND' ? dilated(nodes, node) : trains ? normalised(nodes, node) : undefined
    for (const each of found ?? []) changed.set(each.name, each)
  }
  return changed.size === 0 ? list : list.map((node) => changed.get(node.name) ?? node)
}
