/** Starts the engine's backend in a Node process, with what this machine offers. */
import { toErrorReport } from '../../contract/errors'
import type { RunConfig } from '../../contract/run'
import { type BackendResult, initBackend } from '../../engine/runtime'
import { confirmNative, nativeOffer, type OfferOptions } from './native/offer'
import { confirmOnnxRuntime, onnxRuntimeOffer } from './onnxruntime/offer'
import { workersFor } from './thread-pool'
import { wasmPath } from './wasm-path'

/**
 * Once a process; later calls answer at once. `auto` takes native where it was built and checked, else ONNX Runtime where
 * it was checked, else WASM.
 * @throws BACKEND_UNAVAILABLE, BACKEND_FAILED
 */
export async function startBackend(
  backend: RunConfig['backend'] = 'auto',
  options: OfferOptions = {},
): Promise<BackendResult> {
  const path = wasmPath()
  const workers = workersFor(path)
  const needs = (name: string) => backend === 'auto' || backend === name
  const native = needs('native') ? nativeOffer(options) : undefined
  // Its check need not be made where something faster is there, unless everything is looked at.
  const onnxRuntime = needs('onnxruntime') && (!native?.available || options.mayCrash) ? onnxRuntimeOffer() : undefined
  const settled = (passed: boolean, reason: string) => {
    if (onnxRuntime?.available) confirmOnnxRuntime(passed, reason)
  }
  try {
    const result = await initBackend({
      backend,
      wasmPath: path,
      ...(workers ? { workers } : {}),
      ...(native ? { native } : {}),
      ...(onnxRuntime ? { onnxRuntime } : {}),
    })
    const found = (name: string) => result.candidates.find((candidate) => candidate.name === name)
    if (options.mayCrash) confirmNative(found('native')?.chosen ?? false, found('native')?.reason ?? '')
    // Where another was chosen before it, it was not tried.
    if (result.name !== 'native') settled(result.name === 'onnxruntime', found('onnxruntime')?.reason ?? '')
    return result
  } catch (error) {
    settled(false, toErrorReport(error).message)
    throw error
  }
}
