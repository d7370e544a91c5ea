/** A person's own charts: what is drawn, and that they are kept. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { OwnChart } from '../../../src/contract'
import { chartSeries } from '../../../src/renderer/features/own-charts/charts'
import type { ColumnHelp } from '../../../src/renderer/features/runs'
import { makeWorld } from '../fake/world'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/charts/Chart.vue', () => ({
  __esModule: true,
  default: { props: ['option', 'label'], template: '<div class="drawn" :aria-label="label" />' },
}))

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

const { runs } = makeWorld()
const help = { strategy: (name: string) => name, t: (key: string) => key } as unknown as ColumnHelp
const chart = (change: Partial<OwnChart>): OwnChart => ({
  ...{ id: 'a', name: '', kind: 'scatter', x: 'macs', y: 'accuracy', split: 'none' },
  ...change,
})
const finished = runs.filter((run) => run.result !== null)

describe('the data of a chart', () => {
  it('has a dot a run that has both figures, shares in percent', () => {
    const [all] = chartSeries(chart({}), runs, help)
    expect(all?.dots).toHaveLength(finished.length)
    expect(all?.dots[0]?.x).toBeCloseTo(
      (100 * (finished[0]?.result?.model.after.macs ?? 0)) / (finished[0]?.result?.model.before.macs ?? 1),
    )
  })

  it('has a series for each value of the split, and the mean of the runs at a place', () => {
    const series = chartSeries(chart({ kind: 'bar', x: 'strategy', y: 'accuracy', split: 'strategy' }), runs, help)
    const strategies = new Set(finished.map((run) => run.config.strategy))
    expect(new Set(series.map(({ name }) => name))).toEqual(strategies)
    for (const { name, stops } of series) {
      const values = finished
        .filter((run) => run.config.strategy === name)
        .map((run) => run.result?.result.afterRecovery ?? 0)
      expect(stops).toEqual([
        { at: name, n: values.length, mean: expect.closeTo(values.reduce((sum, one) => sum + one, 0) / values.length) },
      ])
    }
  })

  it('puts the places of a line in the order of x', () => {
    const [line] = chartSeries(chart({ kind: 'line' }), runs, help)
    const places = line?.stops.map(({ at }) => Number(at)) ?? []
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(chartSeries(chart({ x: 'nothing' }), runs, help)).toEqual([])
  })
})

const click = async (text: string) => {
  const found = mounted?.wrapper.findAll('button').find((candidate) => candidate.text() === text)
  if (!found) throw new Error(`There is no button "${text}".`)
  await found.trigger('click')
  await mounted?.settle()
}
const titles = () => mounted?.wrapper.findAll('.charts h2').map((one) => one.text())

it('charts are begun, added, moved, removed with undo, and are there after a restart', async () => {
  mounted = await mountApp('/p/p-sample/charts')
  await click('Begin with these three')
  expect(titles()).toHaveLength(3)
  await vi.waitFor(() => expect(mounted?.wrapper.findAll('.drawn')).toHaveLength(3))
  await click('New chart')
  await mounted.wrapper.get('#chart-form input[maxlength]').setValue('Mine')
  await mounted.wrapper.get('#chart-form').trigger('submit')
  await mounted.settle()
  expect(titles()?.at(-1)).toBe('Mine')
  await mounted.wrapper.findAll('.charts .menu-root > button').at(-1)?.trigger('click')
  await mounted.settle()
  await click('Move forward')
  expect(titles()?.[2]).toBe('Mine')
  await mounted.wrapper.findAll('.charts .menu-root > button')[0]?.trigger('click')
  await mounted.settle()
  await click('Remove the chart')
  expect(titles()).toHaveLength(3)
  await click('Undo')
  expect(titles()).toHaveLength(4)
  const before = titles()
  const { fake } = mounted
  mounted.wrapper.unmount()
  mounted = await mountApp('/p/p-sample/charts', fake)
  expect(titles()).toEqual(before)
})
