/** Curves of several runs over each other, and what runs are marked with. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { dashesOf, seriesOf, smoothed } from '../../../src/renderer/features/compare/curves'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/charts/Chart.vue', () => ({
  __esModule: true,
  default: { props: ['option', 'label'], template: '<div class="drawn">{{ JSON.stringify(option.series) }}</div>' },
}))

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

describe('curves', () => {
  it('are gathered by series, each run in the order of its steps', () => {
    const series = seriesOf(
      new Map([
        [
          'a',
          [
            { name: 'loss', step: 2, value: 1 },
            { name: 'loss', step: 1, value: 3 },
          ],
        ],
        [
          'b',
          [
            { name: 'loss', step: 1, value: null },
            { name: 'accuracy', step: 1, value: 9 },
          ],
        ],
      ]),
    )
    expect([...series.keys()]).toEqual(['accuracy', 'loss'])
    expect(series.get('loss')?.get('a')).toEqual([
      [1, 3],
      [2, 1],
    ])
    expect(series.get('loss')?.get('b')).toEqual([[1, null]])
  })

  it('are smoothed without being pulled towards zero, and keep their gaps', () => {
    expect(
      smoothed(
        [
          [1, 5],
          [2, 5],
          [3, null],
          [4, 5],
        ],
        0.9,
      ),
    ).toEqual([
      [1, expect.closeTo(5)],
      [2, expect.closeTo(5)],
      [3, null],
      [4, expect.closeTo(5)],
    ])
    // (0.5 * 0.5 * 0 + 0.5 * 4) / (1 - 0.25)
    expect(
      smoothed(
        [
          [1, 0],
          [2, 4],
        ],
        0.5,
      )[1]?.[1],
    ).toBeCloseTo(2 / 0.75)
    const raw = [[1, 2]] as const
    expect(smoothed(raw, 0)).toBe(raw)
  })

  it('of one colour differ in their line', () => {
    expect(dashesOf([1, 1, 2, 1, 1])).toEqual(['solid', 'dashed', 'solid', 'dotted', 'solid'])
  })

  it('of runs that are compared lie on one chart a series', async () => {
    const fake = createFakeClient()
    const [known] = [...fake.world.metrics.values()].filter((points) => points.length > 0)
    for (const id of ['r-13', 'r-22']) fake.world.metrics.set(id, known ?? [])
    mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-22', fake)
    const charts = () => mounted?.wrapper.findAll('.curves .drawn') ?? []
    await vi.waitFor(() => expect(charts().length).toBeGreaterThan(0), 30_000)
    const series = JSON.parse(charts()[0]?.text() ?? '[]') as { name: string; itemStyle: { color: string } }[]
    expect(series).toHaveLength(2)
  })
})

const names = () => mounted?.wrapper.findAll('.body .name').map((name) => name.text()) ?? []

describe('a mark', () => {
  it('pins runs to the top, whatever the order, and over a restart', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    await vi.waitFor(() => expect(names().length).toBeGreaterThan(5), 30_000)
    const third = names()[2] ?? ''
    await mounted.wrapper.findAll('.body .pick input')[2]?.trigger('click')
    const button = mounted.wrapper.findAll('.selection button').find((one) => one.text() === 'Pin to the top')
    await button?.trigger('click')
    await mounted.settle()
    expect(names()[0]).toBe(`${third} (pinned)`)
    await mounted.wrapper.findAll('.sort')[4]?.trigger('click')
    await mounted.settle()
    expect(names()[0]).toBe(`${third} (pinned)`)
    const again = mounted.wrapper.findAll('.selection button').find((one) => one.text() === 'Unpin')
    await again?.trigger('click')
    await mounted.settle()
    expect(names().some((name) => name.includes('(pinned)'))).toBe(false)
  })

  it('gives a run a colour that the comparison shows too', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    await vi.waitFor(() => expect(names().length).toBeGreaterThan(5), 30_000)
    await mounted.wrapper.findAll('.body .pick input')[3]?.trigger('click')
    const href = mounted.wrapper.findAll('.body .name')[3]?.attributes('href') ?? ''
    const id = href.split('/').at(-1) ?? ''
    const menu = mounted.wrapper.findAll('.selection .menu-root button').find((one) => one.text().includes('Colour'))
    await menu?.trigger('click')
    await mounted.settle()
    await mounted.wrapper
      .findAll('.selection .menu button')
      .find((one) => one.text() === 'Teal')
      ?.trigger('click')
    await mounted.settle()
    expect(mounted.wrapper.findAll('.body .dot')[3]?.classes()).toContain('c7')
    await mounted.router.push(`/p/p-sample/compare?runs=${id},r-13`)
    await vi.waitFor(() => expect(mounted?.wrapper.find('thead .dot').classes()).toContain('c7'), 30_000)
  })
})
