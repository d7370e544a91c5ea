/** All the set-up a command needs, in order: packages, Node 24, fresh bundles. Works offline once done. */
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { alone } from './lock.mjs'
import { ensureNode24 } from './node24.mjs'

/** @param {...('node' | 'page')} parts what must be built */
export async function setUp(...parts) {
  await alone(() => ensureInstalled())
  await ensureNode24()
  if (parts.length > 0) await alone(() => ensureBuilt(...parts))
}
