/** What was typed and arranged survives: the window closed at once, the engine killed, the whole application killed. */
import { expect, test } from 'vitest'
import { sampleOnServer } from './support/sample-on-server'

const sample = sampleOnServer()
/** The machine may have much else to do. */
const patiently = { timeout: 60_000 }

const budgets = () => sample.page.getByLabel('Budgets in percent')
/** The first of the fields that runs are grouped by. */
const grouping = () => sample.page.getByRole('combobox', { name: 'Group by' }).first()
const draftHolds = async (text: string) => {
  await sample.page.getByRole('link', { name: 'New run' }).click()
  await budgets().waitFor()
  await expect.poll(() => budgets().inputValue(), patiently).toBe(text)
}
const type = async (text: string) => {
  await sample.page.getByRole('link', { name: 'New run' }).click()
  await budgets().fill(text)
}

test('a window that is closed right after the last key loses no draft', async () => {
  await type('61, 43')
  await sample.reopen()
  await draftHolds('61, 43')
})

test('an engine that is killed loses no draft', async () => {
  await budgets().fill('62, 44')
  sample.signalEngines('SIGKILL')
  await sample.page.reload()
  await expect.poll(() => budgets().inputValue(), patiently).toBe('62, 44')
})

test('an application that is killed loses neither draft nor theme nor the arrangement of the table', async () => {
  await budgets().fill('63, 45')
  await sample.page.getByRole('link', { name: 'Runs', exact: false }).first().click()
  await grouping().selectOption('strategy')
  await sample.page.keyboard.press('Control+Shift+L')
  const theme = await sample.page.evaluate(() => document.documentElement.dataset.theme)
  // What was changed is written within half a second; a power cut before that costs that half second.
  await expect
    .poll(async () => {
      const other = await sample.window()
      await other.getByRole('link', { name: 'New run' }).click()
      const value = await other.getByLabel('Budgets in percent').inputValue()
      await other.close()
      return value
    }, patiently)
    .toBe('63, 45')
  await sample.kill()
  await sample.start()
  await expect.poll(() => sample.page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme)
  expect(await grouping().inputValue()).toBe('strategy')
  await draftHolds('63, 45')
})
