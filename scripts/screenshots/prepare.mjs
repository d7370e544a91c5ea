/** Does the main job once in a fresh data folder, so that every screen has something real to show. */
import { copyFileSync, existsSync, linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot, say } from '../lib/root.mjs'

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

/** From the runs of a project: one whose widths a sensitivity sweep chose; its curves are on its page. */
export async function sensitivitySweep(page) {
  await page.getByRole('link', { name: 'New run' }).click()
  await page.getByRole('checkbox', { name: /^L2 norm/ }).check()
  await page.getByRole('checkbox', { name: /^Result-oriented/ }).uncheck()
  await page.getByRole('radio', { name: 'Sensitivity' }).check({ force: true })
  await page.getByRole('checkbox', { name: /^No refit/ }).check()
  await page.getByRole('checkbox', { name: /^Refit by layers and result/ }).uncheck()
  await page.getByLabel('Budgets in percent').fill('50')
  await page.getByLabel('Name').fill('Sensitivity sweep')
  await page.getByRole('button', { name: /^Queue/ }).click()
  await done(page)
    .filter({ hasText: 'Sensitivity sweep' })
    .waitFor({ timeout: 20 * minutes })
  await page.getByRole('link', { name: 'New run' }).click()
  await page.getByRole('button', { name: 'Start over' }).click()
  await page.getByRole('link', { name: 'Runs' }).first().click()
}

/** Eight runs and one by sensitivity, an export with its proof, one run in the trash, a project without anything. */
export async function work(page, url) {
  await emptyProject(page, url)
  await page.goto(`${url}#/`)
  await page.getByRole('article').filter({ hasText: 'Sample' }).getByRole('link').first().click()
  await page.locator('button:enabled', { hasText: 'Compare strategies' }).first().click({ timeout: minutes })
  say('Eight runs of the sample project…')
  await done(page)
    .nth(7)
    .waitFor({ timeout: 20 * minutes })
  say('A sensitivity sweep…')
  await sensitivitySweep(page)
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

/** Goes on with the interrupted run whose page is open. */
export async function resume(page) {
  await page.getByRole('button', { name: 'Resume' }).click({ timeout: 2 * minutes })
  await page
    .getByRole('region', { name: 'Progress' })
    .getByRole('progressbar')
    .waitFor({ timeout: 5 * minutes })
}

/** A folder of pictures in two classes, large enough to be photographed while it is read. */
export function manyPictures(folder, count = 60_000) {
  if (existsSync(folder)) return
  const picture = inRoot('test/engine/data/fixtures/grey.png')
  for (const split of ['cat', 'dog']) {
    mkdirSync(join(folder, split), { recursive: true })
    copyFileSync(picture, join(folder, split, '0.png'))
    for (let at = 1; at < count / 2; at++) linkSync(join(folder, split, '0.png'), join(folder, split, `${at}.png`))
  }
}

/** Calls the run off whose page is open. */
export async function callOff(page) {
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Resume' }).waitFor({ timeout: 2 * minutes })
}

/** Throws the run away that was called off; the form is as it was. */
export async function throwCalledOff(page) {
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Move to trash' }).click()
  await page.getByRole('navigation').getByRole('link', { name: /^Runs/ }).click()
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
  const sweep = done(page).filter({ hasText: 'Sensitivity sweep' }).first()
  // A folder that was worked in before there was one has none, and its screen no picture.
  const sensitivity = (await sweep.count()) > 0 ? idIn(await sweep.locator('a').first().getAttribute('href')) : 'none'
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
  return {
    project,
    names: { SWEEP: sensitivity, RUNS: runs, RUN: run, PRUNED: pruned, MODEL: model, DATA: data, EMPTY: empty },
  }
}
