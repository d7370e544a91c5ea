/** The search field by keys: what Enter and Tab take, and when they leave a query as it is. */
import type { DOMWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div />' },
}))

let mounted: Mounted
let field: Omit<DOMWrapper<HTMLInputElement>, 'exists'>
beforeEach(async () => {
  mounted = await mountApp('/p/p-sample/runs')
  field = mounted.wrapper.get<HTMLInputElement>('[role=combobox]')
  field.element.focus()
  await mounted.settle()
})
afterEach(() => mounted.wrapper.unmount())

const typed = async (text: string) => {
  await field.setValue(text)
  await mounted.settle()
}
/** @returns whether the key did what it does in any field: leaving it, sending a form */
const press = async (key: string, shiftKey = false): Promise<boolean> => {
  const event = new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true })
  field.element.dispatchEvent(event)
  await mounted.settle()
  return !event.defaultPrevented
}
const offered = () => mounted.wrapper.findAll('.filter [role=option]').map((option) => option.get('.mono').text())
const marked = () => mounted.wrapper.find('.filter [role=option][aria-selected=true]')

describe('Enter and Tab', () => {
  it.each(['Enter', 'Tab'])('%s takes the only way to go on, which is marked', async (key) => {
    await typed('-str')
    expect(marked().text()).toContain('strategy:')
    expect(field.attributes('aria-activedescendant')).toBe(marked().attributes('id'))
    expect(await press(key)).toBe(false)
    expect(field.element.value).toBe('-strategy:')
    await typed('-strategy:rand')
    expect(await press(key)).toBe(false)
    expect(field.element.value).toBe('-strategy:random ')
  })

  it('take nothing where there are several, until one is moved to', async () => {
    await typed('a')
    expect(offered().length).toBeGreaterThan(1)
    expect(marked().exists()).toBe(false)
    expect(await press('Tab')).toBe(true)
    await press('ArrowDown')
    const wanted = marked().get('.mono').text()
    expect(await press('Tab')).toBe(false)
    expect(field.element.value).toBe(wanted)
  })

  it('leave a word alone that finds runs, as a query that is finished', async () => {
    const run = mounted.fake.world.runs[0]
    if (run) await mounted.fake.client.runs.update({ id: run.id, name: 'strange light' })
    await mounted.settle()
    await vi.waitFor(async () => {
      await typed('')
      await typed('str')
      expect(marked().exists()).toBe(false)
    })
    expect(await press('Enter')).toBe(true)
    expect(field.element.value).toBe('str')
    expect(offered()).toEqual([])
  })

  it('go on to the next control from a finished query, and back by Shift', async () => {
    await typed('status:done')
    expect(await press('Tab')).toBe(true)
    await typed('str')
    expect(await press('Tab', true)).toBe(true)
  })
})

it('Escape closes the list, then clears, then leaves', async () => {
  await typed('a')
  await press('Escape')
  expect([offered(), field.element.value]).toEqual([[], 'a'])
  await press('Escape')
  expect(field.element.value).toBe('')
  await press('Escape')
  expect(document.activeElement).not.toBe(field.element)
})
