/** Puts the application together; the preview starts it with another client. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { makeI18n } from './locale/i18n'
import { makeRouter } from './router'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'

/**
 * What the first click needs; charts are read where one is shown, since their library is most of the page. A part that
 * cannot be read now is asked for again, and reported, by whoever visits it.
 */
const warmUp = () =>
  Promise.all([import('../features/shell/ProjectShell.vue'), import('../features/runs/RunsPage.vue')]).catch(
    () => undefined,
  )

export function startApp(): void {
  const app = createApp(App)
  app.use(createPinia())
  app.use(makeRouter())
  app.use(makeI18n())
  app.mount('#app')
  // The landing view of a project is read while the person looks at the projects.
  window.requestIdleCallback?.(() => void warmUp(), { timeout: 3000 })
}
