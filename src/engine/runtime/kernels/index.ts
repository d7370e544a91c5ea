/** Registers the kernels the WASM backend lacks, and faster ones for those it has as scalar loops. */
import {
  GatherV2,
  getKernel,
  type KernelConfig,
  Mean,
  registerKernel,
  Sum,
  unregisterKernel,
} from '@tensorflow/tfjs-core'
import { avgPoolGradKernel } from './avg-pool-grad'
import { conv2DBackpropFilter } from './conv2d-backprop-filter'
import { conv2DBackpropInput } from './conv2d-backprop-input'
import { depthwiseBackpropFilter } from './depthwise-backprop-filter'
import { depthwiseBackpropInput } from './depthwise-backprop-input'
import { gatherKernel } from './gather'
import { matMulKernel } from './mat-mul'
import { maxPoolGrad } from './max-pool-grad'
import { reduceKernel } from './reduce'
import { sliceKernel, splitKernel } from './slice'
import { unsortedSegmentSum } from './unsorted-segment-sum'

let registered = false

/** Once a process; the second call does nothing. */
export function registerWasmKernels(): void {
  if (registered) return
  registered = true
  const kernels: readonly KernelConfig[] = [
    conv2DBackpropFilter,
    conv2DBackpropInput,
    depthwiseBackpropInput,
    depthwiseBackpropFilter,
    unsortedSegmentSum,
    maxPoolGrad,
    avgPoolGradKernel(),
    sliceKernel,
    splitKernel,
    gatherKernel(GatherV2),
    matMulKernel(),
    reduceKernel(Sum),
    reduceKernel(Mean),
  ]
  for (const kernel of kernels) {
    if (getKernel(kernel.kernelName, 'wasm')) unregisterKernel(kernel.kernelName, 'wasm')
    registerKernel(kernel)
  }
}
