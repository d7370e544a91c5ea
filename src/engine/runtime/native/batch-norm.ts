/** TensorFlow's fused BatchNorm and its gradient, one pass each where arithmetic of single operations takes ten. */
import { type KernelConfig, type TensorInfo, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { attributesFor, type NativeBackend, nativeName } from './backend'

export const fusedBatchNorm = 'FusedBatchNormV3'
export const fusedBatchNormGradient = 'FusedBatchNormGradV3'

const attributesOf = (backend: NativeBackend, epsilon: number, training: boolean) => [
  ...attributesFor(backend, { epsilon: { float: epsilon }, data_format: 'NHWC', is_training: training }),
  { name: 'U', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT },
]

interface Attributes {
  readonly epsilon: number
  readonly training: boolean
}

/**
 * Inputs x [N, H, W, C], scale, offset and, unless `training`, mean and variance [C]. Results: y; the mean; the variance,
 * of a batch unbiased; three things that the gradient reads again.
 */
const forward: KernelConfig = {
  kernelName: fusedBatchNorm,
  backendName: nativeName,
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, scale, offset, mean, variance } = inputs as Record<string, TensorInfo>
    const { epsilon, training } = attrs as unknown as Attributes
    const native = backend as NativeBackend
    return tidy(() => {
      const none = () => tensor1d([], 'float32')
      const operands = [x, scale, offset, training ? none() : mean, training ? none() : variance] as TensorInfo[]
      return native.executeMultipleOutputs(fusedBatchNorm, attributesOf(native, epsilon, training), operands, 6)
    })
  },
}

/** Inputs dy, x, scale and the forward pass's last three results; results dx, d scale, d offset. */
const gradient: KernelConfig = {
  kernelName: fusedBatchNormGradient,
  backendName: nativeName,
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { dy, x, scale, first, second, third } = inputs as Record<string, TensorInfo>
    const { epsilon, training } = attrs as unknown as Attributes
    const native = backend as NativeBackend
    return tidy(() =>
      native
        .executeMultipleOutputs(
          fusedBatchNormGradient,
          attributesOf(native, epsilon, training),
          [dy, x, scale, first, second, third] as TensorInfo[],
          5,
        )
        .slice(0, 3),
    )
  },
}

export const batchNormKernels: readonly KernelConfig[] = [forward, gradient]
