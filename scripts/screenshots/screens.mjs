/** What is photographed: each screen's address, what shows that it is there, and what is done first. */

const tab = (name) => (page) => page.getByRole('tab').nth(name).click()
const click = (selector) => (page) => page.locator(selector).first().click()

/** Order of the tabs on a run's page. */
const runTabs = ['overview', 'decisions', 'widths', 'maps', 'correlation', 'curves', 'log', 'environment']
const runTab = (name, ready) => ({ hash: '/runs/RUN', act: tab(runTabs.indexOf(name)), ready })

/**
 * `hash` below the project (absolute with a leading '#'); RUN, MODEL, DATA, PRUNED, RUNS are filled in.
 * `act` is done when the page is quiet; `ready` must be visible before the picture is taken.
 */
export const screens = {
  projects: { hash: '#/', ready: 'article .cover' },
  'new-project': { hash: '#/', ready: 'dialog[open] form', act: click('.page-head .btn.primary') },
  runs: { hash: '/runs', ready: '[role=grid] [role=row][aria-selected]' },
  'runs-selected': {
    hash: '/runs',
    ready: '[role=toolbar].selection',
    act: async (page) => {
      for (const at of [1, 3, 4]) await page.locator('[role=row] input[type=checkbox]').nth(at).click()
    },
  },
  'runs-grouped': {
    hash: '/runs',
    ready: '[role=grid] .line.group',
    act: async (page) => {
      await page.locator('select.group').selectOption('strategy')
      await page.locator('button.within').click()
      await page.locator('.pop select').first().selectOption('goal')
      await page.keyboard.press('Escape')
    },
    undo: (page) => page.locator('select.group').selectOption('none'),
  },
  'new-run': {
    hash: '/runs/new',
    ready: 'form .panel',
    // Refitted as the runs that are there: then the estimate has something to rest on.
    act: async (page) => {
      await page.locator('.arms input').nth(1).check()
      await page.locator('.arms input').nth(0).uncheck()
      await page
        .locator('.page')
        .first()
        .evaluate((node) => node.scrollTo(0, 0))
    },
  },
  'run-overview': { hash: '/runs/RUN', ready: '.overview .cards' },
  'run-decisions': {
    ...runTab('decisions', '#run-panel canvas'),
    act: async (page) => {
      await tab(1)(page)
      await page.locator('.strip button').nth(2).click()
    },
  },
  'run-widths': runTab('widths', '#run-panel .panel'),
  'run-sensitivity': { ...runTab('widths', '#run-panel canvas'), hash: '/runs/SWEEP' },
  'run-maps': runTab('maps', '.gallery button'),
  'run-correlation': runTab('correlation', '#run-panel canvas'),
  'run-curves': runTab('curves', '#run-panel > *'),
  'run-log': runTab('log', '#run-panel > *'),
  'run-environment': runTab('environment', '#run-panel > *'),
  models: { hash: '/models', ready: 'main table, main .cards, main li' },
  model: { hash: '/models/MODEL', ready: '.stage canvas' },
  'model-layers': { hash: '/models/MODEL', ready: '[role=tabpanel] > :not(.skeleton)', act: tab(1) },
  'model-report': { hash: '/models/MODEL', ready: '.report', act: tab(2) },
  'model-diff': { hash: '/diff?before=MODEL&after=PRUNED', ready: '.stage canvas' },
  'model-diff-table': { hash: '/diff?before=MODEL&after=PRUNED', ready: '#diff-panel > :not(.skeleton)', act: tab(1) },
  'data-sets': { hash: '/data', ready: 'main a[href*="/data/"]' },
  'data-set': {
    hash: '/data/DATA',
    ready: 'main .panel [role=status], main .verdict, main .panel',
    act: click('form button[type=submit]'),
  },
  compare: { hash: '/compare?runs=RUNS&base=RUN', ready: 'main canvas' },
  'compare-figures': {
    hash: '/compare?runs=RUNS&base=RUN',
    ready: 'main canvas',
    act: (page) =>
      page
        .getByRole('heading', { level: 2 })
        .nth(4)
        .evaluate((node) => node.closest('section').scrollIntoView()),
  },
  'compare-samples': {
    hash: '/compare?runs=RUNS&base=RUN',
    ready: '.samples',
    act: async (page) => {
      await page.locator('section.ask button').click()
      await page.locator('.samples').waitFor({ timeout: 120_000 })
      await page.locator('.samples').evaluate((node) => node.closest('section').scrollIntoView())
    },
  },
  charts: {
    hash: '/charts',
    ready: 'main canvas',
    act: async (page) => {
      const begin = page.locator('.empty .btn.primary')
      if (await begin.count()) await begin.click()
    },
  },
  'charts-new': { hash: '/charts', ready: 'dialog[open] form', act: click('.page-head .btn.primary') },
  export: { hash: '/exports', ready: '.proof' },
  'export-proof': {
    hash: '/exports',
    ready: '.proof details[open] pre',
    act: async (page) => {
      await page.locator('.proof summary').first().click()
      await page
        .locator('.proof')
        .first()
        .evaluate((node) => node.scrollIntoView())
    },
  },
  trash: { hash: '/trash', ready: 'main td' },
  settings: { hash: '#/settings', ready: 'main table td' },
  'settings-more': {
    hash: '#/settings',
    ready: 'main table td',
    act: (page) =>
      page
        .locator('.page')
        .first()
        .evaluate((node) => node.scrollTo(0, 1e6)),
  },
  palette: { hash: '/runs', ready: 'dialog[open] .option', act: (page) => page.keyboard.press('Control+k') },
  keys: { hash: '/runs', ready: 'dialog[open] dl', act: (page) => page.keyboard.press('?') },
  empty: { hash: '#/p/EMPTY/runs', ready: 'main .empty, main h2' },
}

/** Of a run in the middle: these never come to rest. */
export const liveScreens = {
  'runs-live': { hash: '/runs', ready: 'main:has(canvas) [role=grid] [role=progressbar]' },
  'run-live': { hash: '/runs/LIVE', ready: '.live [role=progressbar]' },
}

/** Of the same run while its engine is held: nothing is heard of it. */
export const heldScreens = {
  'run-stalled': { hash: '/runs/LIVE', ready: '.live .warn' },
}

/** Of the same run when its engine was killed, and when it was called off. */
export const interruptedScreens = {
  'run-interrupted': { hash: '/runs/LIVE', ready: 'main .btn:has-text("Resume"), main .btn:has-text("继续")' },
}
export const cancelledScreens = {
  'run-cancelled': { hash: '/runs/LIVE', ready: 'main .btn:has-text("Resume"), main .btn:has-text("继续")' },
  'runs-ended': { hash: '/runs', ready: 'main:has(canvas) [role=grid] [role=row][aria-selected]' },
}

/** Of a folder of pictures that is being read; `engines` holds the engine where there is something to see. */
export const readingScreens = {
  'data-reading': {
    hash: '/data',
    ready: '.task [role=progressbar][aria-valuenow]',
    act: async (page, engines) => {
      await page.locator('form input.mono').fill(engines.folder)
      await page.locator('form.row button[type=submit]').click()
      await page.locator('.task .muted', { hasText: /\d/ }).waitFor()
      engines.hold()
    },
    undo: async (page, engines) => {
      engines.letGo()
      await page.locator('.task button').click()
      await page.locator('.task').waitFor({ state: 'detached' })
    },
  },
}

/** The address of a screen in this project, with these names. */
export const fillIn = (hash, project, names) =>
  (hash.startsWith('#') ? hash : `${project}${hash}`).replaceAll(
    /\b(RUNS|RUN|SWEEP|PRUNED|MODEL|DATA|EMPTY|LIVE)\b/g,
    (name) => names[name] ?? name,
  )
