/** Backends for tests that compare them: native where it is built, ONNX Runtime and WASM everywhere. */
import type { NativeOffer, OnnxRuntimeOffer } from '../../src/engine/runtime'
import { nativeLoader } from '../../src/main/engine/native/load'
import { findNative } from '../../src/main/engine/native/place'
import { loadOnnxRuntime } from '../../src/main/engine/onnxruntime/load'

export function builtNative(): NativeOffer {
  const { ESPALIER_NATIVE: _, ...environment } = process.env
  const folder = findNative(environment)
  return folder
    ? { available: true, load: nativeLoader(folder) }
    : { available: false, reason: 'It is not built here; `npm run native:build` builds it.' }
}

const native = builtNative()
if (!native.available) console.warn(`Tests are not run on the native backend: ${native.reason}`)

/** Computes everything it can, however small, so that tests need no large tensors. */
export const everyCall: OnnxRuntimeOffer = { available: true, load: () => loadOnnxRuntime({ callCost: 0, threads: 2 }) }

/** Backends for `describe.each`; `registered` is the name TF.js knows it by. Those not `there` are skipped. */
export const backendTargets = [
  { backend: 'wasm', registered: 'wasm', there: true, offers: {} },
  { backend: 'onnxruntime', registered: 'onnxruntime', there: true, offers: { onnxRuntime: everyCall } },
  { backend: 'native', registered: 'tensorflow', there: native.available, offers: { native } },
] as const
