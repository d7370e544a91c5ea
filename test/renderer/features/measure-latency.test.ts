/** What networks take is measured with one button, where it is asked for, and every screen has it from the run. */
import { afterEach, expect, it, vi } from 'vitest'
import { latencyOf } from '../fake/world'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/charts/Chart.vue', () => ({
  __esModule: true,
  default: { props: ['option', 'label'], template: '<div class="drawn">{{ label }}</div>' },
}))

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

const button = (text: RegExp) => mounted?.wrapper.findAll('button').find((one) => text.test(one.text()))

it('times the compared runs anew together where some were not timed yet', async () => {
  const fake = createFakeClient()
  const done = fake.world.runs.filter((run) => run.resultModelId !== null).slice(0, 3)
  const [first, ...others] = done.map(({ id }) => id) as [string, ...string[]]
  fake.world.runs = fake.world.runs.map((run) => (run.id === first ? { ...run, latency: latencyOf(0.5) } : run))
  mounted = await mountApp(`/p/${done[0]?.projectId}/compare?runs=${[first, ...others].join(',')}`, fake)
  expect(mounted.wrapper.text()).toContain('Latency is known for 1 of 3 runs.')
  await button(/Measure all 3/)?.trigger('click')
  await mounted.settle()
  expect(fake.calls.find(({ name }) => name === 'runs.measureLatency')?.input).toMatchObject({
    ids: [first, ...others],
  })
  expect(button(/Measure all/)).toBeUndefined()
  expect(button(/Measure latency again/)).toBeDefined()
  const figures = done.map((run) => (2 * (run.result?.model.after.macs ?? 0)) / (run.result?.model.before.macs ?? 1))
  // Panels follow a frame later; the axis shows both ends.
  await vi.waitFor(() => {
    expect(mounted?.wrapper.text()).toContain(`${Math.max(...figures).toFixed(3)} ms`)
    expect(mounted?.wrapper.text()).toContain(`${Math.min(...figures).toFixed(3)} ms`)
  })
})
