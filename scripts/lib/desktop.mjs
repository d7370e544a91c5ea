/** Whether the desktop window can open here: a display, and Electron's binary or a way to get it. Decided in 5 seconds. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { inRoot, say } from './root.mjs'

const remembered = inRoot('.cache/desktop.json')
const require = createRequire(import.meta.url)
const electronFolder = inRoot('node_modules/electron')
const version = () => require(join(electronFolder, 'package.json')).version

export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)

/** Absolute path of Electron's executable if it is on this machine. */
export function electronBinary() {
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electronFolder, 'dist')
  const name = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron'
  const path = join(dist, name)
  return existsSync(path) ? path : undefined
}

/** Asks the place of downloads whether it is there, in a process of its own that can be told to use a proxy. */
function canBeHad() {
  const mirror = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror
  const from = mirror ?? 'https://github.com/electron/electron/releases/download/'
  const file = `electron-v${version()}-${process.platform}-${process.arch}.zip`
  const url = `${from.replace(/\/?$/, '/')}v${version()}/${file}`
  const ask = `fetch(process.argv[1], { method: 'HEAD' }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`
  const env = { ...process.env, NODE_USE_ENV_PROXY: '1' }
  return spawnSync(process.execPath, ['-e', ask, url], { env, timeout: 4000, stdio: 'ignore' }).status === 0
}

const recall = () => {
  try {
    return JSON.parse(readFileSync(remembered, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * @param {boolean} again forget that it could not be had before
 * @returns {{ binary?: string, reason?: string }} the executable, or in half a sentence why there is none
 */
export function desktop(again) {
  if (!hasDisplay()) return { reason: 'there is no display here' }
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    return { reason: "Electron's sandbox does not run for root" }
  }
  const present = electronBinary()
  if (present) return { binary: present }
  const unreachable = { reason: "Electron's binary cannot be downloaded here (npm start -- --desktop tries again)" }
  if (!again && recall()?.without === version()) return unreachable
  if (canBeHad()) {
    say("Downloading Electron's binary (about 110 MB, once)…")
    const env = { ...process.env, ELECTRON_GET_USE_PROXY: '1' }
    const result = spawnSync(process.execPath, [join(electronFolder, 'install.js')], { env, stdio: ['ignore', 2, 2] })
    const binary = result.status === 0 ? electronBinary() : undefined
    if (binary) return { binary }
  }
  mkdirSync(inRoot('.cache'), { recursive: true })
  writeFileSync(remembered, JSON.stringify({ without: version() }))
  return unreachable
}
