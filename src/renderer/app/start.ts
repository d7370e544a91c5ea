/** Puts the application together; the preview starts it with another client. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { makeI18n } from './locale/i18n'
import { makeRouter } from './router'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'

export function startApp(): void {
  const app = createApp(App)
  app.use(createPinia())
  app.use(makeRouter())
  app.use(makeI18n())
  app.mount('#app')
}
