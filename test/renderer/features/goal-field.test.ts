/** The field of budgets and tolerances: it says what its numbers are of. */
import { afterEach, expect, it, vi } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

it('is named by what is asked, with an example of such values', async () => {
  mounted = await mountApp('/p/p-sample/runs/new', createFakeClient())
  const { wrapper } = mounted
  const field = () => wrapper.find('.fields.narrow .field')
  await vi.waitFor(() => expect(field().exists()).toBe(true))
  expect(field().text()).toBe('Budgets in percentSeveral values make a sweep: 50, 30, 15.')
  await wrapper.find('input[type=radio][value=max-drop]').setValue()
  expect(field().text()).toBe(
    'PointsOf accuracy, F1 or IoU; percent of an RMSE or a perplexity. Several values make a sweep: 0.5, 1.',
  )
  expect((field().find('input').element as HTMLInputElement).value).toBe('0.5')
  await field().find('input').setValue('none')
  expect(field().text()).toContain('Enter at least one number above zero')
})
