/** What was typed and arranged survives: the window closed at once, the engine killed, the whole application killed. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSample } from './support/main-path'
import { engineProcesses } from './support/processes'
import { ServerUnderTest } from './support/server'
import { Workspace } from './support/workspace'

const workspace = new Workspace()
let server: ServerUnderTest
let page: Page

beforeAll(async () => {
  server = await ServerUnderTest.launch(workspace)
  page = await server.firstWindow()
  await openSample(page)
})
afterAll(async () => {
  await server.close()
  workspace.remove()
})

const budgets = () => page.getByLabel('Budgets in percent')
const draftHolds = async (text: string) => {
  await page.getByRole('link', { name: 'New run' }).click()
  await budgets().waitFor()
  await expect.poll(() => budgets().inputValue()).toBe(text)
}
const type = async (text: string) => {
  await page.getByRole('link', { name: 'New run' }).click()
  await budgets().fill(text)
}

test('a window that is closed right after the last key loses no draft', async () => {
  await type('61, 43')
  await page.close()
  page = await server.firstWindow()
  await openSample(page)
  await draftHolds('61, 43')
})

test('an engine that is killed loses no draft', async () => {
  await budgets().fill('62, 44')
  for (const pid of engineProcesses(server.pid)) process.kill(pid, 'SIGKILL')
  await page.reload()
  await expect.poll(() => budgets().inputValue()).toBe('62, 44')
})

test('an application that is killed loses neither draft nor theme nor the arrangement of the table', async () => {
  await budgets().fill('63, 45')
  await page.getByRole('link', { name: 'Runs', exact: false }).first().click()
  await page.getByLabel('Group by').selectOption('strategy')
  await page.keyboard.press('Control+Shift+L')
  const theme = await page.evaluate(() => document.documentElement.dataset.theme)
  // What was changed is written within half a second; a power cut before that costs that half second.
  await expect
    .poll(
      async () => {
        const other = await server.firstWindow()
        await openSample(other)
        await other.getByRole('link', { name: 'New run' }).click()
        const value = await other.getByLabel('Budgets in percent').inputValue()
        await other.close()
        return value
      },
      { timeout: 60_000 },
    )
    .toBe('63, 45')
  await server.kill()
  server = await ServerUnderTest.launch(workspace)
  page = await server.firstWindow()
  await openSample(page)
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme)
  expect(await page.getByLabel('Group by').inputValue()).toBe('strategy')
  await draftHolds('63, 45')
})
