/** Where the bundles lie that threads and processes of their own are started from. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @returns null where nothing is built */
export function builtEntry(name: string): string | null {
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [here, join(here, '..'), join(here, '../../../out/main')]
  return places.map((folder) => join(folder, `${name}.js`)).find((path) => existsSync(path)) ?? null
}
