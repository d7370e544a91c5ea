/** The application is killed while a network and a data set are imported: nothing is half there, and both are begun again with the files that were given. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sampleOnServer } from './support/sample-on-server'
import { root } from './support/workspace'

const minutes = 60_000
const sample = sampleOnServer()

const screen = (name: string) => sample.page.getByRole('navigation').getByRole('link', { name })
const give = (name: string, mimeType: string, buffer: Buffer) =>
  sample.page.locator('main input[type=file]').first().setInputFiles({ name, mimeType, buffer })
const unfinished = () => sample.page.getByRole('region', { name: 'Imports that did not end' })

/** Imports of which a note lies in the data folder: from then on they outlive the process. */
function noted(): string[] {
  const folder = join(sample.workspace.home, 'data', 'imports')
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((id) => existsSync(join(folder, id, 'import.json')))
}

/** Names in the table of the screen that is open. */
const names = () => sample.page.locator('main a.name').allInnerTexts()

test('what a kill left in the middle is told, absent from the lists, and imported again without being chosen', async () => {
  const network = readFileSync(join(root, 'resources/sample/fashion-resnet.onnx'))
  const pictures = readFileSync(join(root, 'test/engine/data/fixtures/pictures.npz'))
  await screen('Data sets').click()
  await sample.page.getByRole('heading', { name: 'Data sets', exact: true }).waitFor()
  await give('pictures.npz', 'application/octet-stream', pictures)
  const wizard = sample.page.getByRole('dialog')
  await wizard.getByRole('button', { name: 'Import', exact: true }).waitFor({ timeout: minutes })

  // From here the engine that reads for both is held, so that the kill comes in the middle on any machine.
  const engines = sample.engines()
  expect(engines.length).toBeGreaterThan(0)
  sample.signalEngines('SIGSTOP')
  try {
    await wizard.getByRole('button', { name: 'Import', exact: true }).click()
    await expect.poll(() => noted().length, { timeout: minutes }).toBe(1)
    await sample.page.keyboard.press('Escape')
    await screen('Models').click()
    await sample.page.getByRole('heading', { name: 'Models', exact: true }).waitFor()
    await give('cut-off.onnx', 'application/octet-stream', network)
    await expect.poll(() => noted().length, { timeout: minutes }).toBe(2)
    await sample.kill()
  } finally {
    // Held processes outlive the one that started them.
    for (const pid of engines) process.kill(pid, 'SIGKILL')
  }

  await sample.start()
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
  expect(readdirSync(join(sample.workspace.home, 'data', 'imports'))).toEqual([])
})
