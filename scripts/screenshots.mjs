/**
 * `npm run screenshots`: every screen in both themes and both languages, from real runs. What the guides show goes to
 * docs/guide/images, the rest to .cache/screenshots.
 * `-- --home FOLDER` keeps the data folder for the next time, `--only WORD,WORD` draws some, `--still` leaves out what needs a run under way, `--png FOLDER` also writes PNGs,
 * `--looks en-light,zh-CN-dark` some looks only.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { ensureChromium } from './lib/chromium.mjs'
import { fail, inRoot, say } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'
import { hold, kill, letGo } from './screenshots/engines.mjs'
import { atRest, toWebp, withoutTraces } from './screenshots/picture.mjs'
import { addresses, callOff, longRun, manyPictures, resume, throwCalledOff, work } from './screenshots/prepare.mjs'
import {
  cancelledScreens,
  fillIn,
  heldScreens,
  interruptedScreens,
  liveScreens,
  readingScreens,
  screens,
} from './screenshots/screens.mjs'

const text = { type: 'string' }
const { values } = parseArgs({
  options: { home: text, only: text, png: text, looks: text, still: { type: 'boolean' } },
})
await setUp('node', 'page')
const executablePath = ensureChromium() ?? fail('Without a browser there are no screenshots.')
const { chromium } = await import('playwright-core')

const images = inRoot('docs/guide/images')
const others = inRoot('.cache/screenshots')
const guides = ['docs/guide.md', 'docs/guide.zh-CN.md'].map((path) => readFileSync(inRoot(path), 'utf8')).join('\n')
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
const words = values.only?.split(',') ?? ['']
const chosen = (all) => Object.entries(all).filter(([name]) => words.some((word) => name.includes(word)))
const failures = []

/** What screens of work under way do with the engine; `folder`: pictures to be read. */
const engines = {
  folder: join(home, 'pictures'),
  hold: () => hold(server.pid),
  letGo: () => letGo(server.pid),
}

/** A screen that does not come has no picture: one of something else would be worse than none. */
async function photograph(context, address, { act, ready, undo }, moving) {
  const page = await context.newPage()
  page.setDefaultTimeout(2 * 60_000)
  await page.goto(`${url}${address}`)
  await page.locator('main h1, main h2').first().waitFor()
  if (!moving) await atRest(page)
  await act?.(page, engines)
  await page.locator(ready).filter({ visible: true }).first().waitFor()
  // The pointer must not leave a hover in the picture.
  await page.mouse.move(viewport.width - 2, viewport.height - 2)
  await withoutTraces(page, join(home, 'data'), engines.folder)
  const png = moving ? await page.screenshot({ animations: 'disabled' }) : await atRest(page)
  await undo?.(page, engines)
  await page.close()
  return png
}

try {
  for (const folder of [images, others]) mkdirSync(folder, { recursive: true })
  if (values.png) mkdirSync(values.png, { recursive: true })
  const worker = await browser.newPage({ locale: 'en', viewport })
  worker.setDefaultTimeout(4 * 60_000)
  if (fresh) {
    await work(worker, url)
    writeFileSync(join(home, 'worked'), '')
  }
  const { project, names } = await addresses(worker, url)
  const blank = await browser.newPage()
  const draw = async (wanted, moving) => {
    for (const { locale, colorScheme } of wanted.length > 0 ? looks : []) {
      const context = await browser.newContext({ locale, colorScheme, viewport, reducedMotion: 'reduce' })
      for (const [name, screen] of wanted) {
        const look = `${name}-${locale}-${colorScheme}`
        const png = await photograph(context, fillIn(screen.hash, project, names), screen, moving).catch((error) => {
          failures.push(`${look}: ${error.message.split('\n')[0]}`)
        })
        if (!png) continue
        if (values.png) writeFileSync(join(values.png, `${look}.png`), png)
        const file = `${look}.webp`
        writeFileSync(join(guides.includes(file) ? images : others, file), await toWebp(blank, png))
      }
      await context.close()
      say(`Drew ${wanted.length} screens: ${locale}, ${colorScheme}.`)
    }
  }
  if (!values.still && chosen(readingScreens).length > 0) {
    manyPictures(engines.folder)
    await draw(chosen(readingScreens), true)
  }
  const ofOneRun = { ...liveScreens, ...heldScreens, ...interruptedScreens, ...cancelledScreens }
  if (!values.still && chosen(ofOneRun).length > 0) {
    await worker.goto(`${url}${project}/runs`)
    names.LIVE = await longRun(worker)
    await draw(chosen(liveScreens), true)
    engines.hold()
    await draw(chosen(heldScreens), true)
    engines.letGo()
    kill(server.pid)
    await draw(chosen(interruptedScreens), true)
    await resume(worker)
    await callOff(worker)
    await draw(chosen(cancelledScreens), true)
    await throwCalledOff(worker)
  }
  await worker.close()
  await draw(chosen(screens), false)
} finally {
  await browser.close()
  server.kill('SIGTERM')
  await new Promise((resolve) => server.once('exit', resolve))
  if (!values.home) rmSync(home, { recursive: true, force: true })
}
if (failures.length > 0) fail(`Without a picture:\n${failures.join('\n')}`)
