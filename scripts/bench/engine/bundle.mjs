/** The engine for benchmarks, with the workers that WASM starts beside it. */
import { bundled } from '../../lib/bundle.mjs'
import { inRoot } from '../../lib/root.mjs'

/** @returns {Promise<string>} the address to import */
export async function engineBundle() {
  const api = inRoot('scripts/bench/engine/api.ts')
  await bundled(inRoot('src/main/engine/worker.ts'), api)
  return bundled(api)
}
