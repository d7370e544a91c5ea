/** `npm run screenshots`: every screen in both themes and both languages, into docs/guide/images, from real runs. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensureChromium } from './lib/chromium.mjs'
import { fail, inRoot, say } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'

await setUp('node', 'page')
const executablePath = ensureChromium() ?? fail('Without a browser there are no screenshots.')
const { chromium } = await import('playwright-core')

const images = inRoot('docs/guide/images')
const home = mkdtempSync(join(tmpdir(), 'espalier-screenshots-'))
const server = spawn(process.execPath, [inRoot('out/main/server.js')], {
  env: { ...process.env, ESPALIER_HOME: home },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const url = await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve))
const browser = await chromium.launch({ executablePath })

const minutes = 60_000
const looks = ['en', 'zh-CN'].flatMap((locale) => ['light', 'dark'].map((colorScheme) => ({ locale, colorScheme })))

/** Does the main job once, so that every screen has something to show. */
async function prepare() {
  const page = await browser.newPage({ locale: 'en', viewport: { width: 1360, height: 860 } })
  await page.goto(url)
  await page.getByRole('article').first().getByRole('link').first().click()
  await page.locator('button:enabled', { hasText: 'Compare strategies' }).first().click({ timeout: minutes })
  const done = page.getByRole('grid').locator('[role=row][aria-selected]').filter({ hasText: 'Done' })
  await done.nth(7).waitFor({ timeout: 10 * minutes })
  const project = /#\/p\/[^/]+/.exec(page.url())[0]
  await done.first().dblclick()
  await page.waitForURL(/runs\/[0-9a-f-]{8,}/)
  const run = /#.*/.exec(page.url())[0]
  await page.goto(`${url}${project}/models`)
  const model = await page
    .getByRole('link', { name: /fashion/i })
    .first()
    .getAttribute('href')
  await page.goto(`${url}${project}/data`)
  const data = await page
    .getByRole('link', { name: /fashion/i })
    .first()
    .getAttribute('href')
  await page.goto(`${url}${project}/runs`)
  await page.getByRole('grid').getByRole('checkbox').first().check()
  await page.getByRole('toolbar').getByRole('button', { name: 'Compare' }).click()
  await page.waitForURL(/compare/)
  const compare = /#.*/.exec(page.url())[0]
  await page.close()
  return {
    projects: '#/',
    runs: `${project}/runs`,
    run,
    'new-run': `${project}/runs/new`,
    models: `${project}/models`,
    model,
    'data-sets': `${project}/data`,
    'data-set': data,
    compare,
    export: `${project}/exports`,
    settings: '#/settings',
  }
}

try {
  mkdirSync(images, { recursive: true })
  const screens = await prepare()
  for (const { locale, colorScheme } of looks) {
    const page = await browser.newPage({ locale, colorScheme, viewport: { width: 1360, height: 860 } })
    await page.goto(url)
    for (const [name, hash] of Object.entries(screens)) {
      await page.evaluate((to) => {
        location.hash = to
      }, hash)
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await page.waitForLoadState('networkidle')
      await page.screenshot({ path: join(images, `${name}-${locale}-${colorScheme}.png`), animations: 'disabled' })
    }
    await page.close()
    say(`Drew ${Object.keys(screens).length} screens: ${locale}, ${colorScheme}.`)
  }
} finally {
  await browser.close()
  server.kill('SIGTERM')
  await new Promise((resolve) => server.once('exit', resolve))
  rmSync(home, { recursive: true, force: true })
}
