/**
 * Measures the runs table with many runs in Chromium: opening, sorting, searching, grouping, selecting, scrolling.
 * `npx vite build --config test/renderer/preview/vite.config.ts && node test/renderer/preview/measure-table.mjs [RUNS | ADDRESS]`
 * With the address of a running server (token and all) its first project is measured instead of made-up runs.
 */
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const [given = '10000'] = process.argv.slice(2)
const site = fileURLToPath(new URL('../../../out/preview/', import.meta.url))
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const server = createServer((request, response) => {
  const path = join(site, new URL(request.url, 'http://x').pathname.replace(/\/$/, '/index.html'))
  if (!path.startsWith(site) || !existsSync(path)) return response.writeHead(404).end()
  response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' })
  createReadStream(path).pipe(response)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = given.startsWith('http') ? given : `http://127.0.0.1:${server.address().port}/?runs=${given}&pace=0`

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
const devtools = await page.context().newCDPSession(page)
// Time of the page's own thread: on a busy machine the clock also counts what other programs do.
await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
const threadMs = async () => {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value
}
await page.goto(address)
await page.locator('article').first().waitFor()

/** Milliseconds from an action until the frame that shows its outcome has been drawn; the middle of several. */
const timed = async (name, act, shown, times = 5) => {
  const all = []
  const threads = []
  for (let time = 0; time < times; time++) {
    const began = await threadMs()
    all.push(
      await page.evaluate(
        async ([acting, showing, turn]) => {
          const perform = new Function('turn', acting)
          const isShown = new Function('turn', `return (${showing})`)
          const from = performance.now()
          perform(turn)
          while (!isShown(turn)) await new Promise((resolve) => setTimeout(resolve, 0))
          await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)))
          return performance.now() - from
        },
        [act, shown, time],
      ),
    )
    threads.push((await threadMs()) - began)
  }
  all.sort((a, b) => a - b)
  threads.sort((a, b) => a - b)
  console.log(
    `${name}: ${all[Math.floor(all.length / 2)].toFixed(0)} ms, of the page's thread ${threads[Math.floor(threads.length / 2)].toFixed(0)} ms (${all.map((ms) => ms.toFixed(0)).join(', ')})`,
  )
}

const grid = "document.querySelector('[role=grid]')"
const count = `Number(${grid}?.getAttribute('aria-rowcount'))`
const first = `document.querySelector('.body .line')?.textContent`
const visit = "document.querySelector('article .cover').click()"
await timed('open', visit, `${grid} && document.querySelectorAll('.body .line').length > 5`, 1)
await page.waitForTimeout(2500)
console.log(`${await page.evaluate(`${count} - 1`)} runs`)
const away = async () => {
  await page.evaluate("window.location.hash = '#/'")
  await page.locator('article').first().waitFor()
  await page.waitForTimeout(500)
}
await away()
await timed('open again', visit, `${grid} && document.querySelectorAll('.body .line').length > 5`, 1)
await page.waitForTimeout(1500)
const header = (id) => `[...document.querySelectorAll('.sort')][${id}].click()`
for (const [name, at] of [
  ['name', 0],
  ['status', 1],
  ['MACs', 3],
  ['accuracy', 5],
]) {
  await timed(
    `sort by ${name}`,
    `window.was = ${grid}.querySelectorAll('.header')[${at}].getAttribute('aria-sort'); ${header(at)}`,
    `${grid}.querySelectorAll('.header')[${at}].getAttribute('aria-sort') !== window.was`,
  )
}
const type = (text) =>
  `const box = document.querySelector('input[role=combobox]'); window.was = ${count}; box.focus(); box.value = ${text}; box.dispatchEvent(new Event('input', { bubbles: true }))`
await timed('search', type("turn % 2 ? '' : 'strategy:l2 macs<60'"), `${count} !== window.was`, 6)
await timed('search by a word', type("turn % 2 ? '' : 'random'"), `${count} !== window.was`, 6)
await timed(
  'group',
  "const list = document.querySelector('select.group'); window.was = document.querySelectorAll('.line.group').length; list.selectedIndex = turn % 2 ? 0 : 2; list.dispatchEvent(new Event('change', { bubbles: true }))",
  "document.querySelectorAll('.line.group').length !== window.was",
  6,
)
const grouped = (fields) => `window.location.hash = window.location.hash.split('?')[0] + '?group=${fields}'`
await timed(
  'group by three fields',
  `window.was = ${count}; if (turn % 2) { ${grouped('strategy')} } else { ${grouped('strategy,goal,seed')} }`,
  `${count} !== window.was`,
  6,
)
await page.evaluate(
  "document.querySelector('select.group').value = 'none'; document.querySelector('select.group').dispatchEvent(new Event('change', { bubbles: true }))",
)
await page.waitForTimeout(500)
await timed(
  'select all',
  "window.was = document.querySelectorAll('.line.picked').length; document.querySelector('.head input').click()",
  "document.querySelectorAll('.line.picked').length !== window.was",
  4,
)
await timed(
  'select one',
  "window.was = document.querySelectorAll('.line.picked').length; document.querySelectorAll('.body .pick input')[turn].click()",
  "document.querySelectorAll('.line.picked').length !== window.was",
  4,
)
await timed('scroll', `window.was = ${first}; ${grid}.scrollTop = 20000 * (turn + 1)`, `${first} !== window.was`, 6)
await browser.close()
server.close()
