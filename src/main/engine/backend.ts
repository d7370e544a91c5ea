/** Starts the engine's backend in a Node process, with the WASM binaries where this build has them. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunConfig } from '../../contract/run'
import { type BackendResult, initBackend } from '../../engine/runtime'
import { confirmNative, nativeOffer, type OfferOptions } from './native/offer'
import { workersFor } from './thread-pool'

/** Beside the bundles in a build, in their package when run from source; with its trailing separator. */
function wasmPath(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  // An entry lies in the bundles' folder itself, a shared chunk one below it.
  const built = [join(here, 'wasm'), join(here, '..', 'wasm')].find((folder) => existsSync(folder))
  if (built) return built + sep
  const require = createRequire(import.meta.url)
  return join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + sep
}

/**
 * Once a process; later calls answer at once. `auto` takes native where it was built and checked, else WASM.
 * @throws BACKEND_UNAVAILABLE, BACKEND_FAILED
 */
export async function startBackend(
  backend: RunConfig['backend'] = 'auto',
  options: OfferOptions = {},
): Promise<BackendResult> {
  const needed = backend === 'auto' || backend === 'native'
  const path = wasmPath()
  const workers = workersFor(path)
  const result = await initBackend({
    backend,
    wasmPath: path,
    ...(workers ? { workers } : {}),
    ...(needed ? { native: nativeOffer(options) } : {}),
  })
  if (options.mayCrash) {
    const native = result.candidates.find(({ name }) => name === 'native')
    confirmNative(native?.chosen ?? false, native?.reason ?? '')
  }
  return result
}
