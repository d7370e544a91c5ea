/** Goes on under Node 24, which comes as a package, when the script was started by an older Node. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { follow } from './follow.mjs'
import { fail, inRoot } from './root.mjs'

const wanted = 24
const least = 22
const major = Number(process.versions.node.split('.')[0])

/** The Node 24 among our packages, or undefined where there is no build for this platform (macOS). */
export function packagedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const file = inRoot(`node_modules/node-${platform}-${process.arch}/bin/node${platform === 'win' ? '.exe' : ''}`)
  return existsSync(file) ? file : undefined
}

/** Returns under a new enough Node; otherwise runs the same script there and ends with its exit status. */
export async function ensureNode24() {
  process.env.PATH = `${inRoot('node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`
  if (major >= wanted) return
  const node = packagedNode()
  if (node) process.exit(await follow(spawn(node, process.argv.slice(1), { stdio: 'inherit' })))
  if (major < least) {
    fail(
      `Espalier needs Node ${least} or newer, this is ${process.versions.node}, and there is no packaged Node for ${process.platform}-${process.arch}. Install Node 24 from nodejs.org and start again.`,
    )
  }
}
