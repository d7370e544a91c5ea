/** Rectifiers' gradients, bias and scale of channels by TensorFlow's own one-pass operations. */
import {
  add,
  type KernelConfig,
  mul,
  ones,
  reshape,
  type Tensor,
  type TensorInfo,
  tidy,
  tile,
  zeros,
} from '@tensorflow/tfjs-core'
import { attributesFor, type NativeBackend, nativeName } from './backend'
import { fusedBatchNorm } from './batch-norm'

/** Kernels of ours beside TF.js's: `dy` and the rectifier's output `y`. */
export const reluGradient = 'ReluGrad'
export const relu6Gradient = 'Relu6Grad'
/** `x` [..., C] times `scale` [C] plus `shift` [C]. */
export const scaleShiftName = 'ChannelScaleShift'
/** Sum of `dy` [..., C] over everything but the channels. */
export const channelSumName = 'ChannelSum'

const kernel = (kernelName: string, run: (backend: NativeBackend, inputs: Record<string, TensorInfo>) => TensorInfo) =>
  ({
    kernelName,
    backendName: nativeName,
    kernelFunc: ({ inputs, backend }) => run(backend as NativeBackend, inputs as Record<string, TensorInfo>),
  }) satisfies KernelConfig

/** TF.js's own way takes six passes over the feature map. */
const rectifier = (name: string) =>
  kernel(name, (backend, { dy, y }) =>
    backend.executeSingleOutput(name, attributesFor(backend, {}), [dy, y] as TensorInfo[]),
  )

/** Channels that TensorFlow's BatchNorm takes in whole vectors; others it takes one by one. */
const VECTOR = 8

/**
 * x [..., C] times scale [C] plus shift [C], either of which may be missing. Where the channels fill whole vectors,
 * BatchNorm of mean 0 and variance 1 does both in one pass; else Mul and Add, over a whole row of pixels at a time: over
 * the channels alone they take two to four times as long.
 */
export function scaleShiftChannels(
  backend: NativeBackend,
  x: TensorInfo,
  scale: TensorInfo | undefined,
  shift: TensorInfo | undefined,
): Tensor {
  const channels = x.shape.at(-1) as number
  const size = x.shape.reduce((a, b) => a * b, 1)
  return tidy(() => {
    if (channels % VECTOR !== 0) {
      const row = x.shape.length > 2 ? (x.shape.at(-2) as number) : 1
      const repeated = (values: TensorInfo) => tile(values as Tensor, [row])
      let y: Tensor = reshape(x as Tensor, [size / (row * channels), row * channels])
      if (scale) y = mul(y, repeated(scale))
      if (shift) y = add(y, repeated(shift))
      return reshape(y, x.shape as number[])
    }
    const attributes = [
      ...attributesFor(backend, { epsilon: { float: 0 }, data_format: 'NHWC', is_training: false }),
      { name: 'U', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT },
    ]
    const operands = [
      reshape(x as Tensor, [1, 1, size / channels, channels]),
      scale ?? ones([channels]),
      shift ?? zeros([channels]),
      zeros([channels]),
      ones([channels]),
    ]
    const [y] = backend.executeMultipleOutputs(fusedBatchNorm, attributes, operands, 6)
    return reshape(y as Tensor, x.shape as number[])
  })
}

const scaleShift = kernel(scaleShiftName, (backend, { x, scale, shift }) =>
  scaleShiftChannels(backend, x as TensorInfo, scale, shift),
)

const channelSum = kernel(channelSumName, (backend, { dy }) =>
  backend.executeSingleOutput('BiasAddGrad', attributesFor(backend, { data_format: 'NHWC' }), [dy as TensorInfo]),
)

export const elementwiseKernels: readonly KernelConfig[] = [
  rectifier(reluGradient),
  rectifier(relu6Gradient),
  scaleShift,
  channelSum,
]
