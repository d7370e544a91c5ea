/** The application is killed while a network and a data set are imported: nothing is half there, and both are begun again with the files that were given. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSample } from './support/main-path'
import { engineProcesses } from './support/processes'
import { ServerUnderTest } from './support/server'
import { root, Workspace } from './support/workspace'

const minutes = 60_000
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

const screen = (name: string) => page.getByRole('navigation').getByRole('link', { name })
const give = (name: string, mimeType: string, buffer: Buffer) =>
  page.locator('main input[type=file]').first().setInputFiles({ name, mimeType, buffer })
const unfinished = () => page.getByRole('region', { name: 'Imports that did not end' })

/** Imports of which a note lies in the data folder: from then on they outlive the process. */
function noted(): string[] {
  const folder = join(workspace.home, 'data', 'imports')
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((id) => existsSync(join(folder, id, 'import.json')))
}

/** Names in the table of the screen that is open. */
const names = () => page.locator('main a.name').allInnerTexts()

test('what a kill left in the middle is told, absent from the lists, and imported again without being chosen', async () => {
  const network = readFileSync(join(root, 'resources/sample/fashion-resnet.onnx'))
  const pictures = readFileSync(join(root, 'test/engine/data/fixtures/pictures.npz'))
  await screen('Data sets').click()
  await page.getByRole('heading', { name: 'Data sets', exact: true }).waitFor()
  await give('pictures.npz', 'application/octet-stream', pictures)
  const wizard = page.getByRole('dialog')
  await wizard.getByRole('button', { name: 'Import', exact: true }).waitFor({ timeout: minutes })

  // From here the engine that reads for both is held, so that the kill comes in the middle on any machine.
  const engines = engineProcesses(server.pid)
  expect(engines.length).toBeGreaterThan(0)
  for (const pid of engines) process.kill(pid, 'SIGSTOP')
  try {
    await wizard.getByRole('button', { name: 'Import', exact: true }).click()
    await expect.poll(() => noted().length, { timeout: minutes }).toBe(1)
    await page.keyboard.press('Escape')
    await screen('Models').click()
    await page.getByRole('heading', { name: 'Models', exact: true }).waitFor()
    await give('cut-off.onnx', 'application/octet-stream', network)
    await expect.poll(() => noted().length, { timeout: minutes }).toBe(2)
    await server.kill()
  } finally {
    // Held processes outlive the one that started them.
    for (const pid of engines) process.kill(pid, 'SIGKILL')
  }

  server = await ServerUnderTest.launch(workspace)
  page = await server.firstWindow()
  await openSample(page)
  await screen('Models').click()
  await unfinished().getByText('cut-off.onnx').waitFor()
  expect(await names()).toEqual(['fashion-resnet'])
  await unfinished().getByRole('button', { name: 'Import again' }).click()
  await expect.poll(names, { timeout: 2 * minutes }).toEqual(['cut-off', 'fashion-resnet'])
  await unfinished().waitFor({ state: 'detached' })

  await screen('Data sets').click()
  await unfinished().getByText('pictures').waitFor()
  expect(await names()).toEqual(['fashion-sample'])
  await unfinished().getByRole('button', { name: 'Import again' }).click()
  await expect
    .poll(async () => (await names()).toSorted(), { timeout: 2 * minutes })
    .toEqual(['fashion-sample', 'pictures'])
  await unfinished().waitFor({ state: 'detached' })
  expect(readdirSync(join(workspace.home, 'data', 'imports'))).toEqual([])
})
