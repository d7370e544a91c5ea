/** A run in the middle: how long still, since when nothing is heard, called off, gone on with; a closed window stops nothing. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSample, runsTable, runsWith } from './support/main-path'
import { engineProcesses } from './support/processes'
import { ServerUnderTest } from './support/server'
import { accessibilityFindings } from './support/watch'
import { Workspace } from './support/workspace'

const minutes = 60_000
/** The machine may have much else to do; a test that waits for the engine waits long. */
const long = { timeout: 20 * minutes }
const workspace = new Workspace()
let server: ServerUnderTest
let page: Page

beforeAll(async () => {
  server = await ServerUnderTest.launch(workspace)
  page = await server.firstWindow()
  await openSample(page)
  await page.getByRole('link', { name: 'New run' }).click()
  // Long enough to be looked at from all sides.
  await page.getByLabel('Fine-tuning epochs').fill('200')
  await page.getByLabel('Fine-tuning epochs').press('Tab')
  await page.getByRole('button', { name: /^Queue/ }).click()
  await runsTable(page)
    .getByRole('progressbar')
    .waitFor({ timeout: 4 * minutes })
})
afterAll(async () => {
  await server.close()
  workspace.remove()
})

const progress = () => page.getByRole('region', { name: 'Progress' })
const share = async () => Number(await progress().getByRole('progressbar').getAttribute('aria-valuenow'))

test('says its stage, how far it is and how long it still takes', long, async () => {
  await runsWith(page, '').first().dblclick()
  await progress().getByRole('progressbar').waitFor()
  await progress()
    .getByText(/about .* left/)
    .waitFor({ timeout: 15 * minutes })
  expect(await accessibilityFindings(page)).toEqual([])
})

test('an engine that says nothing any more turns the time left into "since when", and back', long, async () => {
  const pids = engineProcesses(server.pid)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  await progress()
    .getByText(/Nothing heard since \d\d:\d\d:\d\d/)
    .waitFor({ timeout: minutes })
  expect(
    await progress()
      .getByText(/about .* left/)
      .count(),
  ).toBe(0)
  expect(await accessibilityFindings(page)).toEqual([])
  for (const pid of pids) process.kill(pid, 'SIGCONT')
  await progress()
    .getByText(/about .* left/)
    .waitFor({ timeout: 15 * minutes })
})

test('a window that is closed stops nothing', long, async () => {
  const before = await share()
  await page.close()
  page = await server.firstWindow()
  await openSample(page)
  await runsWith(page, '').first().dblclick()
  await progress().getByRole('progressbar').waitFor()
  expect(await share()).toBeGreaterThanOrEqual(before)
  expect(await page.getByText('Interrupted').count()).toBe(0)
})

test('it is called off with one button, and resumed with another, from what was kept', long, async () => {
  const before = await share()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Cancelled').first().waitFor({ timeout: minutes })
  await page.getByRole('button', { name: 'Resume' }).click()
  await progress().getByRole('progressbar').waitFor({ timeout: minutes })
  // The decision was kept: it is far on at once.
  await expect.poll(share, { timeout: 5 * minutes }).toBeGreaterThanOrEqual(Math.floor(before / 2))
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Cancelled').first().waitFor({ timeout: minutes })
})
