/** Tables that are taken along as Markdown: what is selected of the runs, and the comparison with its differences. */
import { afterEach, expect, it, vi } from 'vitest'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div />' },
}))

const copied: string[] = []
vi.mock('../../../src/renderer/ui/use-copy', () => ({ useCopy: () => async (text: string) => void copied.push(text) }))

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

const choose = async (menu: string) => {
  const { wrapper, settle } = mounted as Mounted
  await wrapper
    .findAll('main button')
    .find((button) => [button.text(), button.attributes('aria-label')].includes(menu))
    ?.trigger('click')
  await settle()
  const items = [...document.querySelectorAll<HTMLElement>('[role=menuitem]')]
  items.find((one) => one.textContent?.includes('Copy as Markdown'))?.click()
  await settle()
  return (copied.at(-1) ?? '').trim().split('\n')
}

it('of the runs: what is selected, in the order and the columns that are shown', async () => {
  mounted = await mountApp('/p/p-sample/runs?search=status:done')
  const names = mounted.wrapper.findAll('.body .line a.name').map((link) => link.text())
  const all = await choose('More actions')
  expect(all[0]).toMatch(/^\| Name \| Status \| Strategy \| MACs kept \|/)
  expect(all[2]).toContain(names[0])
  await mounted.wrapper.findAll('.body .line input')[1]?.trigger('click')
  await mounted.settle()
  expect(await choose('More actions')).toEqual([all[0], all[1], all[3]])
})

it('of a comparison: the baseline first, differences in the other cells', async () => {
  mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-22&base=r-22')
  await vi.waitFor(() => expect(mounted?.wrapper.find('thead .tools').exists()).toBe(true), 30_000)
  const lines = await choose('Report')
  expect(lines[0]).toMatch(/^\| {2}\| .*, Baseline \|/)
  const accuracy = lines.find((line) => line.startsWith('| Accuracy |'))
  expect(accuracy).toMatch(/^\| Accuracy \| [\d.]+ % \| [\d.]+ % \([+−][\d.]+\) \|$/)
})
