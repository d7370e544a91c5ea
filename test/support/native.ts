/** The native backend for tests that compare it with others: where it is built. Elsewhere tests run on WASM alone. */
import type { NativeOffer } from '../../src/engine/runtime'
import { nativeLoader } from '../../src/main/engine/native/load'
import { findNative } from '../../src/main/engine/native/place'

export function builtNative(): NativeOffer {
  const { ESPALIER_NATIVE: _, ...environment } = process.env
  const folder = findNative(environment)
  return folder
    ? { available: true, load: nativeLoader(folder) }
    : { available: false, reason: 'It is not built here; `npm run native:build` builds it.' }
}

const native = builtNative()
if (!native.available) console.warn(`Tests are not run on the native backend: ${native.reason}`)

/** Backends for `describe.each`; `registered` is the name TF.js knows it by. Those not `there` are skipped. */
export const backendTargets = [
  { backend: 'wasm', registered: 'wasm', there: true, native },
  { backend: 'native', registered: 'tensorflow', there: native.available, native },
] as const
