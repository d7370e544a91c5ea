/** The models of years of work: found by words of their names, a hundred at a time, each with its result and its run. */
import { afterEach, expect, it, vi } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let app: Mounted | undefined
afterEach(() => app?.wrapper.unmount())
const rows = () => app?.wrapper.findAll('tbody tr') ?? []

it('shows a hundred, more when asked, and those whose names have every word', async () => {
  const fake = createFakeClient()
  const [some] = fake.world.models
  if (!some) throw new Error('The project has no model.')
  const many = Array.from({ length: 150 }, (_, at) => ({
    ...some,
    id: `m-${at}`,
    name: `net ${at} wide`,
    runId: null,
    parentId: null,
  }))
  fake.world.models = [...fake.world.models, ...many]
  app = await mountApp('/p/p-sample/models', fake)
  expect(rows()).toHaveLength(100)
  await app.wrapper.find('.panel .more').trigger('click')
  expect(rows().length).toBeGreaterThanOrEqual(150)
  await app.wrapper.find('input[type=search]').setValue('WIDE 14')
  expect(rows().map((row) => row.find('a.name').text())).toEqual(
    expect.arrayContaining(['net 14 wide', 'net 114 wide', 'net 140 wide', 'net 149 wide']),
  )
  expect(rows()).toHaveLength(12)
  await app.wrapper.find('input[type=search]').setValue('nothing is called so')
  expect(app.wrapper.text()).toContain('No model is called so')
})

it('tells what a result scores, and leads to the run that made it', async () => {
  const fake = createFakeClient()
  const made = fake.world.models.find((model) => model.runId !== null)
  app = await mountApp('/p/p-sample/models', fake)
  const row = rows().find((one) => one.find(`a[href*="/runs/${made?.runId}"]`).exists())
  expect(row?.findAll('td')[1]?.text()).toMatch(/^\d+\.\d+ %$/)
  await row?.find(`a[href*="/runs/${made?.runId}"]`).trigger('click')
  await vi.waitFor(() => expect(app?.wrapper.find('[role=tablist]').exists()).toBe(true), 10_000)
})
