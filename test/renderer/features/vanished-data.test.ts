/** A data set whose file was moved or deleted asks where it is now, and is whole again once that is told. */
import { afterEach, expect, it } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

it('asks where the file is now', async () => {
  const fake = createFakeClient()
  fake.failNext('datasets.preview', 'FILE_NOT_FOUND', '/data/mine.npz is not there. Check the path and try again.')
  mounted = await mountApp('/p/p-sample/data/d-fashion', fake)
  const text = () => mounted?.wrapper.text() ?? ''
  expect(text()).toContain('Data not on this machine')
  expect(text()).toContain('it was moved or deleted')
  expect(mounted.wrapper.find('.samples').exists()).toBe(false)
  await mounted.wrapper.get('form.body input.mono').setValue('/elsewhere/mine.npz')
  await mounted.wrapper.get('form.body').trigger('submit')
  await mounted.settle()
  expect(fake.calls.find(({ name }) => name === 'datasets.relocate')?.input).toMatchObject({
    id: 'd-fashion',
    path: '/elsewhere/mine.npz',
  })
  expect(text()).not.toContain('Data not on this machine')
  expect(mounted.wrapper.find('.samples').exists()).toBe(true)
})
