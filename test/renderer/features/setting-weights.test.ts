/** What the result goes with, on the screen that compares: of several runs, and of none that would be chance. */
import { afterEach, expect, it, vi } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div class="chart-stand-in" />' },
}))

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

async function compared(count: number): Promise<Mounted> {
  const fake = createFakeClient()
  const done = fake.world.runs.filter(({ status }) => status === 'done').slice(0, count)
  mounted = await mountApp(`/p/p-sample/compare?runs=${done.map(({ id }) => id).join(',')}`, fake)
  const { wrapper } = mounted
  await vi.waitFor(() => expect(wrapper.findAll('thead .tools')).toHaveLength(count), 30_000)
  return mounted
}

it('ranks what was set by its share of the differences, each with its best and its worst value', async () => {
  const { wrapper } = await compared(8)
  const panel = wrapper
    .findAll('section')
    .find((one) => one.find('h2').exists() && one.get('h2').text() === 'What the result goes with')
  const rows =
    panel?.findAll('tbody tr').map((row) => [row.get('th').text(), ...row.findAll('td').map((cell) => cell.text())]) ??
    []
  expect(rows.map(([name]) => name)).toEqual(expect.arrayContaining(['Strategy', 'Seed']))
  const shares = rows.map(([, share]) => Number.parseFloat(share ?? ''))
  expect(shares).toEqual(shares.toSorted((a, b) => b - a))
  const points = (text: string | undefined) => Number.parseFloat(/: ([\d.]+) %$/.exec(text ?? '')?.[1] ?? '')
  for (const [, , best, worst] of rows) expect(points(best)).toBeGreaterThanOrEqual(points(worst))
  expect(rows.map(([name]) => name)).not.toContain('Learning rate')
})

it('says nothing of a few runs', async () => {
  const { wrapper } = await compared(4)
  expect(wrapper.text()).not.toContain('What the result goes with')
})
