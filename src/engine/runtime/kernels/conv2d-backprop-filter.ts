/** Conv2DBackpropFilter for WASM, which has none. */
import { Conv2DBackpropFilter, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'
import { compose } from './compose'
import { filterGradient } from './filter-gradient'
import { geometryOf } from './geometry'

export const conv2DBackpropFilter: KernelConfig = {
  kernelName: Conv2DBackpropFilter,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
    const geometry = geometryOf(x.shape, attrs?.filterShape as number[], attrs ?? {}, false)
    return compose(backend as never, (scope) => filterGradient(scope, x, dy, geometry))
  },
}
