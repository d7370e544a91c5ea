/** Imports that a kill left in the middle, on the screens of models and data; imports that outlive the screen they began on. */
import { afterEach, describe, expect, it } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted
afterEach(() => mounted?.wrapper.unmount())

const since = '2026-11-30T00:00:00.000Z'
const unfinished = [
  { id: 'a', kind: 'model' as const, name: 'vgg.onnx', since },
  { id: 'b', kind: 'dataset' as const, name: 'fashion', since },
]

function begun() {
  const fake = createFakeClient()
  fake.world.unfinished = [...unfinished]
  return fake
}

describe('an import that did not end', () => {
  it('is shown where it was begun, and begun again with one button', async () => {
    const fake = begun()
    mounted = await mountApp('/p/p-sample/models', fake)
    const panel = () => mounted.wrapper.find('.unfinished')
    expect(panel().text()).toContain('vgg.onnx')
    expect(panel().text()).not.toContain('fashion')
    await panel().get('button.primary').trigger('click')
    await mounted.settle()
    expect(fake.calls.find(({ name }) => name === 'imports.again')?.input).toMatchObject({ id: 'a' })
    expect(panel().exists()).toBe(false)
    expect(fake.world.unfinished).toEqual([unfinished[1]])
  })

  it('of data can be discarded', async () => {
    const fake = begun()
    mounted = await mountApp('/p/p-sample/data', fake)
    const panel = () => mounted.wrapper.find('.unfinished')
    expect(panel().text()).toContain('fashion')
    await panel().get('button:not(.primary)').trigger('click')
    await mounted.settle()
    expect(panel().exists()).toBe(false)
    expect(fake.world.unfinished).toEqual([unfinished[0]])
  })

  it('that fails again says why, and stays', async () => {
    const fake = begun()
    mounted = await mountApp('/p/p-sample/models', fake)
    fake.failNext('imports.again', 'ENGINE_CRASHED', 'The engine ended.')
    await mounted.wrapper.get('.unfinished button.primary').trigger('click')
    await mounted.settle()
    expect(mounted.wrapper.get('.unfinished [role=alert]').text()).toContain('The engine ended.')
    expect(mounted.wrapper.get('.unfinished').text()).toContain('vgg.onnx')
  })
})

it('an import goes on when its screen is left, and is still there on the way back', async () => {
  const fake = createFakeClient()
  const { import: original } = fake.client.models
  let aborted = false
  fake.client.models.import = Object.assign(
    (_input: unknown, options?: { signal?: AbortSignal }) =>
      new Promise<never>(() => {
        options?.signal?.addEventListener('abort', () => {
          aborted = true
        })
      }),
    original,
  ) as typeof original
  mounted = await mountApp('/p/p-sample/models', fake)
  await mounted.wrapper.get('form input.mono').setValue('vgg.onnx')
  await mounted.wrapper.get('form.row').trigger('submit')
  await mounted.settle()
  await mounted.router.push('/p/p-sample/data')
  await mounted.settle()
  expect(aborted).toBe(false)
  await mounted.router.push('/p/p-sample/models')
  await mounted.settle()
  expect(mounted.wrapper.get('.task').text()).toContain('vgg.onnx')
})

it('a network that is here already says so, and its copy goes with one button, which can be undone', async () => {
  const fake = createFakeClient()
  mounted = await mountApp('/p/p-sample/models', fake)
  await mounted.wrapper.get('form input.mono').setValue('again.onnx')
  await mounted.wrapper.get('form.row').trigger('submit')
  await mounted.settle()
  const note = () => mounted.wrapper.find('dialog .notice-line')
  const twin = fake.world.models.find(({ id }) => id === 'm-resnet')
  expect(note().text()).toContain(`The same file is here already, as "${twin?.name}"`)
  await note().get('button').trigger('click')
  await mounted.settle()
  expect(note().exists()).toBe(false)
  expect(fake.world.models.find(({ name }) => name === 'again.onnx')?.deletedAt).not.toBeNull()
  expect(mounted.wrapper.text()).toContain('Undo')
})
