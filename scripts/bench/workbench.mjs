/**
 * The workbench at the scale of years of work, in Chromium and from the built bundles: a table of 10,000 runs, 50 runs
 * side by side, a network of 2,000 nodes, 10 million metric points, memory at rest. `node scripts/bench/workbench.mjs
 * [--quick] [--home FOLDER]` prints a row a line, each when it has it; `--home` keeps the filled data folder for the next time.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import BetterSqlite from 'better-sqlite3'
import { ensureChromium } from '../lib/chromium.mjs'
import { setUp } from '../lib/setup.mjs'
import { fill } from './workbench/fill.mjs'
import { crowding, watch } from './workbench/page.mjs'
import { family, shares, startServer } from './workbench/processes.mjs'

export const title = 'The workbench at scale, in Chromium'
export const note =
  'A table of 10,000 runs, 50 of them side by side with 200,000 metric points and 287 groups each, a network of 2,000 nodes; the built page in headless Chromium without a GPU. A row is what one interaction takes until the frame that shows its outcome, or the time between frames while something moves; `in one task` is the longest that the page could not have answered.'

const whole = { runs: 10_000, points: 10_000_000, series: 50, nodes: 2000 }
const small = { runs: 300, points: 20_000, series: 2, nodes: 200 }
/**
 * Chrome's own windows have more than a desktop window of Electron: a page behind the address bar, a process in reserve,
 * other screens to cast to, media controls, hints, translation. The last of these lists is the one that counts, so it also
 * holds those of Playwright's list that matter here.
 */
const chromeOnly = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'SpareRendererForSitePerProcess',
  'DialMediaRouteProvider',
  'MediaRouter',
  'GlobalMediaControls',
  'OptimizationHints',
  'Translate',
  'LensOverlay',
  'AimEnabled',
  'DestroyProfileOnBrowserClose',
  'PaintHolding',
]
const asElectron = `--disable-features=${chromeOnly.join(',')}`
const viewport = { width: 1440, height: 900 }

/** Opens the sample project in a new folder and fills it; a folder that is filled already is used as it is. */
async function prepare(home, sizes, log) {
  const record = join(home, 'filled.json')
  const path = join(home, 'data', 'espalier.db')
  if (existsSync(record)) {
    // A filter that an earlier measurement left would be measured instead of the whole table.
    const database = new BetterSqlite(path)
    database.prepare('DELETE FROM layouts').run()
    database.close()
    return JSON.parse(readFileSync(record, 'utf8'))
  }
  mkdirSync(home, { recursive: true })
  const server = await startServer(join(home, 'data'))
  const database = new BetterSqlite(path, { readonly: true })
  const opened = database
    .prepare('SELECT count(*) FROM datasets WHERE project_id IN (SELECT id FROM projects WHERE sample = 1)')
    .pluck()
  while (opened.get() === 0) await pause(200)
  database.close()
  await server.stop()
  log(`Writing ${sizes.runs} runs and ${sizes.points} metric points…`)
  const names = fill(path, sizes)
  writeFileSync(record, JSON.stringify(names))
  return names
}

const grid = "document.querySelector('[role=grid]')"
const lines = "document.querySelectorAll('.body .line').length"
const count = `Number(${grid}?.getAttribute('aria-rowcount'))`

async function measureTable({ page, timed, moved }, { project }, add) {
  const away = async () => {
    await page.evaluate("window.location.hash = '#/'")
    await page.locator('article').first().waitFor()
    await page.waitForTimeout(400)
  }
  const visit = `window.location.hash = '#/p/${project}/runs'`
  const there = `${grid} && ${lines} > 5`
  const anew = async () => {
    await page.evaluate("window.location.hash = '#/'")
    await page.reload()
    await page.locator('article').first().waitFor()
    await page.waitForTimeout(1000)
  }
  await anew()
  add('table: opens for the first time', await timed(visit, there, { times: 3, reset: anew }), 300)
  add('table: opens again', await timed(visit, there, { reset: away }), 300)
  await page.evaluate(visit)
  await page.locator('[role=grid] .body .line').first().waitFor()
  await page.waitForTimeout(1500)
  const sort = (at) => [
    `window.was = ${grid}.querySelectorAll('.header')[${at}].getAttribute('aria-sort'); ${grid}.querySelectorAll('.sort')[${at}].click()`,
    `${grid}.querySelectorAll('.header')[${at}].getAttribute('aria-sort') !== window.was`,
  ]
  for (const [name, at] of [
    ['name', 0],
    ['MACs', 3],
    ['accuracy', 5],
  ]) {
    add(`table: sorts by ${name}`, await timed(...sort(at)), 100)
  }
  const type = (text) =>
    `const box = document.querySelector('input[role=combobox]'); window.was = ${count}; box.focus(); box.value = ${text}; box.dispatchEvent(new Event('input', { bubbles: true }))`
  const other = `${count} !== window.was`
  add('table: filters by terms', await timed(type("at % 2 ? '' : 'strategy:l2 macs<60'"), other, { times: 6 }), 100)
  add('table: filters by a word', await timed(type("at % 2 ? '' : 'random'"), other, { times: 6 }), 100)
  const group =
    "const list = document.querySelector('select.group'); window.was = document.querySelectorAll('.line.group').length; list.selectedIndex = at % 2 ? 0 : 2; list.dispatchEvent(new Event('change', { bubbles: true }))"
  add(
    'table: groups',
    await timed(group, "document.querySelectorAll('.line.group').length !== window.was", { times: 6 }),
    100,
  )
  const heads = "[...document.querySelectorAll('.line.group')].map((line) => line.textContent).join()"
  const otherHeads = `${heads} !== window.was`
  const pause = () => page.waitForTimeout(300)
  await page.locator('select.group').selectOption('strategy')
  await page.locator('button.within').click()
  await page.locator('.pop select').first().selectOption('goal')
  const third = `window.was = ${heads}; const list = document.querySelectorAll('.pop select')[1]; list.value = at % 2 ? 'none' : 'seed'; list.dispatchEvent(new Event('change', { bubbles: true }))`
  add('table: groups by three fields', await timed(third, otherHeads, { times: 6, reset: pause }), 100)
  await page.locator('.pop select').nth(1).selectOption('seed')
  const fold = `window.was = ${heads}; document.querySelector('.line.group .group-head').click()`
  add('table: folds a group of three fields', await timed(fold, otherHeads, { times: 6, reset: pause }), 100)
  await page.locator('select.group').selectOption('none')
  await page.keyboard.press('Escape')
  const picked = "document.querySelectorAll('.line.picked').length"
  add(
    'table: selects all',
    await timed(`window.was = ${picked}; document.querySelector('.head input').click()`, `${picked} !== window.was`, {
      times: 4,
    }),
    100,
  )
  add(
    'table: selects one',
    await timed(
      `window.was = ${picked}; document.querySelectorAll('.body .pick input')[at].click()`,
      `${picked} !== window.was`,
      { times: 4 },
    ),
    100,
  )
  add('table: scrolls', await moved(`${grid}.scrollTop = 100 * at`, 120), 17)
}

async function measureComparison({ page, timed, moved, swept }, { project, runs }, add) {
  const address = `'#/p/${project}/compare?runs=${runs.join(',')}'`
  const away = async () => {
    await page.evaluate(`window.location.hash = '#/p/${project}/runs'`)
    await page.locator('[role=grid] .body .line').first().waitFor()
    await page.waitForTimeout(400)
  }
  await away()
  const table = "[...document.querySelectorAll('table')].find((each) => each.querySelector('thead .tools'))"
  const named = (what) => `comparison of ${runs.length}: ${what}`
  const there = `${table} && document.querySelectorAll('main canvas').length > 0`
  // Sections come a frame each, and the curves when the services have read them: all that belongs to opening.
  const settled = async () => {
    await page.waitForTimeout(3000)
    await away()
  }
  add(named('opens'), await timed(`window.location.hash = ${address}`, there, { times: 3, reset: settled }), 300)
  await page.evaluate(`window.location.hash = ${address}`)
  await page.locator('main canvas').first().waitFor()
  await page.waitForTimeout(4000)
  const scroller = "document.querySelector('main .page, .page')"
  add(named('scrolls'), await moved(`${scroller}.scrollTop = 24 * at`, 120), 17)
  const figures = `${table}.closest('.scroll')`
  await page.evaluate(`${figures}.scrollIntoView()`)
  add(named('its table scrolls sideways'), await moved(`${figures}.scrollLeft = 40 * at`, 120), 17)
  add(named('its table scrolls down'), await moved(`${figures}.scrollTop = 4 * at`, 60), 17)
  const widths = "document.querySelector('.widths').closest('.scroll')"
  await page.evaluate(`${widths}.scrollIntoView()`)
  add(named('kept widths scroll sideways'), await moved(`${widths}.scrollLeft = 60 * at`, 120), 17)
  add(named('kept widths scroll down'), await moved(`${widths}.scrollTop = 60 * at`, 120), 17)
  const sweep = async (what, selector) => {
    await page.evaluate(`document.querySelector('${selector}').scrollIntoView({ block: 'center' })`)
    await page.waitForTimeout(300)
    const box = await page.locator(selector).first().boundingBox()
    const [width, height] = [box.width - 120, box.height - 120]
    const places = Array.from({ length: 80 }, (_value, at) => [
      box.x + 60 + (at * width) / 80,
      box.y + 60 + ((at * 37) % height),
    ])
    add(named(what), await swept(places), 17)
  }
  await sweep('lines under the pointer', '.box svg')
  if ((await page.locator('.curves canvas').count()) > 0) await sweep('curves under the pointer', '.curves canvas')
  await page.evaluate("document.querySelector('.box svg').scrollIntoView({ block: 'center' })")
  const range =
    "const grip = document.querySelector('.box .grip'); const place = grip.getBoundingClientRect(); grip.setPointerCapture = () => {}; if (at === 0) grip.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, pointerId: 1, clientX: place.left + 12, clientY: place.top + 10 })); grip.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, pointerId: 1, clientX: place.left + 12, clientY: place.top + 20 + 2 * at }))"
  add(named('a range is drawn'), await moved(range, 100), 17)
  const rows = `${table}.querySelectorAll('tbody tr').length`
  const toggle = `window.was = ${rows}; ${figures}.closest('section').querySelector('.check input').click()`
  await page.evaluate(`${figures}.scrollIntoView()`)
  add(named('only what differs'), await timed(toggle, `${rows} !== window.was`, { times: 6 }), 100)
  const size = "document.querySelectorAll('.segmented input')[(at + 1) % 3].click()"
  add(named('another measure'), await timed(size, 'true', { times: 6, reset: () => page.waitForTimeout(200) }), 100)
  const drawn = "window.bench.strokesIn(document.querySelector('.curves .chart'))"
  const smooth = `window.was = ${drawn}; const range = document.querySelector('input[type=range]'); range.value = 0.1 * (at + 1); range.dispatchEvent(new Event('input', { bubbles: true }))`
  if ((await page.locator('.curves .chart').count()) > 0) {
    const redrawn = await timed(smooth, `${drawn} !== window.was`, { times: 6, reset: () => page.waitForTimeout(500) })
    add(named('curves smoothed, the first drawn'), redrawn, 100)
  }
  const compared = `Number(${table}.getAttribute('aria-colcount'))`
  const remove = `window.was = ${compared}; ${table}.querySelector('thead th:nth-of-type(4) .tools button:last-child').click()`
  add(
    named('a run leaves'),
    await timed(remove, `${compared} !== window.was`, { times: 4, reset: () => page.waitForTimeout(1000) }),
    100,
  )
}

/** Acts on the drawn graph; each answer is drawn in the frame after. */
const graphActs = {
  search:
    "const box = document.querySelector('.canvas-box input'); box.value = ['c', 'co', 'conv', 'relu', 'block12/', 'x', ''][at % 7]; box.dispatchEvent(new Event('input', { bubbles: true }))",
  'next match':
    "const box = document.querySelector('.canvas-box input'); if (at === 0) { box.value = 'conv'; box.dispatchEvent(new Event('input', { bubbles: true })) } else box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))",
  'walks an edge':
    "document.querySelector('.stage').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }))",
  'shows everything':
    "document.querySelector('.stage').dispatchEvent(new KeyboardEvent('keydown', { key: at % 2 ? '+' : '0', bubbles: true, cancelable: true }))",
}
const wheel = (init) =>
  `document.querySelector('.stage canvas').dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: 500, clientY: 400, ${init} }))`

async function measureGraph({ page, timed, moved }, { project, model }, nodes, add) {
  await page.evaluate(`window.location.hash = '#/p/${project}/models/${model}'`)
  await page.locator('.stage canvas').waitFor()
  await page.locator('.stage .wait').waitFor({ state: 'detached', timeout: 120_000 })
  await page.waitForTimeout(500)
  for (const [name, act] of Object.entries(graphActs))
    add(`graph of ${nodes}: ${name}`, await timed(act, 'true', { times: 21 }), 100)
  add(`graph of ${nodes}: pans`, await moved(wheel('deltaX: 7 * (at % 3), deltaY: 40'), 60), 17)
  add(`graph of ${nodes}: zooms`, await moved(wheel('deltaY: at % 40 < 20 ? 60 : -60, ctrlKey: true'), 80), 17)
  await page.evaluate(graphActs['shows everything'].replaceAll('at % 2', '0'))
  add(`graph of ${nodes}: pans, all in sight`, await moved(wheel('deltaX: 3, deltaY: 2'), 60), 17)
  const shows = "document.querySelectorAll('.groups li button')"
  await page
    .getByRole('tab')
    .filter({ hasText: /groups/i })
    .click({ timeout: 2000 })
    .catch(() => {})
  if (await page.locator('.groups li button').count()) {
    add(`graph of ${nodes}: shows a group`, await timed(`${shows}[at % 4].click()`, 'true', { times: 9 }), 100)
    const find =
      "const box = document.querySelector('.groups .input'); box.value = at % 2 ? '' : 'inside1'; box.dispatchEvent(new Event('input', { bubbles: true }))"
    add(`graph of ${nodes}: finds a group`, await timed(find, 'true', { times: 9 }), 100)
  }
}

async function measureCurves({ page, timed }, { project, run }, add, points) {
  const away = async () => {
    await page.evaluate(`window.location.hash = '#/p/${project}/runs'`)
    await page.locator('[role=grid] .body .line').first().waitFor()
    await page.waitForTimeout(400)
  }
  await away()
  const there = "document.querySelector('#run-panel .panel, #run-panel .overview, .overview')"
  const visit = `window.location.hash = '#/p/${project}/runs/${run}'`
  add(`a run of ${points} points: opens`, await timed(visit, there, { times: 3, reset: away }), 300)
  await page.evaluate(visit)
  await page.getByRole('tab').nth(5).waitFor()
  await page.waitForTimeout(1500)
  const curves = "document.querySelectorAll('[role=tab]')[5].click()"
  const back = async () => {
    await page.getByRole('tab').nth(0).click()
    await page.waitForTimeout(300)
  }
  add(
    `a run of ${points} points: its curves open`,
    await timed(curves, "document.querySelector('.curves canvas')", { times: 3, reset: back }),
    300,
  )
}

/**
 * @param keep gets all rows so far with each new one: what is cut off has not measured in vain
 * @returns rows { name, ours, unit, target, note }; a target is a most, for frames by the middle one
 */
export async function run({ quick = false, log = () => {}, keep = () => {}, home } = {}) {
  await setUp('node', 'page')
  const executablePath = ensureChromium()
  if (!executablePath) return []
  const { chromium } = await import('playwright-core')
  const sizes = quick ? small : whole
  const folder = home ?? mkdtempSync(join(tmpdir(), 'espalier-workbench-'))
  const names = await prepare(folder, sizes, log)
  const rows = []
  const put = (row) => {
    rows.push(row)
    keep(rows)
  }
  // On a machine that others use too the clock tells of them: then a time is what the page's thread took.
  const crowded = crowding() > 1.3
  const add = (name, { ms, thread, worst, frame, late, tasks, longest }, target) => {
    const note =
      frame === undefined
        ? `${crowded ? `by the clock ${ms.toFixed(0)} ms` : `of the page's thread ${thread.toFixed(0)} ms`}, worst ${worst.toFixed(0)} ms; in one task ${longest.toFixed(0)} ms of the thread at most`
        : `${(100 * late).toFixed(0)} % of the frames late; of the page's thread ${thread.toFixed(1)} ms a frame, in one task ${longest.toFixed(0)} ms at most; ${tasks.length} tasks over 50 ms by the clock`
    const row = {
      name,
      ours: Number((frame ?? (crowded ? thread : ms)).toFixed(1)),
      unit: frame === undefined ? (crowded ? 'ms of its thread' : 'ms') : 'ms a frame',
      target,
      note,
    }
    put(row)
    log(`${name}: ${row.ours} ${row.unit} (at most ${target}); ${note}`)
  }
  const browser = await chromium.launch({ executablePath, args: ['--disable-gpu', '--no-first-run', asElectron] })
  const began = performance.now()
  const server = await startServer(join(folder, 'data'))
  try {
    const page = await browser.newPage({ viewport, locale: 'en' })
    const measuring = { page, ...(await watch(page)) }
    await page.goto(server.url)
    await page.locator('article').first().waitFor()
    const start = performance.now() - began
    put({
      name: 'start to a usable window',
      ours: Math.round(start),
      unit: 'ms',
      target: 2000,
      note: `the browser is up already; ${sizes.runs} runs in the store`,
    })
    log(`start: ${start.toFixed(0)} ms`)
    await page.waitForTimeout(1500)
    if (process.platform === 'linux') {
      const { whole: begun, note } = shares(server.pid, browserPid(process.pid))
      put({
        name: 'memory at rest: all processes, just started',
        ours: Math.round(begun),
        unit: 'MB',
        target: 400,
        note: `${note}; shared pages counted once`,
      })
      log(`just started: ${rows.at(-1).ours} MB; ${note}`)
    }
    await measureTable(measuring, names, add)
    await measureComparison(measuring, names, add)
    await measureGraph(measuring, names, sizes.nodes, add)
    await measureCurves(measuring, names, add, Math.floor(sizes.points / sizes.series))
    await page.goto(`${server.url.split('?')[0]}#/`)
    await page.locator('article').first().waitFor()
    if (process.platform === 'linux') {
      if (!quick) await atRest(server.pid)
      const { services, whole: all, note } = shares(server.pid, browserPid(process.pid))
      put({
        name: 'memory at rest: services and engines',
        ours: Math.round(services),
        unit: 'MB',
        target: 400,
        note: `${family(server.pid).length} processes, shared pages counted once`,
      })
      put({
        name: 'memory at rest: with the page and its browser',
        ours: Math.round(all),
        unit: 'MB',
        target: 400,
        note: `after everything above; ${note}`,
      })
      for (const row of rows.slice(-2)) log(`${row.name}: ${row.ours} MB; ${row.note}`)
    }
  } finally {
    await browser.close()
    await server.stop()
    if (!home) rmSync(folder, { recursive: true, force: true })
  }
  const crowd = crowding()
  log(`The machine gave a thread ${(100 / crowd).toFixed(0)} % of the time while this was measured.`)
  return rows.map((row) => ({
    ...row,
    note: crowd > 1.15 ? `${row.note}; on a machine that was busy ${crowd.toFixed(1)} times over` : row.note,
  }))
}

/** Waits until the engines that nobody needs have been let go. */
async function atRest(pid) {
  for (let waited = 0; waited < 150 && family(pid).length > 1; waited++) await pause(1000)
  await pause(2000)
}

/** Playwright starts the browser below this very process. */
const browserPid = (own) =>
  family(own).find((pid) => {
    try {
      return /chrom/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'))
    } catch {
      return false
    }
  }) ?? own

if (process.argv[1] && statSync(process.argv[1]).isFile() && import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, home: { type: 'string' } } })
  const say = (text) => process.stderr.write(`${text}\n`)
  const write = (rows) => process.stdout.write(`${JSON.stringify(rows.at(-1))}\n`)
  await run({ quick: values.quick, log: say, keep: write, home: values.home })
}
