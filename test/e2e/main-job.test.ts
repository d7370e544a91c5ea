/** First start to proven export, in both windowed shells: with the pointer in one, with keys alone in the other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audit, furnish } from './support/audit'
import { launchDesktop } from './support/desktop'
import { focusShows, type Hand, Keys, Pointer } from './support/hands'
import { compareStrategies, exportWinner, openSample, waitForRuns } from './support/main-path'
import { onnxAccuracy } from './support/onnx-accuracy'
import { ServerUnderTest } from './support/server'
import { root, Workspace } from './support/workspace'

const sample = join(root, 'resources/sample')
const manifest = JSON.parse(readFileSync(join(sample, 'sample.json'), 'utf8'))
const minutes = 60_000

const shells = [
  { name: 'desktop', hand: 'keys', launch: launchDesktop, handOf: (page: Page): Hand => new Keys(page) },
  { name: 'server', hand: 'clicks', launch: ServerUnderTest.launch, handOf: (): Hand => new Pointer() },
]

describe.each(shells)('the main job in the $name shell by $hand', ({ name, launch, handOf }) => {
  const workspace = new Workspace()
  let shell: { firstWindow(): Promise<Page>; close(): Promise<void> }
  let page: Page
  let hand: Hand

  beforeAll(async () => {
    shell = await launch(workspace)
    page = await shell.firstWindow()
    hand = handOf(page)
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
    await openSample(page, hand)
  })

  test('one button queues four strategies at two budgets, and all of them finish', {
    timeout: 40 * minutes,
  }, async () => {
    await compareStrategies(page, hand)
    await waitForRuns(page)
  })

  test('the winner is exported, and scores the same in another runtime, after six presses at most', async () => {
    const { path, accuracy } = await exportWinner(page, hand)
    const proven = await onnxAccuracy(path, join(sample, manifest.data))
    expect(Math.abs(proven.accuracy - accuracy)).toBeLessThanOrEqual(0.1)
    expect(hand.presses).toBeLessThanOrEqual(6)
  })

  test.runIf(name === 'desktop')('what opens over the screen gives the focus back', async () => {
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    const box = page.getByRole('grid').getByRole('checkbox').nth(1)
    await box.focus()
    const holds = () => box.evaluate((node) => node === document.activeElement)
    for (const [opening, closing] of [
      ['Control+k', 'Escape'],
      ['?', 'Escape'],
    ] as const) {
      await page.keyboard.press(opening)
      await page.locator('dialog[open]').waitFor()
      await focusShows(page)
      await page.keyboard.press(closing)
      await expect.poll(holds).toBe(true)
    }
    // A row that is thrown away while it has the focus.
    await page.keyboard.press('Space')
    await page.keyboard.press('Delete')
    await box.waitFor()
    await focusShows(page)
  })

  // Of what was just done, so that every screen has something to show; both languages at once, each from a server of its own.
  test.runIf(name === 'server')(
    'no screen has anything for axe to find, in both themes and languages, and everything is in reach at 200 % zoom',
    { timeout: 30 * minutes },
    async () => {
      const { url } = shell as ServerUnderTest
      await page.goto(`${url}#/`)
      await openSample(page)
      const places = await furnish(page, url)
      await shell.close()
      const findings = await Promise.all(
        ['en', 'zh-CN'].map(async (locale) => {
          const copy = workspace.copy()
          const server = await ServerUnderTest.launch(copy)
          try {
            return await audit(await server.firstWindow(locale), server.url, places, locale === 'en')
          } finally {
            await server.close()
            copy.remove()
          }
        }),
      )
      expect(findings).toEqual([[], []])
    },
  )
})
