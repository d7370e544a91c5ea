/**
 * Convolutions and their gradients by TensorFlow's own names: tfjs-node refuses explicit padding in every gradient, and
 * drops dilations there.
 */
import {
  type KernelConfig,
  leakyRelu,
  mul,
  pad,
  relu,
  relu6,
  reshape,
  slice,
  stack,
  stridedSlice,
  sum,
  type Tensor,
  type Tensor4D,
  type TensorInfo,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'
import { compose } from '../kernels/compose'
import { convolutionInputGradient } from '../kernels/conv2d-backprop-input'
import { depthwiseInputGradient } from '../kernels/depthwise-backprop-input'
import { filterGradient } from '../kernels/filter-gradient'
import { geometryOf } from '../kernels/geometry'
import { attributesFor, type NativeBackend, nativeName } from './backend'
import { scaleShiftChannels } from './elementwise'
import { convolutionWindow, inner, paddingAttributes, paddingsOf, type Window } from './window'

const attributesOf = (backend: NativeBackend, { strides, dilations, padding }: Window) =>
  attributesFor(backend, {
    strides: inner(strides),
    dilations: inner(dilations),
    data_format: 'NHWC',
    ...paddingAttributes(padding),
  })

interface Names {
  readonly forward: string
  readonly input: string
  readonly filter: string
}

type Call = Parameters<KernelConfig['kernelFunc']>[0]

/** TensorFlow's CPU kernels know neither dilations in gradients nor, depthwise, strides that differ. */
interface Otherwise {
  /** Whether TensorFlow's own gradients are of use. */
  fits(window: Window): boolean
  input(call: Call): TensorInfo
  filter(call: Call): TensorInfo
}

/**
 * A window whose padding TensorFlow would have to be told, as one without over an image that has it already: its gradients
 * take a slow way with explicit padding. `inside` is where the image begins in the padded one; null where nothing is.
 */
function unpadded(backend: NativeBackend, window: Window, shape: readonly number[]) {
  if (window.padding.kind !== 'EXPLICIT') {
    return { inside: null, padded: shape, attributes: attributesOf(backend, window) }
  }
  const [batch, height, width, channels] = shape as [number, number, number, number]
  const [top, bottom, left, right] = window.padding.sides
  return {
    inside: [0, top, left, 0],
    padded: [batch, height + top + bottom, width + left + right, channels],
    attributes: attributesOf(backend, { ...window, padding: { kind: 'VALID', sides: [0, 0, 0, 0] } }),
  }
}

const sizes = (shape: readonly number[]) => tensor1d([...shape], 'int32')

function convolution(names: Names, depthwise: boolean, otherwise: Otherwise): KernelConfig[] {
  const kernel = (kernelName: string, kernelFunc: KernelConfig['kernelFunc']): KernelConfig => ({
    kernelName,
    backendName: nativeName,
    kernelFunc,
  })
  return [
    kernel(names.forward, ({ inputs, backend, attrs }) => {
      const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo }
      const native = backend as NativeBackend
      const window = convolutionWindow(x.shape, filter.shape, attrs as never, depthwise)
      return native.executeSingleOutput(names.forward, attributesOf(native, window), [x, filter])
    }),
    kernel(names.input, (call) => {
      const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo }
      const native = call.backend as NativeBackend
      const shape = call.attrs?.inputShape as number[]
      const window = convolutionWindow(shape, filter.shape, call.attrs as never, depthwise)
      if (!otherwise.fits(window)) return otherwise.input(call)
      return tidy(() => {
        const { inside, attributes, padded } = unpadded(native, window, shape)
        const dx = native.executeSingleOutput(names.input, attributes, [sizes(padded), filter, dy])
        return inside ? slice(dx, inside, shape) : dx
      })
    }),
    kernel(names.filter, (call) => {
      const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo }
      const native = call.backend as NativeBackend
      const shape = call.attrs?.filterShape as number[]
      const window = convolutionWindow(x.shape, shape, call.attrs as never, depthwise)
      if (!otherwise.fits(window)) return otherwise.filter(call)
      return tidy(() => {
        const { inside, attributes } = unpadded(native, window, x.shape)
        const seen = inside ? pad(x as Tensor, paddingsOf(window)) : x
        return native.executeSingleOutput(names.filter, attributes, [seen, sizes(shape), dy])
      })
    }),
  ]
}

/** With bias and activation: TF.js adds the bias by broadcasting, which takes as long as the smaller convolutions. */
function fused(kernelName: string, forward: string, depthwise: boolean): KernelConfig {
  return {
    kernelName,
    backendName: nativeName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, filter, bias } = inputs as { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo }
      const { activation, leakyreluAlpha } = attrs as unknown as { activation?: string; leakyreluAlpha?: number }
      const native = backend as NativeBackend
      const window = convolutionWindow(x.shape, filter.shape, attrs as never, depthwise)
      return tidy(() => {
        const plain = native.executeSingleOutput(forward, attributesOf(native, window), [x, filter])
        const y = bias ? scaleShiftChannels(native, plain, undefined, bias) : plain
        return activate(y, activation ?? 'linear', leakyreluAlpha ?? 0)
      })
    },
  }
}

function activate(y: Tensor, activation: string, alpha: number): Tensor {
  if (activation === 'linear') return y
  if (activation === 'relu') return relu(y)
  if (activation === 'relu6') return relu6(y)
  if (activation === 'leakyrelu') return leakyRelu(y, alpha)
  throw new Error(`No convolution is fused with ${activation}.`)
}

/** x [N, H, W, C], dy [N, H', W', C q] -> [k_h, k_w, C, q]: a product and a sum for every tap. */
function depthwiseFilterGradient({ inputs, attrs }: Call): TensorInfo {
  const { x, dy } = inputs as { x: Tensor4D; dy: Tensor4D }
  const shape = attrs?.filterShape as [number, number, number, number]
  const [filterHeight, filterWidth, channels, multiplier] = shape
  const window = convolutionWindow(x.shape, shape, attrs as never, true)
  const { strides, dilations } = window
  const [batch, rows, columns] = dy.shape
  return tidy(() => {
    const padded = pad(x, paddingsOf(window))
    const flowing = reshape(dy, [batch, rows, columns, channels, multiplier])
    const taps = Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
      const y = Math.floor(tap / filterWidth) * dilations[0]
      const z = (tap % filterWidth) * dilations[1]
      const seen = stridedSlice(
        padded,
        [0, y, z, 0],
        [batch, y + (rows - 1) * strides[0] + 1, z + (columns - 1) * strides[1] + 1, channels],
        [1, strides[0], strides[1], 1],
      )
      return sum(mul(reshape(seen, [batch, rows, columns, channels, 1]), flowing), [0, 1, 2])
    })
    return reshape(stack(taps), shape)
  })
}

export const convolutionKernels: readonly KernelConfig[] = [
  fused('FusedConv2D', 'Conv2D', false),
  fused('FusedDepthwiseConv2D', 'DepthwiseConv2dNative', true),
  ...convolution({ forward: 'Conv2D', input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' }, false, {
    fits: ({ dilations }) => dilations.every((dilation) => dilation === 1),
    input: ({ inputs, backend, attrs }) => {
      const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo }
      const geometry = geometryOf(attrs?.inputShape as number[], filter.shape, attrs ?? {}, false)
      return compose(backend as never, (scope) => convolutionInputGradient(scope, dy, filter, geometry), nativeName)
    },
    filter: ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
      const geometry = geometryOf(x.shape, attrs?.filterShape as number[], attrs ?? {}, false)
      return compose(backend as never, (scope) => filterGradient(scope, x, dy, geometry), nativeName)
    },
  }),
  ...convolution(
    {
      forward: 'DepthwiseConv2dNative',
      input: 'DepthwiseConv2dNativeBackpropInput',
      filter: 'DepthwiseConv2dNativeBackpropFilter',
    },
    true,
    {
      fits: ({ dilations, strides }) => dilations.every((dilation) => dilation === 1) && strides[0] === strides[1],
      input: ({ inputs, backend, attrs }) => {
        const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo }
        const geometry = geometryOf(attrs?.inputShape as number[], filter.shape, attrs ?? {}, true)
        return compose(backend as never, (scope) => depthwiseInputGradient(scope, dy, filter, geometry), nativeName)
      },
      filter: depthwiseFilterGradient,
    },
  ),
]
