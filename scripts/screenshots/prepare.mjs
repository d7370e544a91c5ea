/** Does the main job once in a fresh data folder, so that every screen has something real to show. */
import { say } from '../lib/root.mjs'

const minutes = 60_000

const done = (page) => page.getByRole('grid').locator('[role=row][aria-selected]').filter({ hasText: 'Done' })
const linkTo = (page, part) => page.locator(`main a[href*="${part}"]`).first().getAttribute('href')
const idIn = (address) => /([0-9a-f-]{8,})(?:\?|$)/.exec(address)?.[1] ?? ''

/** Eight runs, an export with its proof, one run in the trash, a project without anything. */
export async function work(page, url) {
  await page.goto(url)
  await page.getByRole('button', { name: 'New project' }).click()
  await page.locator('dialog input').first().fill('Doorbell camera')
  await page.locator('dialog textarea').first().fill('Person or not, under 5 ms on the camera chip.')
  await page.locator('dialog button[type=submit]').click()
  await page.waitForURL(/models/)
  await page.goto(`${url}#/`)
  await page.getByRole('article').filter({ hasText: 'Sample' }).getByRole('link').first().click()
  await page.locator('button:enabled', { hasText: 'Compare strategies' }).first().click({ timeout: minutes })
  say('Eight runs of the sample project…')
  await done(page)
    .nth(7)
    .waitFor({ timeout: 20 * minutes })
  // A ninth, to be thrown away: the trash has something to show, too.
  await page.getByRole('link', { name: 'New run' }).click()
  await page.getByLabel('Budgets in percent').fill('70')
  await page.getByRole('button', { name: /^Queue/ }).click()
  await done(page)
    .nth(8)
    .waitFor({ timeout: 5 * minutes })
  await page.getByRole('row').filter({ hasText: '70' }).getByRole('checkbox').first().click()
  await page.keyboard.press('Delete')
  await done(page).nth(8).waitFor({ state: 'detached' })
  say('The proof of an export…')
  await page.locator('.best button', { hasText: 'Export' }).click()
  await page.getByRole('button', { name: 'Export and check' }).click()
  await page
    .locator('.proof')
    .first()
    .waitFor({ timeout: 5 * minutes })
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
