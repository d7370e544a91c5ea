/** A network that a run made is called by its run, in the person's language, until a person names it. */
import { afterEach, expect, it } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let app: Mounted | undefined
afterEach(() => app?.wrapper.unmount())

it('says the strategy as it is called, and leaves a given name alone', async () => {
  const fake = createFakeClient()
  const made = fake.world.models.filter((model) => model.runId !== null)
  const [first, second] = made
  if (!first || !second) throw new Error('The project has no results.')
  Object.assign(first, { name: 'fashion-vgg.onnx · random · 50 % MACs' })
  Object.assign(second, { name: 'For the doorbell' })
  app = await mountApp('/p/p-sample/models', fake)
  const names = app.wrapper.findAll('tbody a.name').map((link) => link.text())
  expect(names).toContain('fashion-vgg.onnx · Random · 50 % MACs · seed 0')
  expect(names).toContain('For the doorbell')
})
