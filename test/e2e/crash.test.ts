/** What a crash costs: the engine killed in the middle of a run, and the whole application killed; nothing is lost. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSample, runsTable, runsWith } from './support/main-path'
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

const resume = async () => {
  await runsWith(page, 'Interrupted')
    .getByRole('button', { name: /^Actions for/ })
    .click()
  await page.getByRole('menuitem', { name: 'Resume' }).click()
}
/** A running row shows its stage and a bar instead of a word. */
const isRunning = () => runsTable(page).getByRole('progressbar').waitFor({ timeout: 60_000 })

test('a killed engine interrupts its run, and the workbench goes on', async () => {
  await page.getByRole('link', { name: 'New run' }).click()
  // Long enough to be killed twice, and no longer.
  await page.getByRole('checkbox', { name: /^Refit by layers(?! and)/ }).check()
  await page.getByRole('checkbox', { name: /^Refit by layers and result/ }).uncheck()
  await page.getByRole('button', { name: /^Queue/ }).click()
  await isRunning()
  for (const pid of engineProcesses(server.pid)) process.kill(pid, 'SIGKILL')
  await runsWith(page, 'Interrupted').waitFor()
  await resume()
  await isRunning()
})

test('a killed application shows the run as interrupted at its next start, and finishes it when asked', async () => {
  await server.kill()
  server = await ServerUnderTest.launch(workspace)
  page = await server.firstWindow()
  await openSample(page)
  await runsWith(page, 'Interrupted').waitFor()
  await resume()
  await runsWith(page, 'Done').waitFor({ timeout: 280_000 })
  expect(await runsWith(page, '').count()).toBe(1)
})
