/** Kernels built out of kernels that a backend has: a scope that runs them by name and frees what was in between. */
import {
  getKernel,
  type KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core'
import { EspalierError } from '../../../contract/errors'

/** The part of the WASM backend that kernels written in TypeScript touch: tensors as views of its heap. */
export interface HeapBackend extends KernelBackend {
  makeOutput(shape: readonly number[], dtype: TensorInfo['dtype']): TensorInfo
  /** A view, valid until the next allocation. */
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array
}

export interface Scope {
  /** Runs a kernel of the same backend; its result is freed at the end of the scope unless it is the scope's result. */
  run(
    kernel: string,
    inputs: Record<string, TensorInfo> | readonly TensorInfo[],
    attributes?: Record<string, unknown>,
  ): TensorInfo
  /** The same data under another shape. */
  reshape(x: TensorInfo, shape: readonly number[]): TensorInfo
  transpose(x: TensorInfo, permutation: readonly number[]): TensorInfo
  slice(x: TensorInfo, begin: readonly number[], size: readonly number[]): TensorInfo
  pad(x: TensorInfo, paddings: readonly (readonly [number, number])[]): TensorInfo
  /** Takes over a result that was made without the scope. */
  made(result: TensorInfo): TensorInfo
}

/** Runs `body` on kernels of the named backend and frees what was in between; the result belongs to the caller. */
export function compose(backend: KernelBackend, body: (scope: Scope) => TensorInfo, name = 'wasm'): TensorInfo {
  const made: TensorInfo[] = []
  const run: Scope['run'] = (kernel, inputs, attributes = {}) => {
    const config = getKernel(kernel, name)
    if (!config)
      throw new EspalierError('BACKEND_FAILED', `The ${name} backend has no ${kernel}, which another kernel needs.`)
    const output = config.kernelFunc({
      inputs: inputs as NamedTensorInfoMap,
      backend,
      attrs: attributes as NamedAttrMap,
    }) as TensorInfo
    made.push(output)
    return output
  }
  const scope: Scope = {
    run,
    reshape: (x, shape) => run('Reshape', { x }, { shape }),
    transpose: (x, perm) => run('Transpose', { x }, { perm }),
    slice: (x, begin, size) => run('Slice', { x }, { begin, size }),
    pad: (x, paddings) =>
      paddings.every(([before, after]) => before === 0 && after === 0)
        ? x
        : run('PadV2', { x }, { paddings, constantValue: 0 }),
    made: (result) => {
      made.push(result)
      return result
    },
  }
  const result = body(scope)
  let kept = false
  for (const info of made) {
    if (info === result && !kept) kept = true
    else backend.disposeData(info.dataId)
  }
  return result
}

export const elements = (info: TensorInfo): number => util.sizeFromShape(info.shape)
