/**
 * The WASM backend with its dear kernels computed by ONNX Runtime, on the same heap: the binary of a dependency that is
 * there for proofs anyway, on all cores, with nothing to compile.
 */
import {
  getKernel,
  getKernelsForBackend,
  type KernelBackend,
  type KernelConfig,
  registerBackend,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'
import { compose, elements, type HeapBackend } from '../kernels/compose'
import { convolutionInputGradient } from '../kernels/conv2d-backprop-input'
import { depthwiseInputGradient } from '../kernels/depthwise-backprop-input'
import { type Geometry, geometryOf } from '../kernels/geometry'
import { inputGradient } from '../kernels/spread'
import { type Activation, blockSize, Convolver, convolutionOf, linear } from './convolution'
import { filterGradient } from './filter-gradient'
import { Filters } from './filters'
import { functionKernels } from './functions'
import { matMul, multiply } from './mat-mul'
import { type OnnxRuntime, type OnnxRuntimeOffer, onnxRuntimeName } from './offer'
import { Programs } from './programs'

export { type OnnxProgram, type OnnxRuntime, type OnnxRuntimeOffer, type OnnxValue, onnxRuntimeName } from './offer'

type Run = KernelConfig['kernelFunc']

const work = ({ batch, outHeight, outWidth, outChannels, filterHeight, filterWidth }: Geometry, inputs: number) =>
  batch * outHeight * outWidth * outChannels * filterHeight * filterWidth * inputs

/** A dense layer on every pixel. */
const isPointwise = ({ filterHeight, filterWidth, strides, inHeight, inWidth, outHeight, outWidth }: Geometry) =>
  filterHeight === 1 &&
  filterWidth === 1 &&
  strides.every((stride) => stride === 1) &&
  inHeight === outHeight &&
  inWidth === outWidth

/** One thread of WASM is as fast as two here, which turn the whole feature map into blocks and back. */
const FEW_THREADS = 2

/** `callCost` 0 has everything computed here that can be. */
const winsDepthwise = (
  { filterHeight, filterWidth, inChannels, outChannels }: Geometry,
  { threads, callCost }: OnnxRuntime,
): boolean => inChannels === outChannels && filterHeight * filterWidth > 1 && (threads > FEW_THREADS || callCost === 0)

function kernelsOf(runtime: OnnxRuntime, wasmKernel: (name: string) => KernelConfig): Record<string, Run> {
  const programs = new Programs(runtime)
  const block = blockSize(programs)
  const filters = new Filters(programs, block)
  const convolver = new Convolver(programs, filters, block)

  const forward =
    (name: string, depthwise: boolean): Run =>
    (call) => {
      const { x, filter, bias } = call.inputs as { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo }
      const attributes = call.attrs as unknown as { activation?: string; leakyreluAlpha?: number; dataFormat?: string }
      const geometry = geometryOf(x.shape, filter.shape, call.attrs ?? {}, depthwise)
      const activation = activationOf(attributes)
      const inputs = depthwise ? 1 : geometry.inChannels
      const small = work(geometry, inputs) < runtime.callCost
      if (
        small ||
        (depthwise && !winsDepthwise(geometry, runtime)) ||
        !activation ||
        call.inputs.preluActivationWeights
      )
        return wasmKernel(name).kernelFunc(call)
      const heap = call.backend as unknown as HeapBackend
      if (!depthwise && isPointwise(geometry) && !bias && activation === linear) {
        return multiply(
          programs,
          heap,
          {
            a: x,
            b: filter,
            transposeA: false,
            transposeB: false,
            shapeA: [elements(x) / geometry.inChannels, geometry.inChannels],
            shapeB: [geometry.inChannels, geometry.outChannels],
          },
          [geometry.batch, geometry.outHeight, geometry.outWidth, geometry.outChannels],
        )
      }
      const form = convolutionOf(geometry, activation, depthwise ? 'depthwise' : 'forward')
      return convolver.run(heap, form, x, filter, bias)
    }

  const backpropInput: Run = (call) => {
    const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo }
    const shape = call.attrs?.inputShape as number[]
    const geometry = geometryOf(shape, filter.shape, call.attrs ?? {}, false)
    if (work(geometry, geometry.inChannels) < runtime.callCost)
      return wasmKernel('Conv2DBackpropInput').kernelFunc(call)
    const heap = call.backend as unknown as HeapBackend
    const { inChannels, outChannels, filterHeight, filterWidth, strides, batch } = geometry
    if (isPointwise(geometry)) {
      return multiply(
        programs,
        heap,
        {
          a: dy,
          b: filter,
          transposeA: false,
          transposeB: true,
          shapeA: [elements(dy) / outChannels, outChannels],
          shapeB: [inChannels, outChannels],
        },
        shape,
      )
    }
    return compose(
      heap,
      (scope) => {
        if (filterHeight === 1 && filterWidth === 1 && strides.some((stride) => stride > 1)) {
          return convolutionInputGradient(scope, dy, filter, geometry)
        }
        return inputGradient(scope, dy, geometry, (wide, pad) => {
          const [, rows, columns] = pad as [[number, number], [number, number], [number, number], [number, number]]
          const [, height, width] = wide.shape as [number, number, number, number]
          const extent = (from: number, [before, after]: [number, number], kernel: number, dilation: number) =>
            from + before + after - (kernel - 1) * dilation
          const result = convolver.run(
            heap,
            {
              batch,
              inChannels: outChannels,
              outChannels: inChannels,
              outHeight: extent(height, rows, filterHeight, geometry.dilations[0]),
              outWidth: extent(width, columns, filterWidth, geometry.dilations[1]),
              kernel: [filterHeight, filterWidth],
              strides: [1, 1],
              dilations: geometry.dilations,
              padding: [rows[0], columns[0], rows[1], columns[1]],
              activation: linear,
              use: 'turned',
            },
            wide,
            filter,
          )
          return scope.made(result)
        })
      },
      onnxRuntimeName,
    )
  }

  const backpropFilter: Run = (call) => {
    const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo }
    const shape = call.attrs?.filterShape as number[]
    const geometry = geometryOf(x.shape, shape, call.attrs ?? {}, false)
    if (work(geometry, geometry.inChannels) < runtime.callCost)
      return wasmKernel('Conv2DBackpropFilter').kernelFunc(call)
    const heap = call.backend as unknown as HeapBackend
    const { inChannels, outChannels } = geometry
    if (!isPointwise(geometry)) return filterGradient(programs, heap, x, dy, geometry)
    return multiply(
      programs,
      heap,
      {
        a: x,
        b: dy,
        transposeA: true,
        transposeB: false,
        shapeA: [elements(x) / inChannels, inChannels],
        shapeB: [elements(dy) / outChannels, outChannels],
      },
      shape,
    )
  }

  const depthwiseBackpropInput: Run = (call) => {
    const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo }
    const geometry = geometryOf(call.attrs?.inputShape as number[], filter.shape, call.attrs ?? {}, true)
    return compose(
      call.backend as never,
      (scope) => depthwiseInputGradient(scope, dy, filter, geometry),
      onnxRuntimeName,
    )
  }

  return {
    ...functionKernels(programs, wasmKernel),
    Conv2D: forward('Conv2D', false),
    FusedConv2D: forward('FusedConv2D', false),
    DepthwiseConv2dNative: forward('DepthwiseConv2dNative', true),
    FusedDepthwiseConv2D: forward('FusedDepthwiseConv2D', true),
    Conv2DBackpropInput: backpropInput,
    Conv2DBackpropFilter: backpropFilter,
    DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
    BatchMatMul: matMul(programs, wasmKernel('BatchMatMul')),
  }
}

function activationOf(attributes: { activation?: string; leakyreluAlpha?: number }): Activation | null {
  const { activation = 'linear', leakyreluAlpha = 0 } = attributes
  if (activation === 'linear') return linear
  if (activation === 'relu' || activation === 'relu6' || activation === 'leakyrelu') {
    return { name: activation, alpha: activation === 'leakyrelu' ? leakyreluAlpha : 0 }
  }
  return null
}

let registered = false

/**
 * Once a process; the second call does nothing. `wasm` is the WASM backend, started, with its kernels.
 * @throws what loading raises
 */
export function registerOnnxRuntime(offer: Extract<OnnxRuntimeOffer, { available: true }>, wasm: KernelBackend): void {
  if (registered) return
  const wasmKernel = (name: string): KernelConfig => {
    const kernel = getKernel(name, 'wasm')
    if (!kernel) throw new EspalierError('BACKEND_FAILED', `The WASM backend has no ${name}.`)
    return kernel
  }
  const own = kernelsOf(offer.load(), wasmKernel)
  for (const kernel of getKernelsForBackend('wasm')) {
    if (getKernel(kernel.kernelName, onnxRuntimeName)) unregisterKernel(kernel.kernelName, onnxRuntimeName)
    const kernelFunc = own[kernel.kernelName] ?? kernel.kernelFunc
    registerKernel({ kernelName: kernel.kernelName, backendName: onnxRuntimeName, kernelFunc })
  }
  // The same heap under another name: a tensor of one is a tensor of the other.
  registerBackend(onnxRuntimeName, () => wasm)
  registered = true
}
