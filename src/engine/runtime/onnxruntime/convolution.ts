/**
 * Convolutions on blocked channels, ONNX Runtime's fastest (operators of its own domain `com.microsoft.nchwc`, which its
 * optimiser puts in for constant weights only); on processors for which it has no blocks, its plain ones.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { HeapBackend } from '../kernels/compose'
import type { Geometry } from '../kernels/geometry'
import type { NodeAttribute, SmallGraph, SmallNode } from './encode'
import { type Filters, type FilterUse, packedExtents, upTo } from './filters'
import type { OnnxValue } from './offer'
import { heapValue, type Programs } from './programs'

const BLOCKED = 'com.microsoft.nchwc'
/** ReorderInput takes channels in fours. */
const QUAD = 4

export interface Activation {
  readonly name: 'linear' | 'relu' | 'relu6' | 'leakyrelu'
  /** Slope of a leaky rectifier. */
  readonly alpha: number
}
export const linear: Activation = { name: 'linear', alpha: 0 }

export function activationAttributes({ name, alpha }: Activation): Readonly<Record<string, NodeAttribute>> {
  if (name === 'relu') return { activation: 'Relu' }
  if (name === 'relu6') return { activation: 'Clip', activation_params: { floats: [0, 6] } }
  if (name === 'leakyrelu') return { activation: 'LeakyRelu', activation_params: { floats: [alpha] } }
  return {}
}

/** A convolution of x [N, H, W, C] to [N, H', W', M]. */
export interface Convolution {
  readonly batch: number
  readonly inChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** top, left, bottom, right */
  readonly padding: readonly [number, number, number, number]
  readonly activation: Activation
  readonly use: FilterUse
}

/** Zeros behind the last row or column that its windows need. */
export const paddingAfter = (
  extent: number,
  before: number,
  kernel: number,
  out: number,
  stride: number,
  dilation: number,
): number => Math.max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - extent - before)

export function convolutionOf(geometry: Geometry, activation: Activation, use: FilterUse): Convolution {
  const { filterHeight, filterWidth, strides, dilations, top, left, outHeight, outWidth } = geometry
  return {
    batch: geometry.batch,
    inChannels: geometry.inChannels,
    outHeight,
    outWidth,
    outChannels: geometry.outChannels,
    kernel: [filterHeight, filterWidth],
    strides,
    dilations,
    padding: [
      top,
      left,
      paddingAfter(geometry.inHeight, top, filterHeight, outHeight, strides[0], dilations[0]),
      paddingAfter(geometry.inWidth, left, filterWidth, outWidth, strides[1], dilations[1]),
    ],
    activation,
    use,
  }
}

function graphOf(form: Convolution, hasBias: boolean, block: number): SmallGraph {
  const { inChannels: channels, outChannels, use } = form
  const depthwise = use === 'depthwise'
  const { blocked } = depthwise ? { blocked: block > 0 } : packedExtents(channels, outChannels, block)
  const nodes: SmallNode[] = []
  let value = 'x'
  const padded = blocked && channels % QUAD !== 0
  if (padded) {
    nodes.push({ op: 'Pad', inputs: [value, 'padding'], outputs: ['xPadded'] })
    value = 'xPadded'
  }
  if (blocked) {
    nodes.push({
      op: 'ReorderInput',
      domain: BLOCKED,
      inputs: [value],
      outputs: ['xBlocks'],
      attributes: { channels_last: 1 },
    })
    value = 'xBlocks'
  } else if (channels > 1) {
    nodes.push({ op: 'Transpose', inputs: [value], outputs: ['xPlanes'], attributes: { perm: [0, 3, 1, 2] } })
    value = 'xPlanes'
  }
  nodes.push({
    op: block > 0 ? 'Conv' : 'FusedConv',
    domain: block > 0 ? BLOCKED : 'com.microsoft',
    inputs: [value, 'w', ...(hasBias ? ['bias'] : [])],
    outputs: ['yChannels'],
    attributes: {
      kernel_shape: form.kernel,
      strides: form.strides,
      dilations: form.dilations,
      pads: form.padding,
      group: depthwise ? upTo(channels, block) : 1,
      ...activationAttributes(form.activation),
    },
  })
  nodes.push(
    block > 0
      ? {
          op: 'ReorderOutput',
          domain: BLOCKED,
          inputs: ['yChannels'],
          outputs: ['y'],
          attributes: { channels: outChannels, channels_last: 1 },
        }
      : { op: 'Transpose', inputs: ['yChannels'], outputs: ['y'], attributes: { perm: [0, 2, 3, 1] } },
  )
  return {
    nodes,
    inputs: { x: 'float', w: 'float', ...(hasBias ? { bias: 'float' } : {}) },
    outputs: { y: 'float' },
    ...(padded ? { constants: { padding: [0, 0, 0, 0, 0, 0, 0, upTo(channels, QUAD) - channels] } } : {}),
  }
}

/** A bias as long as the blocks. */
function biasValue(heap: HeapBackend, bias: TensorInfo, length: number): OnnxValue {
  const value = heapValue(heap, bias, [length])
  if (value.data.length === length) return value
  const data = new Float32Array(length)
  data.set(value.data as Float32Array)
  return { data, dims: [length] }
}

export class Convolver {
  constructor(
    private readonly programs: Programs,
    private readonly filters: Filters,
    private readonly block: number,
  ) {}

  /** x [N, H, W, C], filter in TF.js's order, bias [M] -> [N, H', W', M]. */
  run(heap: HeapBackend, form: Convolution, x: TensorInfo, filter: TensorInfo, bias?: TensorInfo): TensorInfo {
    const { batch, outHeight, outWidth, outChannels, inChannels, kernel, strides, dilations, padding, use } = form
    const out = heap.makeOutput([batch, outHeight, outWidth, outChannels], 'float32')
    const w = this.filters.packed(heap, filter, use)
    const [, height, width] = x.shape as [number, number, number, number]
    const { name, alpha } = form.activation
    const key = [
      'convolution',
      use === 'depthwise',
      [inChannels, outChannels, kernel, strides, dilations, padding],
      name,
      alpha,
      bias !== undefined,
    ].join(' ')
    const planes = inChannels === 1 && (use !== 'depthwise' || this.block === 0)
    this.programs.run(
      key,
      () => graphOf(form, bias !== undefined, this.block),
      {
        // One channel is the same in either order.
        x: heapValue(heap, x, planes ? [batch, 1, height, width] : x.shape),
        w,
        ...(bias ? { bias: biasValue(heap, bias, upTo(outChannels, this.block)) } : {}),
      },
      { y: heapValue(heap, out) },
    )
    return out
  }
}

/** Channels of a block on this processor, or 0 where ONNX Runtime knows none. */
export function blockSize(programs: Programs): number {
  const shape = new BigInt64Array(4)
  const x = new Float32Array(QUAD)
  try {
    programs.run(
      'block size',
      () => ({
        nodes: [
          { op: 'ReorderInput', domain: BLOCKED, inputs: ['x'], outputs: ['blocks'], attributes: { channels_last: 1 } },
          { op: 'Shape', inputs: ['blocks'], outputs: ['shape'] },
        ],
        inputs: { x: 'float' },
        outputs: { shape: 'int64' },
      }),
      { x: { data: x, dims: [1, 1, 1, QUAD] } },
      { shape: { data: shape, dims: [4] } },
      { alone: true },
    )
  } catch {
    // An ONNX Runtime without these operators: its plain convolutions are used.
    return 0
  }
  const block = Number(shape[1])
  return block >= 8 ? block : 0
}
