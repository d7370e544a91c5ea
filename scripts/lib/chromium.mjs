/** A Chromium for the tests that need a browser: found, or installed where that is possible without asking. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { say } from './root.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome.exe', 'msedge.exe']
const fixed = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/** ESPALIER_CHROMIUM, the PATH, the usual places. */
export function findChromium() {
  const named = process.env.ESPALIER_CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter)
  return [
    ...(named ? [named] : []),
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
    ...fixed,
  ].find((path) => existsSync(path))
}

const run = (...command) => spawnSync(command[0], command.slice(1), { stdio: ['ignore', 2, 2] }).status === 0

/** @returns {string | undefined} the browser's path; undefined after saying in a sentence what is missing */
export function ensureChromium() {
  const found = findChromium()
  if (found) return found
  const isRoot = process.getuid?.() === 0
  const sudo = isRoot ? [] : ['sudo', '-n']
  if (existsSync('/usr/bin/apt-get') && (isRoot || run('sudo', '-n', 'true'))) {
    say('Installing Chromium for the tests in a browser (about a minute, once)…')
    const environment = ['env', 'DEBIAN_FRONTEND=noninteractive']
    run(...sudo, ...environment, 'apt-get', 'update', '-qq')
    run(...sudo, ...environment, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium')
    const installed = findChromium()
    if (installed) return installed
  }
  say(
    'The tests in a real browser need Chromium, which is not here and could not be installed. Install it (apt-get install chromium) or name one with ESPALIER_CHROMIUM.',
  )
  return undefined
}
