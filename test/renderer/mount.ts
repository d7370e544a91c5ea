/** Mounts the whole application on a fake client, as the product does. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import App from '../../src/renderer/app/App.vue'
import { useClientInstead } from '../../src/renderer/app/client'
import { declareOpen } from '../../src/renderer/app/connection'
import { stopEvents } from '../../src/renderer/app/events'
import { makeI18n } from '../../src/renderer/app/locale/i18n'
import { routes } from '../../src/renderer/app/router'
import { createFakeClient, type FakeClient } from './fake-client'

export interface Mounted {
  readonly wrapper: VueWrapper
  readonly router: Router
  readonly fake: FakeClient
  settle(): Promise<void>
}

export async function mountApp(path: string, fake = createFakeClient()): Promise<Mounted> {
  stopEvents()
  useClientInstead(fake.client)
  declareOpen()
  const pinia = createPinia()
  setActivePinia(pinia)
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  const wrapper = mount(App, { global: { plugins: [pinia, router, makeI18n()] }, attachTo: document.body })
  const settle = async () => {
    for (let turn = 0; turn < 6; turn++) await flushPromises()
  }
  await router.isReady()
  await settle()
  return { wrapper, router, fake, settle }
}
