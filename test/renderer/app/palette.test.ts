/** The palette finds what can be done and what has a name, and goes there. */
import { afterEach, expect, it, vi } from 'vitest'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted
afterEach(() => mounted.wrapper.unmount())

async function typed(text: string) {
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }))
  const field = () => mounted.wrapper.find('.palette input')
  await vi.waitFor(() => expect(field().exists()).toBe(true), 10_000)
  await field().setValue(text)
  return { field: field(), options: () => mounted.wrapper.findAll('.palette .option').map((one) => one.text()) }
}

it('leads to a run by parts of its name', async () => {
  mounted = await mountApp('/p/p-sample/runs')
  const { field, options } = await typed('random 30')
  expect(options()[0]).toMatch(/^Random · 30.*Run$/)
  await field.trigger('keydown', { key: 'Enter' })
  await vi.waitFor(() => expect(mounted.wrapper.find('h1').text()).toMatch(/^Random · 30/), 10_000)
})

it('has the models, data sets and projects too, each with its kind', async () => {
  mounted = await mountApp('/p/p-sample/models')
  const { options } = await typed('fashion')
  const kinds = ['Project', 'Model', 'Data set']
  expect(kinds.filter((kind) => options().some((one) => one.endsWith(kind)))).toEqual(kinds)
})

it('has commands alone until a letter is typed, and a few of thousands after it', async () => {
  mounted = await mountApp('/p/p-sample/runs')
  const { field, options } = await typed('')
  expect(options().some((one) => one.endsWith('Model'))).toBe(false)
  await field.setValue('s')
  expect(options().filter((one) => one.endsWith('Run')).length).toBeLessThanOrEqual(8)
})

it('takes what is typed while it is on its way, which is no hotkey of the screen below', async () => {
  mounted = await mountApp('/p/p-sample/runs')
  const press = (key: string, ctrlKey = false) =>
    window.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey, bubbles: true, cancelable: true }))
  press('k', true)
  for (const key of ['n', 'e', 'x', 'Backspace', 'w']) press(key)
  await vi.waitFor(() => expect(mounted.wrapper.find('.palette input').exists()).toBe(true), 10_000)
  expect(mounted.wrapper.get<HTMLInputElement>('.palette input').element.value).toBe('new')
  expect(mounted.wrapper.get('h1').text()).toBe('Runs')
})
