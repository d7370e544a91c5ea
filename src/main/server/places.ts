/** Where the parts of a build lie, seen from the bundle this file ends up in. */
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
/** An entry lies in out/main itself, a chunk that entries share one below it. */
const bundles = basename(here) === 'chunks' ? dirname(here) : here

export const places = {
  engine: join(bundles, 'engine.js'),
  page: join(bundles, '..', 'renderer'),
  resources: join(bundles, '..', '..', 'resources'),
}
