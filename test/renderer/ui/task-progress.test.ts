/** A long call on the screen: how far, how long still, since when nothing was heard, and its end. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  mounted?.wrapper.unmount()
})

/** A model that is being read until it is called off; what it was called with. */
async function importing() {
  const fake = createFakeClient()
  const { import: original } = fake.client.models
  const calls: { task?: string | undefined }[] = []
  fake.client.models.import = Object.assign(
    (input: { task?: string | undefined }, options?: { signal?: AbortSignal }) => {
      calls.push(input)
      return new Promise<never>((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      })
    },
    original,
  ) as typeof original
  mounted = await mountApp('/p/p-sample/models', fake)
  await mounted.wrapper.get('form input.mono').setValue('vgg.onnx')
  await mounted.wrapper.get('form.row').trigger('submit')
  await mounted.settle()
  const tell = async (fraction: number) => {
    fake.emit({ type: 'task-progress', task: calls[0]?.task ?? '', fraction })
    await mounted.settle()
  }
  return { tell, task: () => mounted.wrapper.find('.task') }
}

it('tells the time left, counts it down, and says when nothing is heard any more', async () => {
  const start = Date.now()
  const { tell, task } = await importing()
  expect(task().text()).toContain('Reading and checking vgg.onnx')
  expect(task().text()).toContain('time left not known yet')
  await tell(0.1)
  vi.setSystemTime(start + 10_000)
  await tell(0.3)
  expect(task().get('[role=progressbar]').attributes('aria-valuenow')).toBe('30')
  expect(task().text()).toContain('about 35 s left')
  vi.setSystemTime(start + 40_000)
  await vi.waitFor(() => expect(task().text()).toContain('Nothing heard since'), 5000)
  expect(task().text()).not.toContain('left')
  await tell(0.5)
  await vi.waitFor(() => expect(task().text()).toContain('s left'), 5000)
})

it('ends when it is cancelled, and says that nothing was imported', async () => {
  const { task } = await importing()
  await task().get('button').trigger('click')
  await mounted.settle()
  expect(task().exists()).toBe(false)
  expect(mounted.wrapper.text()).toContain('Cancelled; vgg.onnx was not imported.')
})
