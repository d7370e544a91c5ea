/** What only the desktop has: isolation, native menu and dialogs, one instance, a window that stays where it was. */
import { once } from 'node:events'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Desktop, launchDesktop, realElectron } from './support/desktop'
import { openSample } from './support/main-path'
import { root, Workspace } from './support/workspace'

describe('the desktop shell', () => {
  const workspace = new Workspace()
  let desktop: Desktop
  let page: Page

  beforeAll(async () => {
    desktop = await launchDesktop(workspace)
    page = await desktop.firstWindow()
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
  })
  afterAll(async () => {
    await desktop.close()
    workspace.remove()
  })

  test('gives the page one typed object and nothing of Node', async () => {
    const found = await page.evaluate(() => ({
      shell: Object.keys((window as { espalier?: object }).espalier ?? {}).sort(),
      node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in window),
    }))
    expect(found).toEqual({ shell: ['kind', 'pathForFile', 'requestPort', 'setMenu'], node: [] })
  })

  test('stays on its own page and fetches nothing', async () => {
    // What is tried here on purpose, and how Chromium words its refusal.
    workspace.watch.allow(/example\.invalid|Content Security Policy|404|ERR_(FAILED|ABORTED|BLOCKED)|inline/i)
    const before = page.url()
    await page.evaluate(() => {
      location.href = 'https://example.invalid/'
    })
    await expect(page.evaluate(() => fetch('https://example.invalid/data').then(() => 'reached'))).rejects.toThrow()
    await expect(page.evaluate(() => fetch('/../../package.json').then((answer) => answer.status))).resolves.toBe(404)
    await page.evaluate(() => void window.open('https://example.invalid/'))
    expect(page.url()).toBe(before)
    expect(desktop.windows()).toHaveLength(1)
  })

  test('runs no inline script', async () => {
    const ran = await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.ranInline = true'
      document.head.append(script)
      return 'ranInline' in window
    })
    expect(ran).toBe(false)
  })

  test('shows the command table as its native menu, and runs what is chosen there', async () => {
    const choose = (label: string) =>
      desktop.evaluate(({ Menu }, wanted) => {
        const item = (Menu.getApplicationMenu()?.items ?? [])
          .flatMap((menu) => menu.submenu?.items ?? [])
          .find((candidate) => candidate.label === wanted)
        item?.click()
        return item !== undefined
      }, label)
    await expect.poll(() => choose('Go to settings')).toBe(true)
    await page.getByRole('heading', { name: 'Settings' }).first().waitFor()
    await page.getByRole('link', { name: /^Projects/ }).click()
  })

  test("a path comes from the platform's own dialog", async () => {
    await openSample(page)
    await page.getByRole('link', { name: 'Models' }).click()
    await desktop.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] })
    }, `${root}/resources/sample/sample.json`)
    await page.getByRole('button', { name: 'Browse' }).first().click()
    // Not a model: what it says about it shows that the chosen path was read.
    await page
      .getByText(/sample\.json/)
      .first()
      .waitFor()
  })

  test('a second start brings the first window forward and ends', async () => {
    const second = await launchDesktop(workspace)
    const [code] = await once(second.process(), 'exit')
    expect(code).toBe(0)
    expect(desktop.windows()).toHaveLength(1)
  })

  test('the window is where it was', async () => {
    const bounds = { x: 60, y: 40, width: 1111, height: 777 }
    await desktop.evaluate(({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setBounds(to), bounds)
    await desktop.close()
    desktop = await launchDesktop(workspace)
    page = await desktop.firstWindow()
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
    expect(await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())).toEqual(bounds)
  })
})

describe('real Electron', () => {
  test.skipIf(!realElectron)('runs the built bundles: every test of this file just did', async () => {
    const workspace = new Workspace()
    const desktop = await launchDesktop(workspace)
    try {
      const versions = await desktop.evaluate(() => process.versions.electron)
      expect(versions).toMatch(/^\d+\./)
      await (await desktop.firstWindow()).getByRole('heading', { name: 'Projects' }).waitFor()
    } finally {
      await desktop.close()
      workspace.remove()
    }
  })
  if (!realElectron) {
    process.stderr.write(
      'Skipped: the smoke test on real Electron, whose binary is not on this machine; the stand-in ran instead.\n',
    )
  }
})
