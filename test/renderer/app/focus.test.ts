/** Where the focus goes when what had it, or the screen around it, goes away. */
import { afterEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useFocusKeeper } from '../../../src/renderer/app/focus-keeper'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div class="chart-stand-in" />' },
}))

let mounted: Mounted | undefined
afterEach(() => {
  mounted?.wrapper.unmount()
  mounted = undefined
})

it('another screen takes it where nothing has it, and leaves it where something does', async () => {
  mounted = await mountApp('/p/p-sample/runs')
  const { router, settle, wrapper } = mounted
  expect(document.activeElement).toBe(document.body)
  await router.push('/p/p-sample/models')
  await settle()
  expect(document.activeElement?.id).toBe('main')
  const link = wrapper.get('nav a').element as HTMLElement
  link.focus()
  await router.push('/p/p-sample/data')
  await settle()
  expect(document.activeElement).toBe(link)
})

it('the name of a comparison takes it, and gives it back to the button that asked for one', async () => {
  mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-22')
  const { wrapper, settle } = mounted
  const button = () => wrapper.findAll('.page-head button').find((each) => each.text() === 'Save comparison')
  await button()?.trigger('click')
  await settle()
  expect(document.activeElement).toBe(wrapper.get('.page-head form input').element)
  await wrapper.get('.page-head form').trigger('keydown', { key: 'Escape' })
  await settle()
  expect(document.activeElement).toBe(button()?.element)
  await button()?.trigger('click')
  await settle()
  await wrapper.get('.page-head form input').setValue('Mine')
  await wrapper.get('.page-head form').trigger('submit')
  await settle()
  expect(document.activeElement).toBe(button()?.element)
})

it('a tag for the selected runs takes it, and gives it back to the button that asked for one', async () => {
  mounted = await mountApp('/p/p-sample/runs')
  const { wrapper, settle } = mounted
  await vi.waitFor(() => wrapper.get('[role=row] input[type=checkbox]'), 30_000)
  await wrapper.findAll('.body .pick input')[1]?.trigger('click')
  await settle()
  const button = () => wrapper.findAll('.selection button').find((each) => each.text() === 'Tag')
  await button()?.trigger('click')
  await settle()
  const field = wrapper.get('.selection form input')
  expect(document.activeElement).toBe(field.element)
  await field.setValue('mine')
  await wrapper.get('.selection form').trigger('submit')
  await settle()
  expect(document.activeElement).toBe(button()?.element)
})

it('what stands where the lost control stood takes it, in the innermost box that is left', async () => {
  document.body.innerHTML = `<main tabindex="-1"><div><button>first</button>
    <section class="a"><button>in a</button></section>
    <section class="b"><button>compute</button></section>
    <section class="c"><button>in c</button></section></div></main>`
  const main = document.querySelector('main') as HTMLElement
  const scope = effectScope()
  scope.run(() => useFocusKeeper(() => main))
  const active = () => document.activeElement?.textContent
  try {
    const lost = document.querySelector('.b button') as HTMLElement
    lost.focus()
    const panel = document.createElement('section')
    panel.innerHTML = '<button>as a table</button>'
    document.querySelector('.b')?.replaceWith(panel)
    await vi.waitFor(() => expect(active()).toBe('as a table'))
    document.querySelector('main section:nth-of-type(2)')?.remove()
    await vi.waitFor(() => expect(active()).toBe('in c'))
    document.querySelector('.c')?.remove()
    await vi.waitFor(() => expect(active()).toBe('first'))
  } finally {
    scope.stop()
    document.body.innerHTML = ''
  }
})
