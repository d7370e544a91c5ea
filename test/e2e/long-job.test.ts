/** A run in the middle: how long still, since when nothing is heard, called off, gone on with; a closed window stops nothing. */
import { beforeAll, expect, test } from 'vitest'
import { runsTable, runsWith } from './support/main-path'
import { sampleOnServer } from './support/sample-on-server'
import { accessibilityFindings } from './support/watch'

const minutes = 60_000
/** The machine may have much else to do; a test that waits for the engine waits long. */
const long = { timeout: 20 * minutes }
const sample = sampleOnServer()

beforeAll(async () => {
  const { page } = sample
  await page.getByRole('link', { name: 'New run' }).click()
  // Long enough to be looked at from all sides.
  await page.getByLabel('Fine-tuning epochs').fill('200')
  await page.getByLabel('Fine-tuning epochs').press('Tab')
  await page.getByRole('button', { name: /^Queue/ }).click()
  await runsTable(page)
    .getByRole('progressbar')
    .waitFor({ timeout: 4 * minutes })
})

const progress = () => sample.page.getByRole('region', { name: 'Progress' })
const share = async () => Number(await progress().getByRole('progressbar').getAttribute('aria-valuenow'))

test('says its stage, how far it is and how long it still takes', long, async () => {
  await runsWith(sample.page, '').first().dblclick()
  await progress().getByRole('progressbar').waitFor()
  await progress()
    .getByText(/about .* left/)
    .waitFor({ timeout: 15 * minutes })
  expect(await accessibilityFindings(sample.page)).toEqual([])
})

test('an engine that says nothing any more turns the time left into "since when", and back', long, async () => {
  sample.signalEngines('SIGSTOP')
  await progress()
    .getByText(/Nothing heard since \d\d:\d\d:\d\d/)
    .waitFor({ timeout: minutes })
  expect(
    await progress()
      .getByText(/about .* left/)
      .count(),
  ).toBe(0)
  expect(await accessibilityFindings(sample.page)).toEqual([])
  sample.signalEngines('SIGCONT')
  await progress()
    .getByText(/about .* left/)
    .waitFor({ timeout: 15 * minutes })
})

test('a window that is closed stops nothing', long, async () => {
  const before = await share()
  await sample.reopen()
  await runsWith(sample.page, '').first().dblclick()
  await progress().getByRole('progressbar').waitFor()
  expect(await share()).toBeGreaterThanOrEqual(before)
  expect(await sample.page.getByText('Interrupted').count()).toBe(0)
})

test('it is called off with one button, and resumed with another, from what was kept', long, async () => {
  const before = await share()
  await sample.page.getByRole('button', { name: 'Cancel' }).click()
  await sample.page.getByText('Cancelled').first().waitFor({ timeout: minutes })
  const reached = sample.page.getByRole('region', { name: 'How far it got' })
  // Where it was caught is the machine's affair; what is kept is read from its folder.
  await reached.getByText('Last measured').waitFor()
  expect(await reached.textContent()).toMatch(/\d %.of the work/)
  expect(await accessibilityFindings(sample.page)).toEqual([])
  await sample.page.getByRole('button', { name: 'Resume' }).click()
  await progress().getByRole('progressbar').waitFor({ timeout: minutes })
  // The decision was kept: it is far on at once.
  await expect.poll(share, { timeout: 5 * minutes }).toBeGreaterThanOrEqual(Math.floor(before / 2))
  await sample.page.getByRole('button', { name: 'Cancel' }).click()
  await sample.page.getByText('Cancelled').first().waitFor({ timeout: minutes })
})
