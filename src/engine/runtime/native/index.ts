/** Starts TensorFlow's native backend: tfjs-node's kernels, and ours where those refuse or drop what we need. */
import * as tf from '@tensorflow/tfjs-core'
import { type NativeOffer, nativeName } from './backend'
import { batchNormKernels } from './batch-norm'
import { convolutionKernels } from './convolution'
import { elementwiseKernels } from './elementwise'
import { poolingKernels } from './pooling'
import { triangularKernels } from './triangular'

export { type NativeOffer, nativeName } from './backend'

let registered = false

/** Once a process; the second call does nothing. @throws what loading raises */
export function registerNative(offer: Extract<NativeOffer, { available: true }>): void {
  if (registered) return
  const backend = offer.load(tf)
  const kernels = [convolutionKernels, poolingKernels, batchNormKernels, elementwiseKernels, triangularKernels]
  for (const kernel of kernels.flat()) {
    if (tf.getKernel(kernel.kernelName, nativeName)) tf.unregisterKernel(kernel.kernelName, nativeName)
    tf.registerKernel(kernel)
  }
  tf.registerBackend(nativeName, () => backend)
  registered = true
}
