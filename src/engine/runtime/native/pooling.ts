/** Pooling by TensorFlow's own names, with explicit padding, which tfjs-node refuses. */
import {
  avgPool,
  type KernelConfig,
  mul,
  ones,
  pad,
  reciprocal,
  slice,
  type Tensor4D,
  type TensorInfo,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'
import { attributesFor, type NativeBackend, nativeName } from './backend'
import { inner, paddingAttributes, paddingsOf, poolingWindow, type Window } from './window'

const attributesOf = (backend: NativeBackend, { kernel, strides, padding }: Window) =>
  attributesFor(backend, {
    ksize: inner(kernel),
    strides: inner(strides),
    data_format: 'NHWC',
    ...paddingAttributes(padding),
  })

type Call = Parameters<KernelConfig['kernelFunc']>[0]

const kernel = (kernelName: string, run: (backend: NativeBackend, call: Call) => TensorInfo): KernelConfig => ({
  kernelName,
  backendName: nativeName,
  kernelFunc: (call) => run(call.backend as NativeBackend, call),
})

const maxPool = kernel('MaxPool', (backend, { inputs, attrs }) => {
  const { x } = inputs as { x: TensorInfo }
  return backend.executeSingleOutput('MaxPool', attributesOf(backend, poolingWindow(x.shape, attrs as never)), [x])
})

const maxPoolGrad = kernel('MaxPoolGrad', (backend, { inputs, attrs }) => {
  const { dy, input, output } = inputs as { dy: TensorInfo; input: TensorInfo; output: TensorInfo }
  const attributes = attributesOf(backend, poolingWindow(input.shape, attrs as never))
  return backend.executeSingleOutput('MaxPoolGrad', attributes, [input, output, dy])
})

interface Averaging {
  /** Without padding of its own. */
  readonly window: Window
  /** [H + top + bottom, W + left + right] */
  readonly extent: readonly [number, number]
  /** One over the share of each window that lies inside, [1, H', W', 1]. Padding does not count as a value. */
  readonly weight: Tensor4D
}

/** TensorFlow averages with explicit padding nowhere: zeros are put around, and what they took is given back. */
function averaging(shape: readonly number[], window: Window): Averaging {
  const [top, bottom, left, right] = window.padding.sides
  const [, height, width] = shape as [number, number, number, number]
  const inside = pad(ones([1, height, width, 1]), paddingsOf(window))
  return {
    window: { ...window, padding: { kind: 'VALID', sides: [0, 0, 0, 0] } },
    extent: [height + top + bottom, width + left + right],
    weight: reciprocal(avgPool(inside as Tensor4D, window.kernel, window.strides, 'valid')),
  }
}

const averagePool = kernel('AvgPool', (backend, { inputs, attrs }) => {
  const { x } = inputs as { x: Tensor4D }
  const window = poolingWindow(x.shape, attrs as never)
  if (window.padding.kind !== 'EXPLICIT') {
    return backend.executeSingleOutput('AvgPool', attributesOf(backend, window), [x])
  }
  return tidy(() => {
    const { window: bare, weight } = averaging(x.shape, window)
    const padded = pad(x, paddingsOf(window))
    return mul(backend.executeSingleOutput('AvgPool', attributesOf(backend, bare), [padded]), weight)
  })
})

const averagePoolGrad = kernel('AvgPoolGrad', (backend, { inputs, attrs }) => {
  const { dy, input } = inputs as { dy: Tensor4D; input: TensorInfo }
  const window = poolingWindow(input.shape, attrs as never)
  const gradient = (shape: readonly number[], of: TensorInfo, at: Window) =>
    backend.executeSingleOutput('AvgPoolGrad', attributesOf(backend, at), [tensor1d([...shape], 'int32'), of])
  return tidy(() => {
    if (window.padding.kind !== 'EXPLICIT') return gradient(input.shape, dy, window)
    const { window: bare, weight, extent } = averaging(input.shape, window)
    const [batch, height, width, channels] = input.shape as [number, number, number, number]
    const full = gradient([batch, ...extent, channels], mul(dy, weight), bare)
    const [top, , left] = window.padding.sides
    return slice(full, [0, top, left, 0], [batch, height, width, channels])
  })
})

export const poolingKernels: readonly KernelConfig[] = [maxPool, maxPoolGrad, averagePool, averagePoolGrad]
