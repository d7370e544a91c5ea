/** What was typed, arranged and thrown away survives: the window closed at once, the engine or the application killed, the trash. */
import { expect, test } from 'vitest'
import { runsWith } from './support/main-path'
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

const notice = (text: string) => sample.page.getByRole('status').filter({ hasText: text })
const runs = () => runsWith(sample.page, 'Too large')
const toRuns = () => sample.page.getByRole('navigation').getByRole('link', { name: /^Runs/ }).click()
const toTrash = () => sample.page.getByRole('navigation').getByRole('link', { name: 'Trash' }).click()
const trashed = () => sample.page.getByRole('main').getByRole('row').filter({ hasText: 'Too large' })
/** What had the focus is gone; something else has it, so that Tab goes on from there. */
const focusIsKept = () =>
  expect.poll(() => sample.page.evaluate(() => document.activeElement?.localName), patiently).not.toBe('body')
const throwAllAway = async () => {
  await sample.page.keyboard.press('Control+A')
  await sample.page.keyboard.press('Delete')
  await expect.poll(() => runs().count(), patiently).toBe(0)
  await notice('3 moved to trash').waitFor()
}

test('runs that were thrown away come back: by undo, by its key, and from the trash; what is emptied is gone', async () => {
  await toRuns()
  await type('70')
  await sample.page.getByLabel('Name').fill('Too large')
  await sample.page.getByRole('spinbutton', { name: 'Seeds' }).fill('3')
  await sample.page.getByRole('button', { name: /^Queue/ }).click()
  await expect.poll(() => runs().count(), patiently).toBe(3)
  // Those that wait or run are called off on their way.
  await throwAllAway()
  await notice('3 moved to trash').getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => runs().count(), patiently).toBe(3)
  await throwAllAway()
  await sample.page.keyboard.press('Control+Z')
  await expect.poll(() => runs().count(), patiently).toBe(3)
  await throwAllAway()
  await sample.page.reload()
  await toTrash()
  await expect.poll(() => trashed().count(), patiently).toBe(3)
  await trashed().filter({ hasText: 'seed 1' }).getByRole('button').click()
  await expect.poll(() => trashed().count(), patiently).toBe(2)
  await focusIsKept()
  await toRuns()
  await expect.poll(() => runs().count(), patiently).toBe(1)
  await toTrash()
  await sample.page.getByRole('button', { name: 'Empty this trash' }).click()
  await sample.page.getByRole('dialog').getByText('Remove 2 runs of this project for good?').waitFor()
  await sample.page.getByRole('dialog').getByRole('button', { name: 'Empty this trash' }).click()
  await notice('2 removed').waitFor()
  await focusIsKept()
  await sample.page.getByText('Nothing here').waitFor()
  await toRuns()
  await expect.poll(() => runs().count(), patiently).toBe(1)
})

test('a project that was thrown away comes back with what it holds; its old offer to undo goes', async () => {
  await sample.page.goto(sample.page.url().replace(/#.*/, '#/'))
  const card = sample.page.getByRole('article').filter({ hasText: 'Sample' })
  const throwAway = async () => {
    await card.getByRole('button').first().click()
    await sample.page.getByRole('menuitem', { name: 'Move to trash' }).click()
    await card.waitFor({ state: 'detached' })
    await notice('moved to trash').waitFor()
  }
  await throwAway()
  await sample.page.keyboard.press('Control+Z')
  await card.waitFor()
  await throwAway()
  await sample.page.getByRole('radio', { name: 'Trash' }).check({ force: true })
  await sample.page.getByText('kept for 30 more days').waitFor()
  await sample.page.getByRole('button', { name: /^Restore / }).click()
  await notice('device is back').waitFor()
  expect(await notice('moved to trash').count()).toBe(0)
  await focusIsKept()
  await sample.page.getByRole('radio', { name: 'Active' }).check({ force: true })
  await card.getByRole('link').first().click()
  await expect.poll(() => runs().count(), patiently).toBe(1)
})
