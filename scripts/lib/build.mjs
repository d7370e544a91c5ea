/** Builds what is stale: the bundles of the three shells and the engine ("node"), and the workbench's page ("page"). */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fail, inRoot, root, say } from './root.mjs'

const common = ['package-lock.json', 'electron.vite.config.ts', 'tsconfig.base.json', 'src/contract']

/** What each part is made of, and the file that shows it was made. */
const parts = {
  node: { sources: [...common, 'src/engine', 'src/main', 'src/preload'], made: 'out/main/main.js' },
  page: { sources: [...common, 'src/renderer'], made: 'out/renderer/index.html' },
}

const filesUnder = (path) => {
  const absolute = inRoot(path)
  if (!existsSync(absolute)) return []
  const entries = (() => {
    try {
      return readdirSync(absolute, { recursive: true, withFileTypes: true })
    } catch (error) {
      if (error.code === 'ENOTDIR') return undefined
      throw error
    }
  })()
  if (!entries) return [absolute]
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** SHA-256 over names and contents. */
const fingerprint = (sources) => {
  const hash = createHash('sha256').update(process.platform)
  for (const file of sources.flatMap(filesUnder)) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

const recordOf = (part) => inRoot(`.cache/build-${part}`)
const isFresh = (part, print) =>
  existsSync(inRoot(parts[part].made)) && existsSync(recordOf(part)) && readFileSync(recordOf(part), 'utf8') === print

const titles = { node: 'the engine and its shells', page: "the workbench's page" }

function build(part) {
  say(`Building ${titles[part]}…`)
  const builder = inRoot('node_modules/electron-vite/bin/electron-vite.js')
  const result = spawnSync(process.execPath, [builder, 'build', '--logLevel', 'warn'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ESPALIER_BUILD: part },
  })
  if (result.status !== 0) {
    say(`${result.stdout ?? ''}${result.stderr ?? ''}`)
    fail(`Building ${titles[part]} failed, see above; the sources need mending before it can start.`)
  }
}

/** Builds the named parts whose sources changed since; the builder's output is shown only when it fails. */
export function ensureBuilt(...names) {
  for (const part of names) {
    const print = fingerprint(parts[part].sources)
    if (isFresh(part, print)) continue
    build(part)
    mkdirSync(inRoot('.cache'), { recursive: true })
    writeFileSync(recordOf(part), print)
  }
}
