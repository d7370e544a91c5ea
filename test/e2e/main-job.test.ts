/** First start to proven export, in both windowed shells, over the built bundles and a real Chromium. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchDesktop } from './support/desktop'
import { compareStrategies, exportWinner, openSample, waitForRuns } from './support/main-path'
import { onnxAccuracy } from './support/onnx-accuracy'
import { ServerUnderTest } from './support/server'
import { accessibilityFindings, type Watch, watch } from './support/watch'
import { root, Workspace } from './support/workspace'

const sample = join(root, 'resources/sample')
const manifest = JSON.parse(readFileSync(join(sample, 'sample.json'), 'utf8'))

const shells = [
  { name: 'desktop', launch: launchDesktop },
  { name: 'server', launch: ServerUnderTest.launch },
]

describe.each(shells)('the main job in the $name shell', ({ launch }) => {
  const workspace = new Workspace()
  let shell: { firstWindow(): Promise<Page>; close(): Promise<void> }
  let page: Page
  let seen: Watch

  beforeAll(async () => {
    shell = await launch(workspace)
    page = await shell.firstWindow()
    seen = watch(page)
    // From the beginning, with somebody watching.
    await page.reload()
  })
  afterAll(async () => {
    await shell.close()
    workspace.remove()
  })

  test('first start opens on the sample project, which is really there', async () => {
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
    await page.getByText(manifest.name).first().waitFor()
    expect(await accessibilityFindings(page)).toEqual([])
    await openSample(page)
    expect(await accessibilityFindings(page)).toEqual([])
  })

  test('one button queues four strategies at two budgets, and all of them finish', async () => {
    await compareStrategies(page)
    await waitForRuns(page)
    expect(await accessibilityFindings(page)).toEqual([])
  })

  test('the winner is exported, and scores the same in another runtime', async () => {
    const { path, accuracy } = await exportWinner(page)
    expect(await accessibilityFindings(page)).toEqual([])
    const proven = await onnxAccuracy(path, join(sample, manifest.data))
    expect(Math.abs(proven.accuracy - accuracy)).toBeLessThanOrEqual(0.1)
  })

  test.each(['models', 'data', 'compare', 'exports', 'runs/new'])(
    'the %s screen is accessible in both themes',
    async (screen) => {
      await page.evaluate((path) => {
        location.hash = `${/#\/p\/[^/]+/.exec(location.hash)?.[0]}/${path}`
      }, screen)
      await page.getByRole('heading', { level: 1 }).waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await accessibilityFindings(page)).toEqual([])
      }
    },
  )

  test('nothing complained, and nothing left the machine', () => {
    expect(seen.complaints).toEqual([])
    expect(seen.foreign).toEqual([])
    expect(workspace.leaks()).toEqual([])
  })
})
