/** Does the main job once in a fresh data folder, so that every screen has something real to show. */
import { say } from '../lib/root.mjs'

const minutes = 60_000

const done = (page) => page.getByRole('grid').locator('[role=row][aria-selected]').filter({ hasText: 'Done' })
const linkTo = (page, part) => page.locator(`main a[href*="${part}"]`).first().getAttribute('href')
const idIn = (address) => /([0-9a-f-]{8,})(?:\?|$)/.exec(address)?.[1] ?? ''

/** A project without anything: what a newcomer's own begins as. */
export async function emptyProject(page, url) {
  await page.goto(`${url}#/`)
  await page.getByRole('button', { name: 'New project' }).click()
  await page.locator('dialog input').first().fill('Doorbell camera')
  await page.locator('dialog textarea').first().fill('Person or not, under 5 ms on the camera chip.')
  await page.locator('dialog button[type=submit]').click()
  await page.waitForURL(/models/)
}

/** From the runs of a project: one more that is called off and thrown away, so that the trash has something to show. */
export async function throwAway(page) {
  await page.getByRole('link', { name: 'New run' }).click()
  await page.getByLabel('Budgets in percent').fill('70')
  await page.getByLabel('Name').fill('Too large')
  await page.getByRole('button', { name: /^Queue/ }).click()
  const row = page.getByRole('row').filter({ hasText: 'Too large' })
  await row.getByRole('checkbox').first().click({ timeout: minutes })
  const bar = page.getByRole('toolbar')
  await bar.getByRole('button', { name: 'Cancel' }).click()
  await row.filter({ hasText: 'Cancelled' }).waitFor({ timeout: minutes })
  await page.keyboard.press('Delete')
  await row.waitFor({ state: 'detached' })
}

/** Eight runs, an export with its proof, one run in the trash, a project without anything. */
export async function work(page, url) {
  await emptyProject(page, url)
  await page.goto(`${url}#/`)
  await page.getByRole('article').filter({ hasText: 'Sample' }).getByRole('link').first().click()
  await page.locator('button:enabled', { hasText: 'Compare strategies' }).first().click({ timeout: minutes })
  say('Eight runs of the sample project…')
  await done(page)
    .nth(7)
    .waitFor({ timeout: 20 * minutes })
  await throwAway(page)
  say('The proof of an export…')
  await page.locator('.best button', { hasText: 'Export' }).click()
  await page.getByRole('button', { name: 'Export and check' }).click()
  await page
    .locator('.proof')
    .first()
    .waitFor({ timeout: 5 * minutes })
}

/** From the runs of a project: one that takes its time, to be photographed while it runs. @returns its id */
export async function longRun(page) {
  await page.getByRole('link', { name: 'New run' }).click()
  await page.getByLabel('Budgets in percent').fill('40')
  await page.getByLabel('Name').fill('Long recovery')
  await page.getByLabel('Fine-tuning epochs').fill('400')
  await page.getByLabel('Fine-tuning epochs').press('Tab')
  // Soon through with observing, so that the time left is known soon.
  await page.getByRole('spinbutton', { name: 'Calibration samples' }).fill('256')
  await page.getByRole('spinbutton', { name: 'Calibration samples' }).press('Tab')
  await page.getByRole('button', { name: /^Queue/ }).click()
  const row = page.getByRole('row').filter({ hasText: 'Long recovery' })
  await row.getByRole('progressbar').waitFor({ timeout: 5 * minutes })
  await row.dblclick()
  await page.waitForURL(/runs\/[0-9a-f-]{8,}/)
  await page.getByText(/about .* left/).waitFor({ timeout: 20 * minutes })
  return idIn(page.url())
}

/** Calls the run off whose page is open, and throws it away; the form is as it was. */
export async function callOff(page) {
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Resume' }).waitFor({ timeout: 2 * minutes })
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Move to trash' }).click()
  await page.getByRole('link', { name: 'New run' }).waitFor()
  await page.getByRole('link', { name: 'New run' }).click()
  await page.getByRole('button', { name: 'Start over' }).click()
}

/** Where everything lies in a folder that has been worked in. */
export async function addresses(page, url) {
  await page.goto(`${url}#/`)
  const empty = idIn(
    await page
      .getByRole('article')
      .filter({ hasText: 'Doorbell' })
      .getByRole('link')
      .first()
      .getAttribute('href')
      .then((href) => href.replace(/\/runs$/, '')),
  )
  await page.getByRole('article').filter({ hasText: 'Sample' }).getByRole('link').first().click()
  await done(page).first().waitFor()
  const project = /#\/p\/[^/]+/.exec(page.url())[0]
  const best = done(page)
    .filter({ hasText: 'Result-oriented' })
    .filter({ hasText: /50\s?%/ })
    .first()
  await best.dblclick()
  await page.waitForURL(/runs\/[0-9a-f-]{8,}/)
  const run = idIn(page.url())
  const pruned = /after=([^&]+)/.exec(await linkTo(page, 'after='))[1]
  await page.goto(`${url}${project}/models`)
  await page.locator('main a[href*="/models/"]').first().waitFor()
  const model = idIn(await linkTo(page, '/models/'))
  await page.goto(`${url}${project}/data`)
  await page.locator('main a[href*="/data/"]').first().waitFor()
  const data = idIn(await linkTo(page, '/data/'))
  await page.goto(`${url}${project}/runs`)
  await done(page).first().waitFor()
  await page.getByRole('grid').getByRole('checkbox').first().check()
  await page.getByRole('toolbar').getByRole('button', { name: 'Compare' }).click()
  await page.waitForURL(/compare/)
  const runs = /runs=([^&]+)/.exec(page.url())[1]
  return { project, names: { RUNS: runs, RUN: run, PRUNED: pruned, MODEL: model, DATA: data, EMPTY: empty } }
}
