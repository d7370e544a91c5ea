/** Kernels that are one operator of ONNX Runtime: functions that WASM computes number by number (tanh 30 ns each, here 2). */
import { type KernelConfig, type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { HeapBackend } from '../kernels/compose'
import { heapValue, type Programs } from './programs'

/** Names of TF.js and ONNX alike. */
const functions = ['Tanh', 'Exp', 'Erf'] as const

/** Multiplications that take WASM as long as one of these. */
const WORTH = 64

export function functionKernels(
  programs: Programs,
  wasmKernel: (name: string) => KernelConfig,
): Record<string, KernelConfig['kernelFunc']> {
  const kernel =
    (op: string): KernelConfig['kernelFunc'] =>
    (call) => {
      const { x } = call.inputs as { x: TensorInfo }
      const size = util.sizeFromShape(x.shape)
      if (x.dtype !== 'float32' || size === 0 || size * WORTH < programs.runtime.callCost) {
        return wasmKernel(op).kernelFunc(call)
      }
      const heap = call.backend as unknown as HeapBackend
      const out = heap.makeOutput(x.shape, 'float32')
      const graph = () =>
        ({
          nodes: [{ op, inputs: ['x'], outputs: ['y'] }],
          inputs: { x: 'float' },
          outputs: { y: 'float' },
        }) as const
      programs.run(op, graph, { x: heapValue(heap, x) }, { y: heapValue(heap, out) })
      return out
    }
  return Object.fromEntries(functions.map((op) => [op, kernel(op)]))
}
