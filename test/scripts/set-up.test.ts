/** The set-up a command does by itself, run on a copy of the scripts in an empty folder. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const scripts = join(import.meta.dirname, '../../scripts')
let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'set-up-'))
  cpSync(join(scripts, 'lib'), join(home, 'scripts/lib'), { recursive: true })
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** Evaluates an expression over the copied scripts. */
const run = (source: string, environment: NodeJS.ProcessEnv = {}) => {
  const file = join(home, 'scripts', 'run.mjs')
  writeFileSync(file, source)
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  })
  return { stdout, stderr, status }
}

const lock = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } })
const isInstalled = () =>
  run("import { isInstalled } from './lib/install.mjs'\nprocess.stdout.write(String(isInstalled()))").stdout

describe('whether the packages are there', () => {
  const wanted = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true, os: ['never'] },
  }
  beforeEach(() => writeFileSync(join(home, 'package-lock.json'), lock(wanted)))

  test('nothing is installed', () => expect(isInstalled()).toBe('false'))

  test("npm's record fits the lock, and what is for another platform is not missed", () => {
    mkdirSync(join(home, 'node_modules'))
    writeFileSync(join(home, 'node_modules/.package-lock.json'), lock({ 'node_modules/a': { version: '1.0.0' } }))
    expect(isInstalled()).toBe('true')
  })

  test('a version has changed', () => {
    mkdirSync(join(home, 'node_modules'))
    writeFileSync(join(home, 'node_modules/.package-lock.json'), lock({ 'node_modules/a': { version: '0.9.0' } }))
    expect(isInstalled()).toBe('false')
  })
})

describe('the lock between two commands', () => {
  const source = `import { alone } from './lib/lock.mjs'
await alone(() => process.stdout.write('worked'))`

  test('is taken over from a process that has gone', () => {
    mkdirSync(join(home, '.cache'))
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    writeFileSync(join(home, '.cache/setup.lock'), String(pid))
    expect(run(source)).toMatchObject({ stdout: 'worked', status: 0 })
  })

  test('lets only one work at a time', () => {
    const { stdout } = run(`import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
writeFileSync('${join(home, 'other.mjs')}', \`import { alone } from '${join(home, 'scripts/lib/lock.mjs')}'
import { appendFileSync } from 'node:fs'
await alone(async () => { for (const mark of '<>') { appendFileSync('${join(home, 'log')}', mark); await new Promise(setImmediate) } })\`)
await Promise.all([1, 2, 3].map(() => new Promise((done) => spawn(process.execPath, ['${join(home, 'other.mjs')}']).on('exit', done))))
process.stdout.write(readFileSync('${join(home, 'log')}', 'utf8'))`)
    expect(stdout).toBe('<><><>')
  })
})

describe('the desktop decision', () => {
  const decide = (environment: NodeJS.ProcessEnv) =>
    JSON.parse(
      run(
        "import { desktop } from './lib/desktop.mjs'\nprocess.stdout.write(JSON.stringify(desktop(false)))",
        environment,
      ).stdout,
    )
  const withDisplay = { DISPLAY: ':99', ELECTRON_MIRROR: 'http://127.0.0.1:9/' }
  beforeEach(() => {
    mkdirSync(join(home, 'node_modules/electron'), { recursive: true })
    writeFileSync(join(home, 'node_modules/electron/package.json'), '{"version":"1.2.3"}')
  })

  test.runIf(process.platform === 'linux')('without a display there is no window', () => {
    expect(decide({ DISPLAY: '', WAYLAND_DISPLAY: '' })).toEqual({ reason: 'there is no display here' })
  })

  test.runIf(process.platform === 'linux' && process.getuid?.() === 0)('root has no sandbox', () => {
    expect(decide(withDisplay).reason).toContain('root')
  })

  test.runIf(process.getuid?.() !== 0)('a binary that cannot be had is remembered', () => {
    expect(decide(withDisplay).reason).toContain('cannot be downloaded')
    // No address that could be asked: the answer comes from memory.
    expect(decide({ ...withDisplay, ELECTRON_MIRROR: 'nonsense' }).reason).toContain('cannot be downloaded')
  })
})
