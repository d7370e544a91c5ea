/** Where the engine's process entry lies: beside the bundle, or in the build when the command line runs from source. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EspalierError } from '../../contract/errors'

/** @throws ENGINE_CRASHED where there is no build */
export function engineEntry(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const candidates = [join(here, 'engine.js'), join(here, '..', 'engine.js'), join(here, '../../../out/main/engine.js')]
  const found = candidates.find((path) => existsSync(path))
  if (found) return found
  throw new EspalierError(
    'ENGINE_CRASHED',
    "The engine's own process cannot be started, because it has not been built. Run `npm run build` once, then try again.",
  )
}
