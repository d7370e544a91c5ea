/** The same kernels where ONNX Runtime has no blocked convolutions for the processor: by its plain ones. */
import type { OnnxRuntimeOffer } from '../../../src/engine/runtime'
import { loadOnnxRuntime } from '../../../src/main/engine/onnxruntime/load'
import { describeKernels } from './support/onnxruntime-kernels'

const withoutBlocks: OnnxRuntimeOffer = {
  available: true,
  load: () => {
    const whole = loadOnnxRuntime({ callCost: 0, threads: 2 })
    return {
      ...whole,
      compile: (model, threads) => {
        if (new TextDecoder('latin1').decode(model).includes('com.microsoft.nchwc')) throw new Error('Unknown domain.')
        return whole.compile(model, threads)
      },
    }
  },
}

describeKernels('kernels of ONNX Runtime without blocks', withoutBlocks, 0.4)
