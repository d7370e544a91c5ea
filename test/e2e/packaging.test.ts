/** What a package holds, that its switches are set, and that the packed bundles run: all against a stub of Electron. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { extractAll, listPackage } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchDesktop } from './support/desktop'
import { writeElectronStub } from './support/electron-stub'
import { openSample } from './support/main-path'
import { root, Workspace } from './support/workspace'

const workspace = new Workspace()
const packed = join(workspace.home, 'packed/linux-unpacked')
const resources = join(packed, 'resources')
const archive = join(resources, 'app.asar')
let files: string[]

/** electron-builder behaves differently where it finds a test runner's variables. */
const withoutTestRunner = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name)),
)

beforeAll(() => {
  const stub = join(workspace.home, 'stub')
  const require = createRequire(import.meta.url)
  writeElectronStub(stub, require('electron/package.json').version)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/electron-builder/cli.js'),
      ...['--publish', 'never', '--linux', '--x64', '--dir'],
      ...[`-c.electronDist=${stub}`, `-c.directories.output=${join(workspace.home, 'packed')}`],
    ],
    { cwd: root, encoding: 'utf8', env: withoutTestRunner },
  )
  expect(status, `${stdout}${stderr}`).toBe(0)
  files = listPackage(archive, { isPack: false })
})

afterAll(() => workspace.remove())

describe('the archive', () => {
  test.each([
    '/package.json',
    '/LICENSE',
    '/out/main/main.js',
    '/out/main/engine.js',
    '/out/preload/preload.cjs',
    '/out/renderer/index.html',
    '/node_modules/better-sqlite3/prebuilds/linux-x64.node',
    '/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    '/node_modules/onnxruntime-node/dist/binding.js',
    '/node_modules/onnxruntime-common/package.json',
    '/out/main/onnxruntime-check.js',
    '/node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  ])('holds %s', (file) => expect(files).toContain(file))

  test.each([
    ['a Node of a checkout', /^\/node_modules\/node-(linux|win)-/],
    ["other systems' binaries", /(darwin|win32)[-/].*\.(node|dylib|dll)$/],
    ['sources and tests', /^\/(src|test|scripts|docs)\//],
    ['packages of the page, which are bundled', /^\/node_modules\/(vue|echarts|pinia)\//],
    ['tools', /^\/node_modules\/(vitest|typescript|electron|electron-builder|playwright-core)\//],
  ])('holds no %s', (_what, pattern) => expect(files.filter((file) => pattern.test(file))).toEqual([]))
})

test('native libraries lie outside the archive, the sample beside it', () => {
  expect(existsSync(`${archive}.unpacked/node_modules/better-sqlite3/prebuilds/linux-x64.node`)).toBe(true)
  const binding = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node'
  expect(existsSync(`${archive}.unpacked/${binding}`)).toBe(true)
  expect(existsSync(join(resources, 'resources/sample/sample.json'))).toBe(true)
})

test('the executable can be neither a plain Node nor be debugged, and starts from its archive only', async () => {
  const wire = await getCurrentFuseWire(join(packed, 'espalier'))
  const on = '1'.charCodeAt(0)
  const off = '0'.charCodeAt(0)
  expect(wire).toMatchObject({
    [FuseV1Options.RunAsNode]: off,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: off,
    [FuseV1Options.EnableNodeCliInspectArguments]: off,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: off,
    [FuseV1Options.OnlyLoadAppFromAsar]: on,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: on,
  })
})

test('the packed bundles run: the window opens, the store and the engine answer', async () => {
  const app = join(workspace.home, 'extracted')
  extractAll(archive, app)
  cpSync(resources, join(workspace.home, 'resources'), { recursive: true, filter: (path) => path !== archive })
  const desktop = await launchDesktop(workspace, {
    main: join(app, JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')).main),
    resourcesPath: join(workspace.home, 'resources'),
  })
  try {
    const page = await desktop.firstWindow()
    // The sample comes out of the store, what it needs to be compared out of the engine's process.
    await openSample(page)
    expect(workspace.leaks()).toEqual([])
  } finally {
    await desktop.close()
  }
})
