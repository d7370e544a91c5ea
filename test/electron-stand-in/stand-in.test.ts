/** The stand-in's contract, held against a fixture application; on real Electron too where its binary is. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StandInApplication, standIn } from './launch'

const fixture = join(import.meta.dirname, 'fixture/main.mjs')
const data = mkdtempSync(join(tmpdir(), 'stand-in-'))
let application: StandInApplication
let page: Page

// biome-ignore lint/suspicious/noExplicitAny: the fixture's globals, in another process
type Globals = any

beforeAll(async () => {
  application = await standIn.launch({ args: [fixture, `--user-data-dir=${data}`] })
  page = await application.firstWindow()
  await page.waitForLoadState()
})

afterAll(async () => {
  await application.close()
  rmSync(data, { recursive: true, force: true })
})

const seen = () => application.evaluate(() => (globalThis as Globals).seen)

test('a custom scheme is served by its handler, headers and all', async () => {
  expect(await page.title()).toBe('Fixture')
  const header = await page.evaluate(() => fetch('/other').then((response) => response.headers.get('x-path')))
  expect(header).toBe('/other')
})

test('the preload is there before the page, and keeps its world to itself', async () => {
  expect(await page.evaluate(() => (window as Globals).earlyKind)).toBe('exposed')
  expect(await page.evaluate(() => (window as Globals).onlyInThePreload)).toBeUndefined()
  expect(await page.evaluate(() => (window as Globals).require)).toBeUndefined()
  expect(await page.evaluate(() => (window as Globals).fixture.reachesNode())).toBe('undefined')
})

test('exposed functions answer at once, later, and with their errors', async () => {
  expect(await page.evaluate(() => (window as Globals).fixture.nested.add(2, 3))).toBe(5)
  expect(await page.evaluate(() => (window as Globals).fixture.double(21))).toBe(42)
  await expect(page.evaluate(() => (window as Globals).fixture.fail())).rejects.toThrow('thrown in the preload')
  await expect(page.evaluate(() => (window as Globals).fixture.double('x'))).rejects.toThrow(
    "Error invoking remote method 'double': Error: not a number",
  )
  expect(await page.evaluate(() => (window as Globals).fixture.pathOf(new File(['x'], 'x.txt')))).toBe('')
})

test('a port reaches the page through both worlds, with bytes intact, and closes with the page', async () => {
  await page.evaluate(() => (window as Globals).fixture.requestPort())
  const answer = await page.waitForFunction(() => (window as Globals).received[0])
  expect(await answer.evaluate((value) => Array.from((value as Globals).echo.hello))).toEqual([1, 2, 255])
  expect((await seen()).frames).toEqual([['fixture://host/index.html', null]])
  await page.reload()
  await expect.poll(async () => (await seen()).portClosed).toBe(true)
})

test('messages from the main process arrive in the preload', async () => {
  const greeting = page.evaluate(
    () =>
      new Promise((resolve) =>
        addEventListener('message', (event) => event.data.greeting && resolve(event.data.greeting)),
      ),
  )
  await page.evaluate(() => undefined)
  await application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.send('greet', 'page'))
  expect(await greeting).toBe('hello page')
})

test('leaving the page, opening windows and reaching the network are asked about and refused', async () => {
  const before = page.url()
  await page.click('#out')
  await expect.poll(async () => (await seen()).navigations).toEqual(['https://example.invalid/elsewhere'])
  await page.click('#blank')
  await expect.poll(async () => (await seen()).opens).toEqual(['https://example.invalid/new'])
  expect(page.url()).toBe(before)
  await expect(page.evaluate(() => fetch('https://example.invalid/data').then(() => 'reached'))).rejects.toThrow()
  expect(application.windows()).toHaveLength(1)
})

test('a utility process echoes structured clones and reports its end', async () => {
  const worker = join(import.meta.dirname, 'fixture/worker.mjs')
  const outcome = await application.evaluate(async (_electron, path) => {
    const child = (globalThis as Globals).tools.fork(path)
    const message = new Promise((resolve) => child.once('message', resolve))
    child.postMessage({ values: new Float32Array([1.5, 2.5]) })
    const echoed = (await message) as Globals
    const exit = new Promise((resolve) => child.once('exit', resolve))
    child.postMessage('end')
    return { values: Array.from(echoed.echo.values), argument: echoed.argument, exit: await exit, pid: child.pid }
  }, worker)
  expect(outcome).toEqual({ values: [1.5, 2.5], argument: 'argument', exit: 3, pid: undefined })
})

test('menus are checked and can be found; windows keep their bounds', async () => {
  const outcome = await application.evaluate(({ BrowserWindow, Menu }) => {
    Menu.setApplicationMenu(
      Menu.buildFromTemplate([{ label: 'File', submenu: [{ id: 'open', label: 'Open', click: () => {} }] }]),
    )
    let refused = ''
    try {
      Menu.buildFromTemplate([{}])
    } catch (error) {
      refused = String(error)
    }
    const [window] = BrowserWindow.getAllWindows()
    return {
      found: Menu.getApplicationMenu()?.getMenuItemById('open')?.label,
      refused,
      size: window?.getBounds().width,
      shown: window?.isVisible(),
    }
  })
  expect(outcome).toMatchObject({ found: 'Open', size: 900, shown: true })
  expect(outcome.refused).toContain('must have label, role or type')
})

test('a second instance is told to go, and the first hears of it', async () => {
  const second = await standIn.launch({ args: [fixture, `--user-data-dir=${data}`] })
  const [code] = await once(second.process(), 'exit')
  expect(code).toBe(7)
  await expect.poll(async () => (await seen()).second).toBe(1)
})

test('an application without the module it needs says which name is missing', async () => {
  const register = new URL('./register.mjs', import.meta.url).href
  const child = spawn(process.execPath, ['--import', register, join(import.meta.dirname, 'fixture/missing.mjs')])
  let text = ''
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  await once(child, 'exit')
  expect(text).toContain("does not provide an export named 'Tray'")
})
