/** The trash of a project: what lies there, back one by one or all at once, and gone for good. */
import { afterEach, expect, it } from 'vitest'
import { useToasts } from '../../../src/renderer/ui/toasts.store'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted
afterEach(() => mounted.wrapper.unmount())

const button = (text: string) => {
  const found = mounted.wrapper.findAll('button').find((candidate) => candidate.text().includes(text))
  if (!found) throw new Error(`There is no button "${text}".`)
  return found
}

function trashed() {
  const fake = createFakeClient()
  const twentyDaysAgo = new Date(Date.now() - 20.5 * 86_400_000).toISOString()
  const throwAway = <T extends { id: string; deletedAt: string | null }>(items: T[], ...ids: string[]) =>
    items.map((item) => (ids.includes(item.id) ? { ...item, deletedAt: twentyDaysAgo } : item))
  fake.world.runs = throwAway(fake.world.runs, 'r-22', 'r-13')
  fake.world.models = throwAway(fake.world.models, 'm-resnet', 'm-r-22')
  fake.world.datasets = throwAway(fake.world.datasets, 'd-fashion')
  return fake
}

it('says how long each is kept, and brings one run back', async () => {
  mounted = await mountApp('/p/p-sample/trash', trashed())
  expect(mounted.wrapper.findAll('tbody tr')).toHaveLength(2)
  expect(mounted.wrapper.text()).toContain('10 more days')
  await mounted.wrapper.find('tbody button').trigger('click')
  await mounted.settle()
  expect(mounted.wrapper.findAll('tbody tr')).toHaveLength(1)
  expect(mounted.fake.world.runs.filter((run) => run.deletedAt !== null)).toHaveLength(1)
})

it('lists models and data sets; a model that a trashed run made comes with its run', async () => {
  mounted = await mountApp('/p/p-sample/trash', trashed())
  await mounted.wrapper.find('input[value=models]').setValue()
  await mounted.settle()
  expect(mounted.wrapper.findAll('tbody tr').map((row) => row.find('td').text())).toEqual([
    mounted.fake.world.models.find((model) => model.id === 'm-resnet')?.name,
  ])
  await mounted.wrapper.find('input[value=datasets]').setValue()
  await mounted.settle()
  expect(mounted.wrapper.findAll('tbody tr')).toHaveLength(1)
})

it('empties this project alone, after asking', async () => {
  mounted = await mountApp('/p/p-sample/trash', trashed())
  await button('Empty this trash').trigger('click')
  await mounted.settle()
  const calls = () => mounted.fake.calls.filter((call) => call.name === 'app.emptyTrash')
  expect(calls()).toHaveLength(0)
  await mounted.wrapper.find('dialog footer .danger').trigger('click')
  await mounted.settle()
  expect(calls()).toMatchObject([{ input: { projectId: 'p-sample' } }])
  expect(mounted.wrapper.text()).toContain('Nothing here')
})

it('tells what each is, and takes back an offer to undo that has become void', async () => {
  mounted = await mountApp('/p/p-sample/trash', trashed())
  await mounted.wrapper.find('input[value=runs]').setValue()
  await mounted.settle()
  expect(mounted.wrapper.findAll('tbody tr').map((row) => row.findAll('td')[1]?.text())).toEqual(
    expect.arrayContaining([expect.stringMatching(/^Done · .*MACs · .*%$/)]),
  )
  const toasts = useToasts()
  const offer = (id: string) =>
    toasts.show({ kind: 'info', text: id, action: { label: 'Undo', perform: () => {} }, about: [id] })
  offer('r-22')
  offer('another')
  await mounted.wrapper.find('tbody button').trigger('click')
  await mounted.settle()
  const back = mounted.fake.world.runs.find((run) => ['r-22', 'r-13'].includes(run.id) && run.deletedAt === null)
  expect(toasts.toasts.filter((toast) => toast.action).map(({ text }) => text)).toEqual(
    back?.id === 'r-22' ? ['another'] : ['r-22', 'another'],
  )
  await button('Empty this trash').trigger('click')
  await mounted.settle()
  await mounted.wrapper.find('dialog footer .danger').trigger('click')
  await mounted.settle()
  expect(toasts.undoable?.text).toBe('another')
})
