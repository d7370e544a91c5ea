/** A graph whose large weights are stored as float16 behind a Cast, or as int8 a channel behind a DequantizeLinear. */
import type { Attribute, Graph, GraphNode } from '../../graph/graph'
import { float32, sizeOf, type TensorData, tensor } from '../../graph/tensor'
import { asHalf, isLarge, type Precision } from '../precision'
import { dataTypeNumber } from './data-types'

/** Symmetric, without -128: the zero point is 0. */
const steps = 127

/** The axis of a node's weight along which its output channels lie; undefined where its weight has none. */
function channelAxis(node: GraphNode, input: number, rank: number): number | undefined {
  if (node.domain !== '') return undefined
  switch (node.op) {
    case 'Conv':
      return input === 1 ? 0 : undefined
    case 'ConvTranspose':
      return input === 1 ? 1 : undefined
    case 'Gemm': {
      const turned = node.attributes.get('transB')
      return input === 1 ? (turned?.kind === 'int' && turned.value !== 0 ? 0 : 1) : undefined
    }
    case 'MatMul':
      return input === 1 ? rank - 1 : undefined
    // A table: every row has its own scale.
    case 'Gather':
      return input === 0 ? 0 : undefined
    default:
      return undefined
  }
}

/** The one axis on which all readers of a weight agree. */
function agreedAxis(graph: Graph, name: string, rank: number): number | undefined {
  const axes = new Set(
    graph
      .consumers(name)
      .flatMap((node) => node.inputs.flatMap((value, i) => (value === name ? [channelAxis(node, i, rank)] : []))),
  )
  const [axis] = axes
  return axes.size === 1 ? axis : undefined
}

/** Each channel by the largest of its numbers. */
function perChannel(weight: TensorData, axis: number): { values: Int8Array; scales: Float32Array } {
  const from = weight.data as Float32Array
  const channels = weight.dims[axis] as number
  const inner = sizeOf(weight.dims.slice(axis + 1))
  const channelOf = (i: number) => Math.floor(i / inner) % channels
  const scales = new Float32Array(channels)
  from.forEach((value, i) => {
    const channel = channelOf(i)
    scales[channel] = Math.max(scales[channel] as number, Math.abs(value) / steps)
  })
  // A channel of zeros has no largest number; any scale is right.
  for (let c = 0; c < channels; c++) if (scales[c] === 0) scales[c] = 1
  const values = new Int8Array(from.length)
  from.forEach((value, i) => {
    values[i] = Math.max(-steps, Math.min(steps, Math.round(value / (scales[channelOf(i)] as number))))
  })
  return { values, scales }
}

/**
 * The same network with its large weights stored smaller and brought back to float32 by a node each: it runs wherever
 * opset 17 runs. What float16 cannot hold, and for int8 every weight without output channels (recurrent gates), stays.
 */
export function storedAt(graph: Graph, precision: Precision): Graph {
  if (precision === 'fp32') return graph
  const taken = new Set([...graph.constants.keys(), ...graph.values.keys(), ...graph.inputs.map(({ name }) => name)])
  for (const node of graph.nodes) for (const name of [node.name, ...node.outputs]) taken.add(name)
  const unique = (wanted: string): string => {
    let name = wanted
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`
    taken.add(name)
    return name
  }
  const constants = new Map<string, TensorData>()
  const restoring: GraphNode[] = []
  const restore = (op: string, name: string, inputs: readonly string[], attribute: readonly [string, Attribute]) =>
    restoring.push({
      name: unique(`${name}/${op}`),
      op,
      domain: '',
      inputs,
      outputs: [name],
      attributes: new Map([attribute]),
    })
  const int = (value: number): Attribute => ({ kind: 'int', value })
  for (const [name, weight] of graph.constants) {
    const axis = precision === 'int8' && isLarge(weight) ? agreedAxis(graph, name, weight.dims.length) : undefined
    const half = precision === 'fp16' && isLarge(weight) ? asHalf(weight.data as Float32Array) : undefined
    if (half) {
      const stored = unique(`${name}/float16`)
      constants.set(stored, tensor('float16', weight.dims, half))
      restore('Cast', name, [stored], ['to', int(dataTypeNumber('float32'))])
    } else if (axis !== undefined) {
      const { values, scales } = perChannel(weight, axis)
      const [stored, scale] = [unique(`${name}/int8`), unique(`${name}/scale`)]
      constants.set(stored, tensor('int8', weight.dims, values))
      constants.set(scale, float32([scales.length], scales))
      restore('DequantizeLinear', name, [stored, scale], ['axis', int(axis)])
    } else constants.set(name, weight)
  }
  return graph.with({ constants, nodes: [...restoring, ...graph.nodes] })
}
