/** What a crash costs: the engine killed in the middle of a run, and the whole application killed; nothing is lost. */
import { expect, test } from 'vitest'
import { runsTable, runsWith } from './support/main-path'
import { sampleOnServer } from './support/sample-on-server'

const sample = sampleOnServer()

const resume = async () => {
  await runsWith(sample.page, 'Interrupted')
    .getByRole('button', { name: /^Actions for/ })
    .click()
  await sample.page.getByRole('menuitem', { name: 'Resume' }).click()
}
/** A running row shows its stage and a bar instead of a word. */
const isRunning = () => runsTable(sample.page).getByRole('progressbar').waitFor({ timeout: 60_000 })

test('a killed engine interrupts its run, and the workbench goes on', async () => {
  await sample.page.getByRole('link', { name: 'New run' }).click()
  // Long enough to be killed twice, and no longer.
  await sample.page.getByRole('checkbox', { name: /^Refit by layers(?! and)/ }).check()
  await sample.page.getByRole('checkbox', { name: /^Refit by layers and result/ }).uncheck()
  await sample.page.getByRole('button', { name: /^Queue/ }).click()
  await isRunning()
  sample.signalEngines('SIGKILL')
  await runsWith(sample.page, 'Interrupted').waitFor()
  await resume()
  await isRunning()
})

test('a killed application shows the run as interrupted at its next start, and finishes it when asked', async () => {
  await sample.kill()
  await sample.start()
  await runsWith(sample.page, 'Interrupted').waitFor()
  await resume()
  await runsWith(sample.page, 'Done').waitFor({ timeout: 280_000 })
  expect(await runsWith(sample.page, '').count()).toBe(1)
})
