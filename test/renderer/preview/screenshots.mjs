/**
 * Takes a picture of every screen in both themes and both languages, and lets axe look at each.
 * `npx vite build --config test/renderer/preview/vite.config.ts && node test/renderer/preview/screenshots.mjs FOLDER [FILTER]`
 */
import { createReadStream, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const [folder = 'test-results/screens', filter = ''] = process.argv.slice(2)
const site = process.env.PREVIEW ?? fileURLToPath(new URL('../../../out/preview/', import.meta.url))
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
// The product's own policy, so that what it would forbid shows here.
const policy = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
const server = createServer((request, response) => {
  const path = join(site, new URL(request.url, 'http://x').pathname.replace(/\/$/, '/index.html'))
  if (!path.startsWith(site) || !existsSync(path)) return response.writeHead(404).end()
  response.writeHead(200, {
    'content-type': types[extname(path)] ?? 'application/octet-stream',
    'content-security-policy': policy,
  })
  createReadStream(path).pipe(response)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const base = `http://127.0.0.1:${server.address().port}/`
mkdirSync(folder, { recursive: true })

// VIEWPORT=1280x720 is the smallest window; 640x360 is the same at 200 % zoom.
const [width, height] = (process.env.VIEWPORT ?? '1440x900').split('x').map(Number)

const tab = (index) => async (page) => page.getByRole('tab').nth(index).click()
const screens = [
  ['projects', '/'],
  ['projects-menu', '/', async (page) => page.locator('article .menu-root button').first().click()],
  [
    'project-export',
    '/',
    async (page) => {
      await page.locator('article .menu-root button').first().click()
      await page.getByRole('menuitem').nth(2).click()
    },
  ],
  [
    'project-read-only',
    '/',
    async (page) => {
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'p.zip', mimeType: 'application/zip', buffer: Buffer.from('PK') })
      await page.locator('.name').last().click()
      await page.locator('form .mono').first().waitFor()
    },
  ],
  ['runs', '/p/p-sample/runs'],
  [
    'runs-selected',
    '/p/p-sample/runs',
    async (page) => {
      for (const at of [3, 5]) await page.locator('[role=row] input[type=checkbox]').nth(at).click()
    },
  ],
  ['runs-grouped', '/p/p-sample/runs', async (page) => page.locator('select.group').selectOption('strategy')],
  ['runs-empty', '/p/p-empty/runs'],
  ['new-run', '/p/p-sample/runs/new'],
  ['run-overview', '/p/p-sample/runs/r-22'],
  [
    'run-decisions',
    '/p/p-sample/runs/r-22',
    async (page) => {
      await tab(1)(page)
      await page.locator('.strip button').nth(8).click()
    },
  ],
  ['run-widths', '/p/p-sample/runs/r-22', tab(2)],
  [
    'run-maps',
    '/p/p-sample/runs/r-22',
    async (page) => {
      await tab(3)(page)
      await page.locator('.gallery button').first().waitFor()
    },
  ],
  ['run-correlation', '/p/p-sample/runs/r-22', tab(4)],
  ['run-curves', '/p/p-sample/runs/r-27', tab(5)],
  ['run-log', '/p/p-sample/runs/r-22', tab(6)],
  ['run-environment', '/p/p-sample/runs/r-22', tab(7)],
  ['run-live', '/p/p-sample/runs/r-30'],
  ['run-failed', '/p/p-sample/runs/r-28'],
  ['models', '/p/p-sample/models'],
  ['model-graph', '/p/p-sample/models/m-vgg'],
  ['model-group', '/p/p-sample/models/m-resnet', async (page) => page.locator('.groups li button').first().click()],
  ['model-layers', '/p/p-sample/models/m-resnet', tab(1)],
  ['model-report', '/p/p-sample/models/m-vgg', tab(2)],
  ['diff', '/p/p-sample/diff?before=m-vgg&after=m-r-22'],
  [
    'diff-groups',
    '/p/p-sample/diff?before=m-r-13&after=m-r-22',
    async (page) => page.locator('.groups li button').nth(2).click(),
  ],
  ['diff-table', '/p/p-sample/diff?before=m-vgg&after=m-r-22', tab(1)],
  ['datasets', '/p/p-sample/data'],
  ['dataset', '/p/p-sample/data/d-fashion', async (page) => page.locator('form button[type=submit]').click()],
  [
    'dataset-import',
    '/p/p-sample/data',
    async (page) => {
      await page.locator('form input').fill('/data/fashion.npz')
      await page.locator('form button[type=submit]').click()
    },
  ],
  ['compare', '/p/p-sample/compare?runs=r-13,r-16,r-19,r-22,r-25,r-27'],
  [
    'compare-parallel',
    '/p/p-sample/compare?runs=r-1,r-4,r-7,r-10,r-11,r-12,r-13,r-16,r-19,r-22,r-23,r-24,r-25,r-27',
    async (page) => {
      const handle = page.locator('.handle').last()
      await handle.focus()
      for (let step = 0; step < 30; step++) await page.keyboard.press('ArrowUp')
      await page.locator('.handle').first().scrollIntoViewIfNeeded()
    },
  ],
  [
    'compare-classes',
    '/p/p-sample/compare?runs=r-13,r-16,r-19,r-22,r-25,r-27',
    async (page) => {
      await page.locator('section.ask button').click()
      await page.locator('.samples').waitFor()
      await page.locator('.samples').scrollIntoViewIfNeeded()
    },
  ],
  ['compare-empty', '/p/p-sample/compare'],
  [
    'exports',
    '/p/p-sample/exports?run=r-22',
    async (page) => {
      await page.locator('form button.primary').click()
      await page.locator('.proof').first().waitFor()
      await page.locator('.proof summary').first().click()
    },
  ],
  [
    'trash',
    '/p/p-sample/runs',
    async (page) => {
      for (const at of [3, 5]) await page.locator('[role=row] input[type=checkbox]').nth(at).click()
      await page.keyboard.press('Delete')
      await page
        .locator('nav a', { has: page.locator('svg') })
        .last()
        .waitFor()
      await page.evaluate(() => {
        window.location.hash = '#/p/p-sample/trash'
      })
      await page.locator('td').first().waitFor()
    },
  ],
  ['trash-empty', '/p/p-empty/trash'],
  ['settings', '/settings'],
  ['palette', '/p/p-sample/runs', async (page) => page.keyboard.press('Control+k')],
  ['help', '/p/p-sample/runs', async (page) => page.keyboard.press('?')],
].filter(([name]) => name.includes(filter))

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
let problems = 0
const variants = process.env.VARIANTS?.split(' ') ?? ['light-en', 'dark-en', 'light-zh-CN', 'dark-zh-CN']
for (const variant of variants) {
  const [theme, ...rest] = variant.split('-')
  const language = rest.join('-')
  const context = await browser.newContext({ viewport: { width, height }, bypassCSP: false })
  for (const [name, route, act] of screens) {
    const page = await context.newPage()
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) {
        problems += 1
        console.log(`${variant} ${name}: ${message.text()}`)
      }
    })
    page.on('pageerror', (error) => {
      problems += 1
      console.log(`${variant} ${name}: ${error.message}`)
    })
    await page.goto(`${base}?theme=${theme}&language=${language}#${route}`)
    await page.locator('h1, h2').first().waitFor()
    await page.waitForTimeout(700)
    if (act) {
      try {
        await act(page)
      } catch (error) {
        problems += 1
        console.log(`${variant} ${name}: ${error.message.split('\n')[0]}`)
      }
      await page.waitForTimeout(600)
    }
    await page.screenshot({ path: join(folder, `${name}.${variant}.png`) })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    if (wide > 0) {
      problems += 1
      console.log(`${variant} ${name}: ${wide} px wider than the window`)
    }
    await page.evaluate(axe)
    const found = await page.evaluate(() =>
      window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
    )
    for (const violation of found.violations) {
      problems += 1
      console.log(
        `${variant} ${name}: axe ${violation.impact} ${violation.id}: ${violation.nodes
          .slice(0, 2)
          .map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`)
          .join(' | ')}`,
      )
    }
    await page.close()
  }
  await context.close()
}
await browser.close()
server.close()
console.log(`${screens.length} screens, ${problems} problems`)
process.exitCode = problems === 0 ? 0 : 1
