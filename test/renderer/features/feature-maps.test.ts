/** The feature-map viewer: what it asks for, what it marks, and how its numbers can be reached without pictures. */
import { afterEach, describe, expect, it } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted
afterEach(() => mounted.wrapper.unmount())

const until = async (ready: () => boolean) => {
  for (let turn = 0; turn < 200 && !ready(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    await mounted.settle()
  }
}
async function openMaps(run: string, fake = createFakeClient()): Promise<void> {
  mounted = await mountApp(`/p/p-sample/runs/${run}`, fake)
  await mounted.wrapper.get('#run-panel-maps').trigger('click')
  await until(
    () => mounted.wrapper.find('.gallery').exists() || mounted.wrapper.text().includes('once the run is done'),
  )
}

describe('the feature-map viewer', () => {
  it('asks for the first group with removals and the first sample, and marks what was removed', async () => {
    await openMaps('r-22')
    const trace = mounted.fake.world.traces.get('r-22')
    const group = trace?.groups.find((one) => one.kept.length < one.unitsBefore)
    const call = mounted.fake.calls.find(({ name }) => name === 'runs.featureMaps')
    expect(call?.input).toMatchObject({ id: 'r-22', group: group?.group, split: 'test', index: 0 })
    const removed = mounted.wrapper
      .findAll('.gallery button')
      .filter((button) => button.attributes('aria-label')?.includes('removed'))
    expect(removed).toHaveLength((group?.unitsBefore ?? 0) - (group?.kept.length ?? 0))
    expect(mounted.wrapper.findAll('.gallery button[tabindex="0"]')).toHaveLength(1)
  })

  it('opens at another group where the first has no maps', async () => {
    const fake = createFakeClient()
    fake.failNext('runs.featureMaps', 'CONFLICT', 'The units of this group are nowhere whole channels of one value.')
    await openMaps('r-22', fake)
    const asked = fake.calls.filter(({ name }) => name === 'runs.featureMaps').map(({ input }) => input)
    const [first, second] =
      fake.world.traces.get('r-22')?.groups.filter((one) => one.kept.length < one.unitsBefore) ?? []
    expect(asked).toMatchObject([{ group: first?.group }, { group: second?.group }])
    expect(mounted.wrapper.find('.gallery').exists()).toBe(true)
  })

  it('says why where a group that was chosen has none', async () => {
    const fake = createFakeClient()
    await openMaps('r-22', fake)
    fake.failNext('runs.featureMaps', 'CONFLICT', 'The units of this group are nowhere whole channels of one value.')
    const groups = mounted.wrapper.get('#run-panel select')
    await groups.findAll('option')[1]?.setValue()
    await until(() => mounted.wrapper.text().includes('nowhere whole channels'))
    expect(mounted.wrapper.text()).toContain('nowhere whole channels')
  })

  it('walks through the units with the keyboard and tells who took over', async () => {
    await openMaps('r-22')
    const gallery = mounted.wrapper.get('.gallery')
    await gallery.trigger('keydown', { key: 'Home' })
    await gallery.trigger('keydown', { key: 'ArrowRight' })
    await mounted.settle()
    expect(mounted.wrapper.get('.gallery [aria-pressed="true"]').attributes('aria-label')).toContain('Unit 1')
    const trace = mounted.fake.world.traces.get('r-22')
    const step = trace?.steps.find((one) => one.group === trace.groups[0]?.group)
    await mounted.wrapper.findAll('.gallery button')[step?.unit ?? 0]?.trigger('click')
    expect(mounted.wrapper.text()).toContain(`Removed as number ${step?.step} of`)
    expect(mounted.wrapper.text()).toContain('Who took over its work')
  })

  it('has the same as a table', async () => {
    await openMaps('r-22')
    await mounted.wrapper.get('[aria-label="Show as table"]').trigger('click')
    const trace = mounted.fake.world.traces.get('r-22')
    const [first] = trace?.groups ?? []
    expect(mounted.wrapper.findAll('table tbody tr')).toHaveLength(
      (first?.unitsBefore ?? 0) - (first?.kept.length ?? 0),
    )
  })

  it('says when there is nothing to show yet', async () => {
    await openMaps('r-30')
    expect(mounted.wrapper.text()).toContain('once the run is done')
    expect(mounted.fake.calls.some(({ name }) => name === 'runs.featureMaps')).toBe(false)
  })
})
