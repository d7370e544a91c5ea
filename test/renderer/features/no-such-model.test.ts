/** An address of a model that is no more. */
import { afterEach, expect, it } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let app: Mounted | undefined
afterEach(() => app?.wrapper.unmount())

it.each(['/p/p-sample/models/gone', '/p/p-sample/diff?before=m-vgg&after=m-vgg'])(
  'says so, and does not look as if something were still loading: %s',
  async (address) => {
    const fake = createFakeClient()
    fake.world.views.clear()
    app = await mountApp(address, fake)
    expect(app.wrapper.find('main [role=alert], main .error').exists()).toBe(true)
    expect(app.wrapper.find('main .skeleton').exists()).toBe(false)
  },
)
