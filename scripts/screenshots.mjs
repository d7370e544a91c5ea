/**
 * `npm run screenshots`: every screen in both themes and both languages, into docs/guide/images, from real runs.
 * `-- --home FOLDER` keeps the data folder for the next time, `--only WORD` draws some, `--png FOLDER` also writes PNGs,
 * `--looks en-light,zh-CN-dark` some looks only.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { ensureChromium } from './lib/chromium.mjs'
import { fail, inRoot, say } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'
import { atRest, toWebp } from './screenshots/picture.mjs'
import { addresses, work } from './screenshots/prepare.mjs'
import { screens } from './screenshots/screens.mjs'

const text = { type: 'string' }
const { values } = parseArgs({ options: { home: text, only: text, png: text, looks: text } })
await setUp('node', 'page')
const executablePath = ensureChromium() ?? fail('Without a browser there are no screenshots.')
const { chromium } = await import('playwright-core')

const images = inRoot('docs/guide/images')
const home = values.home ?? mkdtempSync(join(tmpdir(), 'espalier-screenshots-'))
const fresh = !existsSync(join(home, 'worked'))
const server = spawn(process.execPath, [inRoot('out/main/server.js')], {
  env: { ...process.env, ESPALIER_HOME: join(home, 'data') },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const url = await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve))
const browser = await chromium.launch({ executablePath })

const viewport = { width: 1360, height: 860 }
const looks = ['en', 'zh-CN']
  .flatMap((locale) => ['light', 'dark'].map((colorScheme) => ({ locale, colorScheme })))
  .filter(({ locale, colorScheme }) => values.looks?.split(',').includes(`${locale}-${colorScheme}`) ?? true)
const wanted = Object.entries(screens).filter(([name]) => name.includes(values.only ?? ''))

/** A screen that does not come ends the whole: a picture of something else would be worse than none. */
async function photograph(context, address, { act, ready, undo }) {
  const page = await context.newPage()
  await page.goto(`${url}${address}`)
  await page.locator('main h1, main h2').first().waitFor()
  await atRest(page)
  await act?.(page)
  await page.locator(ready).filter({ visible: true }).first().waitFor()
  // The pointer must not leave a hover in the picture.
  await page.mouse.move(viewport.width - 2, viewport.height - 2)
  const png = await atRest(page)
  await undo?.(page)
  await page.close()
  return png
}

try {
  mkdirSync(images, { recursive: true })
  if (values.png) mkdirSync(values.png, { recursive: true })
  const worker = await browser.newPage({ locale: 'en', viewport })
  if (fresh) {
    await work(worker, url)
    writeFileSync(join(home, 'worked'), '')
  }
  const { project, names } = await addresses(worker, url)
  await worker.close()
  const blank = await browser.newPage()
  const fill = (hash) =>
    (hash.startsWith('#') ? hash : `${project}${hash}`).replaceAll(
      /\b(RUNS|RUN|PRUNED|MODEL|DATA|EMPTY)\b/g,
      (name) => names[name],
    )
  for (const { locale, colorScheme } of looks) {
    const context = await browser.newContext({ locale, colorScheme, viewport, reducedMotion: 'reduce' })
    for (const [name, screen] of wanted) {
      const png = await photograph(context, fill(screen.hash), screen).catch((error) => {
        throw new Error(`${name} (${locale}, ${colorScheme}): ${error.message}`)
      })
      if (values.png) writeFileSync(join(values.png, `${name}-${locale}-${colorScheme}.png`), png)
      writeFileSync(join(images, `${name}-${locale}-${colorScheme}.webp`), await toWebp(blank, png))
    }
    await context.close()
    say(`Drew ${wanted.length} screens: ${locale}, ${colorScheme}.`)
  }
} finally {
  await browser.close()
  server.kill('SIGTERM')
  await new Promise((resolve) => server.once('exit', resolve))
  if (!values.home) rmSync(home, { recursive: true, force: true })
}
