/**
 * Filters in the order in which a direct convolution reads them: blocks of input and output channels innermost. A filter
 * that comes again (a network that is measured) is kept in that order; one that comes once (training) goes into a scratch.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { HeapBackend } from '../kernels/compose'
import type { SmallGraph, SmallNode } from './encode'
import type { OnnxValue } from './offer'
import { heapValue, type Programs, wholeNumbers } from './programs'

/** `forward` as it is; `turned` by 180 degrees with its channels swapped, for the gradient; `depthwise` [k_h, k_w, C, 1]. */
export type FilterUse = 'forward' | 'turned' | 'depthwise'

export const upTo = (count: number, multiple: number): number =>
  multiple <= 1 ? count : Math.ceil(count / multiple) * multiple

export interface PackedExtents {
  /** Channels that the convolution reads and writes, as the filter must have them. */
  readonly inputs: number
  readonly outputs: number
  /** The input is read in blocks; images of a few channels are read channel by channel. */
  readonly blocked: boolean
}

/** `block`: channels in a block, or 0 where ONNX Runtime has no blocks for this processor. */
export function packedExtents(inputs: number, outputs: number, block: number): PackedExtents {
  const blocked = block > 0 && inputs >= block
  return { inputs: blocked ? upTo(inputs, block) : inputs, outputs: upTo(outputs, block), blocked }
}

interface Arrangement {
  /** Zeros behind the channels of [k_h, k_w, C, M]. */
  readonly padding: readonly number[]
  /** The filter's axes, channels split in blocks. */
  readonly split: readonly number[]
  readonly permutation: readonly number[]
  /** [outputs, inputs, k_h, k_w] as the convolution is told. */
  readonly dims: readonly number[]
}

function arrangement(shape: readonly number[], use: FilterUse, block: number): Arrangement {
  const [height, width, channels, filters] = shape as [number, number, number, number]
  if (use === 'depthwise') {
    const all = upTo(channels, block)
    const dims = [all, 1, height, width]
    const padding = [0, 0, 0, 0, 0, 0, all - channels, 0]
    if (block === 0) return { padding, split: [height, width, all], permutation: [2, 0, 1], dims }
    return { padding, split: [height, width, all / block, block], permutation: [2, 0, 1, 3], dims }
  }
  const turned = use === 'turned'
  const [from, to] = turned ? [filters, channels] : [channels, filters]
  const { inputs, outputs, blocked } = packedExtents(from, to, block)
  const dims = [outputs, inputs, height, width]
  const padding = [0, 0, 0, 0, 0, 0, ...(turned ? [outputs - to, inputs - from] : [inputs - from, outputs - to])]
  // Axes behind the split: [k_h, k_w, C..., M...]; wanted: [outputs, inputs, k_h, k_w, inputs in block, outputs in block].
  const parts = (extent: number, split: boolean) => (split ? [extent / block, block] : [extent])
  const [ofInputs, ofOutputs] = [parts(inputs, blocked), parts(outputs, block > 0)]
  const [first, second] = turned ? [ofOutputs, ofInputs] : [ofInputs, ofOutputs]
  const at = { first: 2, second: 2 + first.length }
  const [inputAxis, outputAxis] = turned ? [at.second, at.first] : [at.first, at.second]
  const inner = [...(blocked ? [inputAxis + 1] : []), ...(block > 0 ? [outputAxis + 1] : [])]
  return {
    padding,
    split: [height, width, ...first, ...second],
    permutation: [outputAxis, inputAxis, 0, 1, ...inner],
    dims,
  }
}

function packingGraph({ permutation, padding }: Arrangement, turned: boolean): SmallGraph {
  const nodes: SmallNode[] = []
  let value = 'w'
  const then = (op: string, inputs: readonly string[], attributes: SmallNode['attributes'] = {}) => {
    const output = `${op}Result`
    nodes.push({ op, inputs: [value, ...inputs], outputs: [output], attributes })
    value = output
  }
  if (turned) then('Slice', ['minusOne', 'least', 'axes', 'minusOne'])
  const padded = padding.some((extent) => extent > 0)
  if (padded) then('Pad', ['padding'])
  then('Reshape', ['split'])
  then('Transpose', [], { perm: permutation })
  nodes.push({ op: 'Reshape', inputs: [value, 'dims'], outputs: ['packed'] })
  return {
    nodes,
    inputs: { w: 'float', split: 'int64', dims: 'int64', ...(padded ? { padding: 'int64' } : {}) },
    outputs: { packed: 'float' },
    ...(turned ? { constants: { minusOne: [-1, -1], least: [-(2 ** 31), -(2 ** 31)], axes: [0, 1] } } : {}),
  }
}

export class Filters {
  private readonly kept = new WeakMap<object, Map<string, Float32Array>>()
  private scratch = new Float32Array(0)

  constructor(
    private readonly programs: Programs,
    private readonly block: number,
  ) {}

  /** Valid until the next filter is asked for. */
  packed(heap: HeapBackend, filter: TensorInfo, use: FilterUse): OnnxValue {
    const known = this.kept.get(filter.dataId) ?? new Map<string, Float32Array>()
    const key = `${use} ${filter.shape}`
    const found = known.get(key)
    const order = arrangement(filter.shape, use, this.block)
    if (found?.length) return { data: found, dims: order.dims }
    const size = order.dims.reduce((product, extent) => product * extent, 1)
    // Its first time: whether it will come again is not known.
    const again = found !== undefined
    if (!again && this.scratch.length < size) this.scratch = new Float32Array(size)
    const data = again ? new Float32Array(size) : this.scratch.subarray(0, size)
    known.set(key, again ? data : new Float32Array(0))
    this.kept.set(filter.dataId, known)
    this.pack(heap, filter, order, use, data)
    return { data, dims: order.dims }
  }

  private pack(heap: HeapBackend, filter: TensorInfo, order: Arrangement, use: FilterUse, data: Float32Array): void {
    const padded = order.padding.some((extent) => extent > 0)
    const turned = use === 'turned'
    this.programs.run(
      `pack ${use} ${order.permutation} ${padded}`,
      () => packingGraph(order, turned),
      {
        w: heapValue(heap, filter),
        split: wholeNumbers(order.split),
        dims: wholeNumbers(order.dims),
        ...(padded ? { padding: wholeNumbers(order.padding) } : {}),
      },
      { packed: { data, dims: order.dims } },
      { alone: true },
    )
  }
}
