/** A comparison of runs of several projects: chosen, told apart, kept, and honest about data that differs. */
import { afterEach, expect, it, vi } from 'vitest'
import { createFakeClient, type FakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { name: 'Drawn', props: ['front', 'original'], template: '<div />' },
}))
vi.mock('../../../src/renderer/charts/BarsChart.vue', () => ({ __esModule: true, default: { template: '<div />' } }))

let app: Mounted | undefined
afterEach(() => app?.wrapper.unmount())

/** Two runs of the sample also in another project, on a data set of this content. */
function world(content: string): FakeClient {
  const fake = createFakeClient()
  const { runs, datasets, models } = fake.world
  const [data] = datasets
  const vgg = models.find((model) => model.id === 'm-vgg')
  if (!data || !vgg) throw new Error('the world has changed')
  const projectId = 'p-retina'
  fake.world.datasets = [
    ...datasets,
    { ...data, id: 'd-other', projectId, name: 'Retina scans', hash: content || data.hash },
  ]
  fake.world.models = [...models, { ...vgg, id: 'm-other', projectId }]
  const moved = runs
    .filter((run) => ['r-16', 'r-19'].includes(run.id))
    .map((run) => ({
      ...run,
      id: `x-${run.id}`,
      projectId,
      modelId: 'm-other',
      datasetId: 'd-other',
      resultModelId: null,
    }))
  fake.world.runs = [...runs, ...moved]
  return fake
}
const text = () => app?.wrapper.find('main').text().replace(/\s+/g, ' ') ?? ''
const settled = async () => {
  // The sections of the page come one a frame.
  for (let turn = 0; turn < 12; turn++) {
    await app?.settle()
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  }
}
const press = async (where: string, label: string) => {
  const found = [...document.querySelectorAll<HTMLElement>(where)].find((item) => item.textContent?.includes(label))
  if (!found) throw new Error(`no ${label}`)
  found.click()
  await settled()
}

it('chosen in a dialog they stand beside the others, with their project, and are computed together', async () => {
  app = await mountApp('/p/p-sample/compare?runs=r-13,r-16&base=r-13', world(''))
  await settled()
  await press('main .page-head button', 'Add a run')
  await press('[role=menuitem]', 'Add runs of another project')
  const select = app.wrapper.find('dialog select')
  await select.setValue('p-retina')
  await settled()
  const boxes = app.wrapper.findAll('dialog .runs input')
  expect(boxes).toHaveLength(2)
  for (const box of boxes) await box.setValue(true)
  await press('dialog footer button', 'Add 2 runs')
  expect(app.router.currentRoute.value.query.runs).toBe('r-13,r-16,x-r-16,x-r-19')
  const heads = app.wrapper.findAll('thead .name').map((head) => head.text())
  expect(heads.filter((head) => head.endsWith('· Retina screening'))).toHaveLength(2)
  expect(text()).toContain('ProjectFashion classifierFashion classifierRetina screening≠Retina screening≠')
  // The same samples and the same network: everything compares.
  expect(text()).not.toContain('different data')
  await press('section.ask button', 'Compute')
  const asked = app.fake.calls.find((call) => call.name === 'comparisons.disagreements')
  expect(asked?.input).toMatchObject({ runIds: ['r-13', 'r-16', 'x-r-16', 'x-r-19'] })
})

it('measured on other data they have no differences of results, no front and no best, and the page says why', async () => {
  app = await mountApp('/p/p-sample/compare?runs=r-13,r-16,x-r-16&base=r-13', world('another'))
  await settled()
  expect(text()).toContain('measured on different data (Fashion-MNIST, 12,000 + 2,000, Retina scans)')
  expect(text()).toContain('No best run is named')
  expect(text()).toContain('need runs on the same data')
  expect(app.wrapper.find('section.ask button').exists()).toBe(false)
  const row = app.wrapper.findAll('tbody tr').find((line) => line.text().startsWith('Accuracy'))
  const cells = row?.findAll('td').map((cell) => cell.text().split('%').length) ?? []
  expect(cells).toHaveLength(3)
  const [, same = '', other = ''] = row?.findAll('td').map((cell) => cell.text()) ?? []
  expect(same).toMatch(/%.*[+−±]/)
  expect(other).toMatch(/%$/)
  const chart = app.wrapper.findComponent({ name: 'Drawn' })
  expect([chart.props('front'), chart.props('original')]).toEqual([[], null])
})

it('a run that is nowhere any more is left out', async () => {
  app = await mountApp('/p/p-sample/compare?runs=r-13,gone&base=r-13', world(''))
  await settled()
  expect(app.wrapper.findAll('thead .name')).toHaveLength(1)
  expect(document.querySelector('.toast.bad')).toBeNull()
})
