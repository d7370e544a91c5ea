/** Installs the packages when what lies in node_modules is not what package-lock.json asks for. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fail, inRoot, root, say } from './root.mjs'

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))
const fits = (wanted, mine) => wanted === undefined || [wanted].flat().includes(mine)

/**
 * Compares the lock with npm's own record of what it installed, package by package: an interrupted install
 * has no record, and a package that another platform needs is not missed.
 */
export function isInstalled() {
  const record = inRoot('node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const present = readJson(record).packages
  return Object.entries(readJson(inRoot('package-lock.json')).packages).every(([path, wanted]) => {
    if (path === '' || wanted.link) return true
    if (wanted.optional || wanted.devOptional) {
      if (present[path] === undefined) return true
      if (!fits(wanted.os, process.platform) || !fits(wanted.cpu, process.arch)) return true
    }
    return present[path]?.version === wanted.version
  })
}

/** npm as it runs us, or the one on the PATH. */
function npm(args) {
  // Set by hand rather than in .npmrc, where npm warns about a name it does not know.
  const env = { ...process.env, onnxruntime_node_install: 'skip', npm_config_onnxruntime_node_install: 'skip' }
  const options = { cwd: root, env, stdio: ['ignore', 2, 2] }
  const cli = process.env.npm_execpath
  if (cli?.endsWith('.js')) return spawnSync(process.execPath, [cli, ...args], options)
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
}

/** @returns {boolean} whether anything was installed */
export function ensureInstalled() {
  if (isInstalled()) return false
  say('Installing the packages (about a minute, once)…')
  // A running node.exe under node_modules cannot be deleted on Windows, and `npm ci` deletes first.
  const command = process.platform === 'win32' && existsSync(inRoot('node_modules')) ? 'install' : 'ci'
  const result = npm([command, '--no-audit', '--no-fund'])
  if (result.status !== 0) {
    fail(
      `The packages could not be installed: ${result.error?.message ?? `npm ${command} ended with ${result.status}`}. Look at npm's message above; the first start needs the network or a filled npm cache.`,
    )
  }
  return true
}
