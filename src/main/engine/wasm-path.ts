/** Where the WASM binaries lie: beside the bundles in a build, in their package when run from source. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** With its trailing separator. */
export function wasmPath(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  // An entry lies in the bundles' folder itself, a shared chunk one below it.
  const built = [join(here, 'wasm'), join(here, '..', 'wasm')].find((folder) => existsSync(folder))
  if (built) return built + sep
  const require = createRequire(import.meta.url)
  return join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + sep
}
